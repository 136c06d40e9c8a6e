"""Filling the ledger: ``INSERT ... SELECT`` in chunks, the nearest recipients first.

Each chunk is one transaction that also moves the cursor, so a crash costs nothing. The first
chunk is small, so that the first message leaves at once; each further one is larger, because
the audience is sorted anew for every chunk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import (
    ColumnElement,
    Select,
    case,
    func,
    insert,
    literal,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from config import Config, current_config
from database import utcnow
from dispatch import ledger
from dispatch.audiences import Audience, resolve
from dispatch.broadcasts import lock_broadcast
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
    Priority,
)
from dispatch.senders import rate_of
from web.languages import DEFAULT_LANGUAGE

log = structlog.get_logger(__name__)

FIRST_CHUNK = 1_000
GROWTH = 8
LARGEST_CHUNK = 200_000
LARGEST_CHUNK_SQLITE = 50_000
"""SQLite has one writer: the others wait while a chunk is written."""
BATCH_SECONDS = 10
"""How long a batch occupies its sender: a worker that dies holds up no more than this."""
SMALLEST_BATCH, LARGEST_BATCH = 20, 2_000


@dataclass(frozen=True)
class Chunk:
    """What one step of expansion did."""

    broadcast_id: int
    inserted: int
    is_last: bool


def release_due(session: Session) -> int:
    """Let the broadcasts begin whose time has come: how many."""
    now = utcnow()
    due = session.scalars(
        select(Broadcast)
        .where(
            Broadcast.status == BroadcastStatus.WAITING,
            or_(Broadcast.not_before.is_(None), Broadcast.not_before <= now),
        )
        .with_for_update(skip_locked=True)
    ).all()
    for broadcast in due:
        broadcast.status = BroadcastStatus.EXPANDING
        broadcast.started_at = now
        log.info("broadcast_started", broadcast=broadcast.id)
    session.flush()
    return len(due)


def next_to_expand(session: Session) -> int | None:
    """The broadcast to expand now: by priority, then the older one."""
    rank = case({priority: priority.rank for priority in Priority}, value=Broadcast.priority)
    return session.scalar(
        select(Broadcast.id)
        .where(Broadcast.status == BroadcastStatus.EXPANDING)
        .order_by(rank, Broadcast.id)
        .limit(1)
    )


def expand_chunk(session: Session, broadcast_id: int) -> Chunk:
    """Write the next chunk of a broadcast's ledger and offer its batches."""
    expansion = session.scalars(
        select(Expansion)
        .where(Expansion.broadcast_id == broadcast_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    broadcast = session.get_one(Broadcast, broadcast_id, populate_existing=True)
    if broadcast.status is not BroadcastStatus.EXPANDING:
        return Chunk(broadcast_id, 0, is_last=True)
    contents = session.execute(
        select(BroadcastContent.id, BroadcastContent.channel, BroadcastContent.language,
               BroadcastContent.segments)
        .where(BroadcastContent.broadcast_id == broadcast_id)
    ).all()  # fmt: skip
    before = session.scalar(select(func.max(Delivery.id))) or 0
    _insert(session, broadcast, contents, _recipients(session, broadcast, expansion))
    most = {
        channel: max(row.segments for row in contents if row.channel is channel)
        for channel in {row.channel for row in contents}
    }
    numbers = _offer(session, broadcast, before, most)
    # Counted from what stands there: SQLite's own count of rows is silent (-1) for a statement
    # that begins with WITH, as it does for an audience that is written with one.
    inserted = sum(numbers.values())
    if inserted == 0:
        _finish(session, broadcast_id)
        return Chunk(broadcast_id, 0, is_last=True)
    _advance(session, expansion, before)
    ledger.count_new(session, broadcast_id, numbers)
    log.info("chunk_expanded", broadcast=broadcast_id, deliveries=inserted)
    return Chunk(broadcast_id, inserted, is_last=False)


def _recipients(session: Session, broadcast: Broadcast, expansion: Expansion) -> Select[Any]:
    """The next contacts in order of distance, those who said no left out."""
    found = resolve(session, Audience(broadcast.audience_kind, broadcast.audience_params))
    size = min(FIRST_CHUNK * GROWTH**expansion.chunks, _largest_chunk(session))
    chosen = (
        select(found.c.contact_id, found.c.distance_m, found.c.language, Contact.channel)
        .join(Contact, Contact.id == found.c.contact_id)
        .order_by(found.c.distance_m, found.c.contact_id)
        .limit(size)
    )
    if not broadcast.reaches_suppressed:
        chosen = chosen.where(Contact.suppressed_at.is_(None))
    if expansion.contact_id is not None:
        cursor = tuple_(literal(expansion.distance_m), literal(expansion.contact_id))
        chosen = chosen.where(tuple_(found.c.distance_m, found.c.contact_id) > cursor)
    return chosen


def _largest_chunk(session: Session) -> int:
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    return LARGEST_CHUNK_SQLITE if is_sqlite else LARGEST_CHUNK


def _insert(
    session: Session, broadcast: Broadcast, contents: Sequence[Any], recipients: Select[Any]
) -> None:
    channels = {row.channel for row in contents}
    chosen = recipients.where(Contact.channel.in_(channels)).subquery("chosen")
    content_id = _content_id(contents, chosen.c.channel, chosen.c.language)
    rows = select(
        literal(broadcast.id).label("broadcast_id"),
        chosen.c.contact_id,
        content_id.label("content_id"),
        chosen.c.channel,
        chosen.c.distance_m,
        literal(DeliveryState.QUEUED.value).label("state"),
        literal(0).label("attempts"),
        literal(0).label("deferrals"),
    ).where(true())  # without a WHERE, SQLite takes ON CONFLICT for the ON of a join
    names = [column.name for column in rows.selected_columns]
    ordered = rows.order_by(chosen.c.distance_m, chosen.c.contact_id)
    insert_: Any = sqlite.insert if _is_sqlite(session) else postgresql.insert
    session.execute(
        insert_(Delivery.__table__)
        .from_select(names, ordered, include_defaults=False)
        .on_conflict_do_nothing()
    )


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def _content_id(
    contents: Sequence[Any], channel: ColumnElement[Any], language: ColumnElement[Any]
) -> ColumnElement[Any]:
    """The content in the reader's language, else the Danish one, else any on the channel."""
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


def _advance(session: Session, expansion: Expansion, before: int) -> None:
    last = session.execute(
        select(Delivery.distance_m, Delivery.contact_id)
        .where(Delivery.broadcast_id == expansion.broadcast_id, Delivery.id > before)
        .order_by(Delivery.id.desc())
        .limit(1)
    ).one()
    expansion.chunks += 1
    expansion.distance_m, expansion.contact_id = last
    session.flush()


def _offer(
    session: Session, broadcast: Broadcast, before: int, most_segments: dict[Channel, int]
) -> dict[Channel, int]:
    """Cut the new deliveries into batches: how many deliveries there are by channel."""
    config = current_config()
    sizes = {
        channel: batch_size(config, channel, segments)
        for channel, segments in most_segments.items()
    }
    size = case(*((Delivery.channel == channel, size) for channel, size in sizes.items()))
    place = func.row_number().over(partition_by=Delivery.channel, order_by=Delivery.id) - 1
    placed = (
        select(Delivery.id, Delivery.channel, (place // size).label("slot"))
        .where(Delivery.broadcast_id == broadcast.id, Delivery.id > before)
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
    """How many deliveries a batch has: what the sender takes in :data:`BATCH_SECONDS`."""
    rate = rate_of(config, channel) / segments
    return int(min(max(rate * BATCH_SECONDS, SMALLEST_BATCH), LARGEST_BATCH))


def _finish(session: Session, broadcast_id: int) -> None:
    broadcast = lock_broadcast(session, broadcast_id)
    if broadcast.status is BroadcastStatus.EXPANDING:
        broadcast.status = BroadcastStatus.SENDING
        broadcast.expanded_at = utcnow()
        session.flush()
        log.info("broadcast_expanded", broadcast=broadcast_id)
