"""Writing one chunk of the ledger: who gets which content, and the batches that send it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import structlog
from sqlalchemy import (
    ColumnElement,
    Insert,
    Select,
    Subquery,
    and_,
    case,
    func,
    insert,
    literal,
    select,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import InstrumentedAttribute, Session

from config import Config, current_config
from database import insert_or_ignore, utcnow
from dispatch.ledger.changes import count_new, note_later
from dispatch.models import (
    Batch,
    BatchStatus,
    Broadcast,
    BroadcastContent,
    BroadcastStatus,
    Channel,
    Contact,
    Delivery,
    DeliveryState,
    Expansion,
)
from dispatch.sender_routes import rate_of
from web.languages.choice import DEFAULT_LANGUAGE

log = structlog.get_logger(__name__)

BATCH_SECONDS = 10
"""How long a batch occupies its sender: a worker that dies delays no more than this."""
SMALLEST_BATCH, LARGEST_BATCH = 20, 2_000


def write_chunk(
    session: Session, broadcast_id: int, recipients: Select[Any], *, has_later: bool
) -> int | None:
    """Write recipients into the ledger and add their batches; returns how many were new.

    ``has_later``: some may be due later. None if the broadcast is no longer being expanded.
    """
    expansion = session.scalars(
        select(Expansion)
        .where(Expansion.broadcast_id == broadcast_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    broadcast = session.get_one(Broadcast, broadcast_id, populate_existing=True)
    if broadcast.status is not BroadcastStatus.EXPANDING:
        return None
    before = session.scalar(select(func.max(Delivery.id))) or 0
    _insert(session, broadcast_id, recipients)
    expansion.chunks += 1
    expansion.first_id = expansion.first_id or before + 1
    session.flush()
    numbers = Counter(_add_batches(session, broadcast, before))
    if has_later:
        numbers += _count_later(session, broadcast_id, before)
    # Counted from the rows themselves: SQLite reports -1 rows for a statement that begins with
    # WITH, as some audiences do.
    count_new(session, broadcast_id, numbers)
    written = sum(numbers.values())
    log.info("chunk_expanded", broadcast=broadcast_id, deliveries=written)
    return written


def _contents(session: Session, broadcast_id: int) -> Sequence[Any]:
    return session.execute(
        select(BroadcastContent.id, BroadcastContent.channel, BroadcastContent.language,
               BroadcastContent.segments)
        .where(BroadcastContent.broadcast_id == broadcast_id)
    ).all()  # fmt: skip


def choose_recipients(session: Session, broadcast: Broadcast, found: Subquery) -> Select[Any]:
    """``contact_id, channel, content_id, distance_m, next_attempt_at`` in the order of sending.

    Suppressed contacts, and those without content on their channel, are left out.
    """
    contents = _contents(session, broadcast.id)
    content_id = _content_id(contents, Contact.channel, found.c.language)
    # A delivery already due goes into the first batches, like those without a time.
    due_at = case((found.c.due_at > utcnow(), found.c.due_at))
    chosen: Select[Any] = (
        select(
            found.c.contact_id,
            Contact.channel,
            content_id.label("content_id"),
            found.c.distance_m,
            due_at.label("next_attempt_at"),
        )
        .join(Contact, Contact.id == found.c.contact_id)
        # With a condition on the channel, SQLite would start by scanning all contacts.
        .where(content_id.is_not(None))
        .order_by(found.c.distance_m, found.c.contact_id)
    )
    if not broadcast.reaches_suppressed:
        chosen = chosen.where(Contact.suppressed_at.is_(None))
    return chosen


def without_written(recipients: Select[Any], broadcast_id: int) -> Select[Any]:
    """Only the recipients who are not in the ledger: the first chunk and a crash leave some."""
    written = select(Delivery.contact_id).where(
        Delivery.broadcast_id == broadcast_id, Delivery.contact_id == Contact.id
    )
    return recipients.where(~written.exists())


def _insert(session: Session, broadcast_id: int, recipients: Select[Any]) -> None:
    """Write recipients in their order, leaving out those already in the ledger.

    Some are there only if another scheduler wrote them after the snapshot was taken. The insert
    is then repeated with a check of each row, which takes half as long again.
    """
    rows = recipients.add_columns(
        literal(broadcast_id).label("broadcast_id"),
        literal(DeliveryState.QUEUED.value).label("state"),
        literal(0).label("attempts"),
        literal(0).label("deferrals"),
    )
    names = [column.name for column in rows.selected_columns]

    def write(into: Insert) -> None:
        session.execute(into.from_select(names, rows, include_defaults=False))

    try:
        with session.begin_nested():
            write(insert(Delivery))
    except IntegrityError:
        write(insert_or_ignore(session, Delivery))


def _content_id(
    contents: Sequence[Any],
    channel: ColumnElement[Any] | InstrumentedAttribute[Any],
    language: ColumnElement[Any],
) -> ColumnElement[Any]:
    """The content in the reader's language, else the Danish one, else any on the channel.

    NULL where there is none on the channel.
    """
    exact = [
        (((channel == row.channel) & (language == row.language)), literal(row.id))
        for row in contents
    ]
    fallback: dict[Channel, int] = {}
    for row in contents:
        if row.language == DEFAULT_LANGUAGE or row.channel not in fallback:
            fallback[row.channel] = row.id
    others = [(channel == name, literal(id_)) for name, id_ in fallback.items()]
    return case(*exact, *others)


def _is_new(broadcast_id: int, before: int) -> ColumnElement[bool]:
    """The deliveries written by this chunk.

    Adding 0 keeps the planner from scanning the whole broadcast through its index: the new rows
    are the last ones by id.
    """
    return and_(Delivery.id > before, Delivery.broadcast_id + 0 == broadcast_id)


def _count_later(session: Session, broadcast_id: int, before: int) -> Counter[Channel]:
    """Record on the tallies what is due later and is in no batch yet; counted by channel."""
    found = session.execute(
        select(Delivery.channel, func.count(), func.max(Delivery.next_attempt_at))
        .where(_is_new(broadcast_id, before), Delivery.next_attempt_at.is_not(None))
        .group_by(Delivery.channel)
    ).all()
    for channel, number, last_due_at in found:
        if last_due_at is not None:
            note_later(session, broadcast_id, channel, number, last_due_at)
    return Counter({channel: number for channel, number, _last in found})


def _add_batches(session: Session, broadcast: Broadcast, before: int) -> dict[Channel, int]:
    """Divide the new deliveries that are due into batches; returns deliveries by channel.

    Those due later get a batch when their time comes, like retries.
    """
    config = current_config()
    most: dict[Channel, int] = {}
    for row in _contents(session, broadcast.id):
        most[row.channel] = max(row.segments, most.get(row.channel, 1))
    sizes = {channel: batch_size(config, channel, segments) for channel, segments in most.items()}
    size = case(*((Delivery.channel == channel, size) for channel, size in sizes.items()))
    place = func.row_number().over(partition_by=Delivery.channel, order_by=Delivery.id) - 1
    placed = (
        select(Delivery.id, Delivery.channel, (place // size).label("slot"))
        .where(_is_new(broadcast.id, before), Delivery.next_attempt_at.is_(None))
        .subquery()
    )
    cut = (
        select(
            literal(broadcast.id),
            placed.c.channel,
            literal(broadcast.priority.rank),
            func.min(placed.c.id),
            func.max(placed.c.id),
            func.count(),
            literal(False),
            literal(BatchStatus.WAITING.value),
        )
        .group_by(placed.c.channel, placed.c.slot)
        .order_by(func.min(placed.c.id))
    )
    names = ["broadcast_id", "channel", "rank", "first_id", "last_id", "size", "is_retry", "status"]
    session.execute(insert(Batch).from_select(names, cut, include_defaults=False))
    counted = session.execute(
        select(Batch.channel, func.sum(Batch.size))
        .where(Batch.broadcast_id == broadcast.id, Batch.first_id > before)
        .group_by(Batch.channel)
    )
    return {channel: int(number) for channel, number in counted}


def batch_size(config: Config, channel: Channel, segments: int) -> int:
    """Deliveries per batch: what the senders can send in :data:`BATCH_SECONDS`."""
    rate = rate_of(config, channel) / segments
    return int(min(max(rate * BATCH_SECONDS, SMALLEST_BATCH), LARGEST_BATCH))
