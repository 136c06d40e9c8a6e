"""Whom an alert goes to: the one query behind preview and sending."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import CTE, FromClause, Integer, Select, case, column, func, select, values
from sqlalchemy.orm import Session

from areas.targets.target import Target
from dispatch.broadcasts import Audience, audience_columns
from dispatch.models import Contact
from subscribers.models import Subscriber, SubscriberContact, Subscription

KIND = "areas"
NEAREST_AREAS = 50
"""How many areas are searched for the first recipients."""
AREA_LEFT_OUT = "area"
LEFT_OUT = {AREA_LEFT_OUT: _l("de følger kun områder, der er udeladt")}
"""Why somebody does not get it."""
_FAR = 2**31 - 1


def areas_audience(target: Target, distances: dict[int, float]) -> Audience:
    """The audience that follows any of the areas that a target touches and does not leave out.

    ``distances``: area id -> distance in metres, of all that it touches. The target's own shape
    is stored with them.
    """
    left_out = distances.keys() & target.left_out_ids
    area_ids = {str(area): distances[area] for area in distances if area not in left_out}
    params: dict[str, Any] = {
        "target": target.without_words().to_json(),
        "area_ids": area_ids,
    }
    if left_out:
        params["left_out_ids"] = sorted(left_out)
    return Audience(KIND, params)


def resolve_areas(_session: Session, params: dict[str, Any]) -> Select[Any]:
    """Everyone who follows any of the areas in ``params["area_ids"]`` ({id: distance in metres}).

    One row per confirmed contact, with the distance of the nearest area it follows; all are due
    at once. Who follows only areas in ``params["left_out_ids"]`` is left out. Suppression is left
    to dispatch.
    """
    left_out_ids = params.get("left_out_ids", ())
    left_out = [(area_id, _FAR) for area_id in left_out_ids]
    touched = _rows("touched", "area_id", [*_distances(params), *left_out])
    followers = (
        select(Subscription.subscriber_id, func.min(touched.c.distance_m).label("distance_m"))
        .join(touched, touched.c.area_id == Subscription.area_id)
        .group_by(Subscription.subscriber_id)
    )
    return _contacts(followers.subquery("nearest"), has_left_out=bool(left_out))


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


def touched_ids(audience: Audience) -> frozenset[int]:
    """The ids of all areas that the target of this audience touches, those left out included."""
    reached = (int(area_id) for area_id in audience.params["area_ids"])
    return frozenset(reached).union(audience.params.get("left_out_ids", ()))


def count_followers(session: Session, area_ids: Collection[int]) -> dict[int, int]:
    """How many can be written to who follow each of these areas: one row per area, in one query.

    They are counted as recipients are: somebody with a phone and a mailbox is two.
    """
    follows = (
        select(Subscription.area_id, Subscription.subscriber_id)
        .where(Subscription.area_id.in_(area_ids))
        # In the order of the tables that follow, it takes half as long; a limit keeps the order.
        .order_by(Subscription.subscriber_id)
        .limit(_FAR)
        .subquery("follows")
    )
    query = (
        select(follows.c.area_id, func.count())
        .select_from(follows)
        .join(SubscriberContact, SubscriberContact.subscriber_id == follows.c.subscriber_id)
        .join(Contact, Contact.id == SubscriberContact.contact_id)
        .where(SubscriberContact.confirmed_at.is_not(None), Contact.suppressed_at.is_(None))
        .group_by(follows.c.area_id)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def _distances(params: dict[str, Any]) -> list[tuple[int, int]]:
    """Area ids and whole metres, nearest first."""
    distances = [(int(area_id), round(metres)) for area_id, metres in params["area_ids"].items()]
    return sorted(distances, key=lambda pair: pair[1])


def _rows(name: str, key: str, rows: list[tuple[int, int]]) -> CTE:
    """A table of ids and distances, with the columns ``key`` and distance_m."""
    columns = column(key, Integer), column("distance_m", Integer)
    return values(*columns, name=name).data(rows or [(-1, 0)]).cte(name)


def _contacts(nearest: FromClause, *, has_left_out: bool = False) -> Select[Any]:
    """The confirmed contacts of the subscribers in ``nearest`` (subscriber_id, distance_m)."""
    reason = case((nearest.c.distance_m == _FAR, AREA_LEFT_OUT)) if has_left_out else None
    return (
        select(
            *audience_columns(
                SubscriberContact.contact_id,
                Subscriber.language,
                nearest.c.distance_m,
                left_out=reason,
            )
        )
        .select_from(nearest)
        .join(Subscriber, Subscriber.id == nearest.c.subscriber_id)
        .join(SubscriberContact, SubscriberContact.subscriber_id == nearest.c.subscriber_id)
        .where(SubscriberContact.confirmed_at.is_not(None))
    )
