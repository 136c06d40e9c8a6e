"""Who a broadcast goes to: named rules that resolve to a select of contacts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Float, Integer, Select, Subquery, cast, func, literal, select
from sqlalchemy.orm import Session

from config import current_config
from dispatch.hooks import AudienceHook, current_hooks
from dispatch.models import (
    HANDED_OVER,
    Broadcast,
    BroadcastContent,
    Channel,
    Contact,
    Delivery,
    Expansion,
)
from dispatch.routes import rate_of
from dispatch.segments import count_segments
from web.languages.choice import DEFAULT_LANGUAGE


@dataclass(frozen=True)
class Content:
    """What is said on one channel in one language.

    ``html`` and ``subject`` are for e-mail; ``page_url`` is the page that says the same.
    """

    channel: Channel
    language: str
    body: str
    subject: str | None = None
    html: str | None = None
    page_url: str | None = None


@dataclass(frozen=True)
class Audience:
    """A registered rule and its parameters, which can be stored as JSON."""

    kind: str
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class AudienceCount:
    """How many people would get a message on one channel in one language."""

    channel: Channel
    language: str
    recipients: int


@dataclass(frozen=True)
class Estimate:
    """What sending would take: messages, SMS segments, and seconds at the senders' rates."""

    recipients: int
    segments: int
    seconds: float


class UnknownAudience(LookupError):
    """No room has registered an audience of this kind."""


def audience_of(broadcast: Broadcast) -> Audience:
    """The audience a broadcast goes to."""
    return Audience(broadcast.audience_kind, broadcast.audience_params)


def resolve(session: Session, audience: Audience) -> Subquery:
    """The audience's contacts: ``contact_id, language, distance_m`` (whole metres)."""
    return _uniform(_plug(audience).everybody(session, audience.params))


def nearest(session: Session, audience: Audience, number: int) -> Subquery:
    """At most so many of the audience's nearest contacts, found fast; columns as in `resolve`."""
    plug = _plug(audience)
    if plug.nearest is not None:
        return _uniform(plug.nearest(session, audience.params, number))
    found = resolve(session, audience)
    return select(found).order_by(found.c.distance_m, found.c.contact_id).limit(number).subquery()


def _plug(audience: Audience) -> AudienceHook:
    plug = current_hooks().audiences.get(audience.kind)
    if plug is None:
        raise UnknownAudience(audience.kind)
    return plug


def _uniform(rows: Select[Any]) -> Subquery:
    found = rows.subquery()
    metres = cast(func.coalesce(found.c.distance_m, 0), Integer)
    return select(found.c.contact_id, found.c.language, metres.label("distance_m")).subquery(
        "audience"
    )


def count_audience(session: Session, audience: Audience) -> list[AudienceCount]:
    """How many would get it now, by channel and language; suppressed contacts left out."""
    found = resolve(session, audience)
    rows = session.execute(
        select(Contact.channel, found.c.language, func.count())
        .join(Contact, Contact.id == found.c.contact_id)
        .where(Contact.suppressed_at.is_(None))
        .group_by(Contact.channel, found.c.language)
        .order_by(Contact.channel, found.c.language)
    )
    return [AudienceCount(channel, language, number) for channel, language, number in rows]


def estimate(counts: Sequence[AudienceCount], contents: Sequence[Content]) -> Estimate:
    """What it takes to send these contents to so many; the channels send side by side."""
    config = current_config()
    recipients = segments = mails = 0
    for count in counts:
        content = choose_content(contents, count.channel, count.language)
        if content is None:
            continue
        recipients += count.recipients
        if count.channel is Channel.SMS:
            segments += count.recipients * count_segments(content.body).segments
        else:
            mails += count.recipients
    seconds = max(segments / rate_of(config, Channel.SMS), mails / rate_of(config, Channel.EMAIL))
    return Estimate(recipients, segments, seconds)


def choose_content(contents: Sequence[Content], channel: Channel, language: str) -> Content | None:
    """The content for a reader: their language, else Danish, else any on that channel."""
    on_channel = {content.language: content for content in contents if content.channel is channel}
    for candidate in (language, DEFAULT_LANGUAGE, *on_channel):
        if candidate in on_channel:
            return on_channel[candidate]
    return None


def one_contact(_session: Session, params: dict[str, Any]) -> Select[Any, Any, Any]:
    """The audience ``contact``: the one with ``contact_id``, in ``language`` (Danish)."""
    return select(
        Contact.id.label("contact_id"),
        literal(params.get("language", DEFAULT_LANGUAGE)).label("language"),
        literal(0.0, Float).label("distance_m"),
    ).where(Contact.id == params["contact_id"])


def recipients_of(_session: Session, params: dict[str, Any]) -> Select[Any, Any, Any]:
    """The audience ``recipients``: those who got the broadcast ``broadcast_id``, or may have."""
    return (
        select(
            Delivery.contact_id.label("contact_id"),
            BroadcastContent.language.label("language"),
            Delivery.distance_m.label("distance_m"),
        )
        .join(BroadcastContent, BroadcastContent.id == Delivery.content_id)
        .where(
            Delivery.broadcast_id == (params.get("broadcast_id") or -1),
            Delivery.state.in_(HANDED_OVER),
        )
    )


def first_recipients_of(
    session: Session, params: dict[str, Any], number: int
) -> Select[Any, Any, Any]:
    """Those whom the broadcast reached first, who are the nearest."""
    first = session.scalar(
        select(Expansion.first_id).where(Expansion.broadcast_id == params.get("broadcast_id"))
    )
    # Ids of several broadcasts may alternate, and some have not got it: a look at twice as many.
    nearby = Delivery.id.between(first or 0, (first or 0) + 2 * number)
    return recipients_of(session, params).where(nearby).order_by(Delivery.id).limit(number)
