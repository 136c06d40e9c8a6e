"""Who a broadcast goes to: registered kinds of audience, each resolved to a query."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Label,
    Select,
    String,
    Subquery,
    case,
    cast,
    func,
    literal,
    null,
    select,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from config import current_config
from database import UtcDateTime
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
from dispatch.segments import count_segments
from dispatch.sender_routes import rate_of
from web.languages.choice import DEFAULT_LANGUAGE

_Column = ColumnElement[Any] | InstrumentedAttribute[Any]
_TIME, _CODE = UtcDateTime(), String()


@dataclass(frozen=True)
class Content:
    """The text for one channel in one language.

    ``html`` and ``subject`` are for e-mail; ``page_url`` is the web page with the same text.
    """

    channel: Channel
    language: str
    body: str
    subject: str | None = None
    html: str | None = None
    page_url: str | None = None


@dataclass(frozen=True)
class Audience:
    """A registered kind of audience and its parameters, which can be stored as JSON."""

    kind: str
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class AudienceCount:
    """How many people would get a message on one channel in one language."""

    channel: Channel
    language: str
    recipients: int


@dataclass(frozen=True)
class AudienceSize:
    """How many would get a message, by channel and language; how many would not, by reason."""

    counts: tuple[AudienceCount, ...]
    left_out: Mapping[str, int]

    @property
    def recipients(self) -> int:
        """All who would get it."""
        return sum(count.recipients for count in self.counts)


@dataclass(frozen=True)
class Estimate:
    """What sending takes: messages, SMS segments, and seconds at the senders' rates."""

    recipients: int
    segments: int
    seconds: float


class UnknownAudience(LookupError):
    """No room has registered an audience of this kind."""


def audience_of(broadcast: Broadcast) -> Audience:
    """The audience of a broadcast."""
    return Audience(broadcast.audience_kind, broadcast.audience_params)


def audience_columns(
    contact_id: _Column,
    language: _Column,
    distance_m: _Column | None = None,
    due_at: _Column | None = None,
    left_out: _Column | None = None,
) -> tuple[Label[Any], ...]:
    """The columns of a resolver's select; see :func:`dispatch.hooks.register_audience`."""
    return (
        contact_id.label("contact_id"),
        language.label("language"),
        (literal(0) if distance_m is None else distance_m).label("distance_m"),
        (literal(None, _TIME) if due_at is None else due_at).label("due_at"),
        (literal(None, _CODE) if left_out is None else left_out).label("left_out"),
    )


def resolve(session: Session, audience: Audience) -> Subquery:
    """The recipients: ``contact_id``, ``language``, ``distance_m`` (whole metres), ``due_at``."""
    found = _hook(audience).everybody(session, audience.params).subquery()
    return _recipients(found)


def nearest(session: Session, audience: Audience, number: int) -> Subquery:
    """At most ``number`` of the nearest recipients, found fast; columns as in :func:`resolve`."""
    hook = _hook(audience)
    if hook.nearest is not None:
        return _recipients(hook.nearest(session, audience.params, number).subquery())
    found = resolve(session, audience)
    return select(found).order_by(found.c.distance_m, found.c.contact_id).limit(number).subquery()


def _hook(audience: Audience) -> AudienceHook:
    hook = current_hooks().audiences.get(audience.kind)
    if hook is None:
        raise UnknownAudience(audience.kind)
    return hook


def _recipients(found: Subquery) -> Subquery:
    metres = cast(func.coalesce(found.c.distance_m, 0), Integer)
    return (
        select(
            found.c.contact_id,
            found.c.language,
            metres.label("distance_m"),
            found.c.due_at,
        )
        .where(found.c.left_out.is_(None))
        .subquery("audience")
    )


def count_audience(session: Session, audience: Audience) -> AudienceSize:
    """How many would get it now, and how many would not, and why. Leaves out the suppressed."""
    found = _hook(audience).everybody(session, audience.params).subquery("audience")
    rows = session.execute(
        select(Contact.channel, found.c.language, found.c.left_out, func.count())
        .join(Contact, Contact.id == found.c.contact_id)
        .where(Contact.suppressed_at.is_(None))
        .group_by(Contact.channel, found.c.language, found.c.left_out)
        .order_by(Contact.channel, found.c.language)
    )
    counts: list[AudienceCount] = []
    left_out: Counter[str] = Counter()
    for channel, language, reason, number in rows:
        if reason is None:
            counts.append(AudienceCount(channel, language, number))
        else:
            left_out[reason] += number
    return AudienceSize(tuple(counts), dict(sorted(left_out.items())))


def name_left_out(audience: Audience, reason: str) -> str:
    """The text for a reason somebody is left out, in the reader's language."""
    return str(_hook(audience).left_out.get(reason, reason))


def estimate(counts: Sequence[AudienceCount], contents: Sequence[Content]) -> Estimate:
    """What it takes to send these contents to so many; the channels send in parallel."""
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
    """The audience ``contact``: the one with ``contact_id``, in ``language`` (else Danish)."""
    language = literal(params.get("language", DEFAULT_LANGUAGE))
    return select(*audience_columns(Contact.id, language)).where(Contact.id == params["contact_id"])


def recipients_of(_session: Session, params: dict[str, Any]) -> Select[Any, Any, Any]:
    """The audience ``recipients``: those who received one of ``broadcast_ids``, or may have."""
    ids = params["broadcast_ids"]
    language, distance = BroadcastContent.language, Delivery.distance_m
    rows: Select[Any] = (
        select(*audience_columns(Delivery.contact_id, language, distance))
        if len(ids) < 2
        # A contact may have received several, but must be one row.
        else select(
            *audience_columns(Delivery.contact_id, func.min(language), func.min(distance))
        ).group_by(Delivery.contact_id)
    )
    return rows.join(BroadcastContent, BroadcastContent.id == Delivery.content_id).where(
        Delivery.broadcast_id.in_(ids), Delivery.state.in_(HANDED_OVER)
    )


def first_recipients_of(
    session: Session, params: dict[str, Any], number: int
) -> Select[Any, Any, Any]:
    """The nearest of those recipients: the first ones of the first broadcast."""
    first_ids = params["broadcast_ids"][:1]
    first = session.scalar(select(Expansion.first_id).where(Expansion.broadcast_id.in_(first_ids)))
    # The ids of several broadcasts may alternate, and some were not sent: read twice as many.
    nearby = Delivery.id.between(first or 0, (first or 0) + 2 * number)
    rows = recipients_of(session, {"broadcast_ids": first_ids})
    return rows.where(nearby).order_by(Delivery.id).limit(number)


def anybody_of(session: Session, params: dict[str, Any]) -> Select[Any, Any, Any]:
    """The audience ``any``: those of any of ``audiences`` (``{kind, params}``), each once.

    Whoever one of them reaches is not left out, and as soon as any of them allows.
    """
    rows = union_all(
        *(
            _hook(Audience(**each)).everybody(session, each["params"])
            for each in params["audiences"]
        )
    ).subquery()
    return select(
        *audience_columns(
            rows.c.contact_id,
            func.min(rows.c.language),
            func.min(rows.c.distance_m),
            _none_if_any_is(rows.c.due_at, func.min(rows.c.due_at)),
            _none_if_any_is(rows.c.left_out, func.min(rows.c.left_out)),
        )
    ).group_by(rows.c.contact_id)


def _none_if_any_is(column: _Column, otherwise: ColumnElement[Any]) -> ColumnElement[Any]:
    """Within a group: nothing where any row has nothing, else this."""
    return case((func.count(column) == func.count(), otherwise), else_=null())
