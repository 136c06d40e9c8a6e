"""Whom an alert goes to: the one query behind preview and sending."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Integer, Select, column, func, select, values
from sqlalchemy.orm import Session

from dispatch.broadcasts import Audience
from dispatch.models import Contact
from subscribers.models import Subscriber, SubscriberContact, Subscription

KIND = "areas"


def areas_audience(distances: dict[int, float]) -> Audience:
    """The audience of those who follow one of these areas: area id -> distance in metres."""
    return Audience(KIND, {"area_ids": {str(area): metres for area, metres in distances.items()}})


def resolve_areas(_session: Session, params: dict[str, Any]) -> Select[Any]:
    """Who follows one of the areas in ``params["area_ids"]`` ({id: distance in metres}).

    Columns (contact_id, channel, language, distance_m): one row per confirmed contact, with
    the distance of the nearest area it follows. Suppression is dispatch's business.
    """
    distances = params["area_ids"].items()
    touched = (
        values(column("area_id", Integer), column("distance_m", Integer), name="touched")
        .data([(int(area_id), round(metres)) for area_id, metres in distances] or [(-1, 0)])
        .cte("touched")
    )
    nearest = (
        select(
            Subscription.subscriber_id,
            func.min(touched.c.distance_m).label("distance_m"),
        )
        .join(touched, touched.c.area_id == Subscription.area_id)
        .group_by(Subscription.subscriber_id)
        .subquery("nearest")
    )
    return (
        select(
            SubscriberContact.contact_id.label("contact_id"),
            Contact.channel.label("channel"),
            Subscriber.language.label("language"),
            nearest.c.distance_m.label("distance_m"),
        )
        .select_from(nearest)
        .join(Subscriber, Subscriber.id == nearest.c.subscriber_id)
        .join(SubscriberContact, SubscriberContact.subscriber_id == nearest.c.subscriber_id)
        .join(Contact, Contact.id == SubscriberContact.contact_id)
        .where(SubscriberContact.confirmed_at.is_not(None))
    )
