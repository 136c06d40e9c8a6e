"""Whom an alert goes to: the one query behind preview and sending."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CTE, FromClause, Integer, Select, column, func, select, values
from sqlalchemy.orm import Session

from areas.targets.target import Target
from dispatch.broadcasts import Audience, audience_columns
from subscribers.models import Subscriber, SubscriberContact, Subscription

KIND = "areas"
NEAREST_AREAS = 50
"""How many areas are searched for the first recipients."""


def areas_audience(target: Target, distances: dict[int, float]) -> Audience:
    """The audience that follows any of the areas that a target touches.

    ``distances``: area id -> distance in metres. The target's own shape is stored with them.
    """
    area_ids = {str(area): metres for area, metres in distances.items()}
    return Audience(KIND, {"target": target.to_json(), "area_ids": area_ids})


def resolve_areas(_session: Session, params: dict[str, Any]) -> Select[Any]:
    """Everyone who follows any of the areas in ``params["area_ids"]`` ({id: distance in metres}).

    One row per confirmed contact, with the distance of the nearest area it follows; all are due
    at once, and nobody is left out. Suppression is left to dispatch.
    """
    touched = _rows("touched", "area_id", _distances(params))
    followers = (
        select(Subscription.subscriber_id, func.min(touched.c.distance_m).label("distance_m"))
        .join(touched, touched.c.area_id == Subscription.area_id)
        .group_by(Subscription.subscriber_id)
    )
    return _contacts(followers.subquery("nearest"))


def resolve_nearest(session: Session, params: dict[str, Any], number: int) -> Select[Any]:
    """The contacts of at most ``number`` subscribers, from the nearest areas."""
    found: dict[int, int] = {}
    for area_id, metres in _distances(params)[:NEAREST_AREAS]:
        followers = select(Subscription.subscriber_id).where(Subscription.area_id == area_id)
        for subscriber_id in session.scalars(followers.limit(number)):
            found.setdefault(subscriber_id, metres)
        if len(found) >= number:
            break
    return _contacts(_rows("nearest", "subscriber_id", list(found.items())[:number]))


def _distances(params: dict[str, Any]) -> list[tuple[int, int]]:
    """Area ids and whole metres, nearest first."""
    distances = [(int(area_id), round(metres)) for area_id, metres in params["area_ids"].items()]
    return sorted(distances, key=lambda pair: pair[1])


def _rows(name: str, key: str, rows: list[tuple[int, int]]) -> CTE:
    """A table of ids and distances, with the columns ``key`` and distance_m."""
    columns = column(key, Integer), column("distance_m", Integer)
    return values(*columns, name=name).data(rows or [(-1, 0)]).cte(name)


def _contacts(nearest: FromClause) -> Select[Any]:
    """The confirmed contacts of the subscribers in ``nearest`` (subscriber_id, distance_m)."""
    return (
        select(
            *audience_columns(
                SubscriberContact.contact_id, Subscriber.language, nearest.c.distance_m
            )
        )
        .select_from(nearest)
        .join(Subscriber, Subscriber.id == nearest.c.subscriber_id)
        .join(SubscriberContact, SubscriberContact.subscriber_id == nearest.c.subscriber_id)
        .where(SubscriberContact.confirmed_at.is_not(None))
    )
