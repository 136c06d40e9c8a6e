"""Filling the ledger: ``INSERT ... SELECT`` in chunks, the nearest recipients first.

Each chunk is one transaction, and who is in the ledger is not written again, so a crash costs
nothing. The first chunk is a few of the nearest, found without a look at all the others, so
that the first message leaves at once; the rest comes from a snapshot in the order of sending.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
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
    or_,
    select,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import InstrumentedAttribute, Session

from config import Config, current_config
from database import Database, insert_or_ignore, utcnow
from dispatch.audiences import audience_of, nearest, resolve
from dispatch.ledger.batches import has_more_urgent
from dispatch.ledger.changes import count_new, note_later
from dispatch.ledger.locking import lock_broadcast
from dispatch.ledger.recipient_list import RecipientList
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
from dispatch.routes import rate_of
from web.languages.choice import DEFAULT_LANGUAGE

log = structlog.get_logger(__name__)

FIRST_CHUNK = 1_000
CHUNK = 100_000
CHUNK_SQLITE = 50_000
"""SQLite has one writer: the others wait while a chunk is written."""
CHUNK_BESIDE = 5_000
"""And a broadcast that goes first must not wait long for each of its slices."""
GAP_SECONDS = 0.1
"""And it has no queue: between two chunks there must be time for each to try again."""
BATCH_SECONDS = 10
"""How long a batch occupies its sender: a worker that dies holds up no more than this."""
SMALLEST_BATCH, LARGEST_BATCH = 20, 2_000


def _is_due() -> ColumnElement[bool]:
    return and_(
        Broadcast.status == BroadcastStatus.WAITING,
        or_(Broadcast.not_before.is_(None), Broadcast.not_before <= utcnow()),
    )


def priorities_to_expand(session: Session) -> list[Priority]:
    """Of which priorities a broadcast waits whose time has come, or is being expanded."""
    found = or_(Broadcast.status == BroadcastStatus.EXPANDING, _is_due())
    return list(session.scalars(select(Broadcast.priority).where(found).distinct()))


def start_due(session: Session, priorities: Collection[Priority] = tuple(Priority)) -> int:
    """Let the broadcasts begin whose time has come: how many."""
    due = session.scalars(
        select(Broadcast)
        .where(_is_due(), Broadcast.priority.in_(priorities))
        .with_for_update(skip_locked=True)
    ).all()
    for broadcast in due:
        broadcast.status = BroadcastStatus.EXPANDING
        broadcast.started_at = utcnow()
        log.info("broadcast_started", broadcast=broadcast.id)
    session.flush()
    return len(due)


def next_to_expand(session: Session, priorities: Collection[Priority]) -> int | None:
    """The broadcast to expand now, of these: by priority, then the older one."""
    rank = case({priority: priority.rank for priority in Priority}, value=Broadcast.priority)
    return session.scalar(
        select(Broadcast.id)
        .where(Broadcast.status == BroadcastStatus.EXPANDING, Broadcast.priority.in_(priorities))
        .order_by(rank, Broadcast.id)
        .limit(1)
    )


class Expander:
    """Fills the ledger chunk by chunk; it keeps the snapshots of the audiences it is at.

    ``guard`` is called at the end of each transaction, and raises if it must not be committed.
    It minds the broadcasts of some ``priorities``; others may be minded beside it.
    """

    def __init__(
        self,
        database: Database,
        guard: Callable[[Session], None],
        priorities: Collection[Priority] = tuple(Priority),
    ) -> None:
        self._database = database
        self._guard = guard
        self._priorities = priorities
        self._snapshots: dict[int, RecipientList] = {}

    def expand_next(self) -> int | None:
        """Write one chunk of the broadcast whose turn it is: its deliveries; None if none waits.

        A more urgent broadcast is expanded between two chunks of another.
        """
        with self._database.unit_of_work(writes=False) as session:
            broadcast_id = next_to_expand(session, self._priorities)
        if broadcast_id is None:
            self.close()
            return None
        try:
            return self._expand(broadcast_id)
        except BaseException:
            # Where the snapshot stands may differ from the cursor now: take another one.
            self._drop(broadcast_id)
            raise

    @property
    def has_begun(self) -> bool:
        """Whether it keeps a snapshot: of a broadcast that may have been stopped by now."""
        return bool(self._snapshots)

    def close(self) -> None:
        """Forget all snapshots."""
        for broadcast_id in list(self._snapshots):
            self._drop(broadcast_id)

    def _drop(self, broadcast_id: int) -> None:
        snapshot = self._snapshots.pop(broadcast_id, None)
        if snapshot is not None:
            snapshot.close()

    def _expand(self, broadcast_id: int) -> int:
        snapshot = self._snapshots.get(broadcast_id)
        if snapshot is None:
            with self._database.unit_of_work() as session:
                written = self._write_first(session, broadcast_id)
                self._guard(session)
            if written is not None:
                return written
            snapshot = self._snapshots[broadcast_id] = self._take_snapshot(broadcast_id)
        with snapshot.unit_of_work() as session:
            limit = self._chunk(session, broadcast_id)
            written = _write_chunk(
                session, broadcast_id, snapshot.next(limit), has_later=snapshot.later > 0
            )
            if written is None or snapshot.done + limit >= snapshot.size:
                _finish(session, broadcast_id)
            self._guard(session)
        snapshot.done += limit
        if written is None or snapshot.is_used_up:
            self._drop(broadcast_id)
        elif self._database.is_sqlite:
            time.sleep(GAP_SECONDS)
        return written or 0

    def _chunk(self, session: Session, broadcast_id: int) -> int:
        if not self._database.is_sqlite:
            return CHUNK
        broadcast = session.get_one(Broadcast, broadcast_id)
        is_behind = has_more_urgent(session, broadcast.priority.rank)
        return CHUNK_BESIDE if is_behind else CHUNK_SQLITE

    def _write_first(self, session: Session, broadcast_id: int) -> int | None:
        """The first chunk of a broadcast of which nothing is written yet; None for others."""
        if session.get_one(Expansion, broadcast_id, populate_existing=True).chunks:
            return None
        broadcast = session.get_one(Broadcast, broadcast_id, populate_existing=True)
        found = nearest(session, audience_of(broadcast), FIRST_CHUNK)
        recipients = _recipients(session, broadcast, found)
        return _write_chunk(session, broadcast_id, recipients, has_later=True)

    def _take_snapshot(self, broadcast_id: int) -> RecipientList:
        with self._database.unit_of_work(writes=False) as session:
            broadcast = session.get_one(Broadcast, broadcast_id)
            found = resolve(session, audience_of(broadcast))
            recipients = _recipients(session, broadcast, found)
        return RecipientList.take(self._database, recipients)


def _write_chunk(
    session: Session, broadcast_id: int, recipients: Select[Any], *, has_later: bool
) -> int | None:
    """Write recipients into the ledger and offer their batches: how many were new.

    ``has_later``: some may be due later. None if the broadcast is not to be expanded any more.
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
    numbers = Counter(_offer(session, broadcast, before))
    if has_later:
        numbers += _count_later(session, broadcast_id, before)
    # Counted from the rows themselves: SQLite's own count of rows is silent (-1) for a statement
    # that begins with WITH, as it does for an audience that is written with one.
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


def _recipients(session: Session, broadcast: Broadcast, found: Subquery) -> Select[Any]:
    """``contact_id, channel, content_id, distance_m, next_attempt_at`` in the order of sending.

    Suppressed contacts, and those there is no content for, are left out.
    """
    contents = _contents(session, broadcast.id)
    content_id = _content_id(contents, Contact.channel, found.c.language)
    # One that is due by now goes with the first batches, as those without a time do.
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
        # Asked for by channel, SQLite would begin with all contacts there are.
        .where(content_id.is_not(None))
        .order_by(found.c.distance_m, found.c.contact_id)
    )
    if not broadcast.reaches_suppressed:
        chosen = chosen.where(Contact.suppressed_at.is_(None))
    return chosen


def _insert(session: Session, broadcast_id: int, recipients: Select[Any]) -> None:
    """Write recipients, in their order; those whom the ledger has already are left out.

    There are some in a chunk that repeats the first one, or one from before a crash: it is
    written a second time then, with a look at each of them, which takes half as long again.
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
    """The deliveries that were written now.

    The sum keeps the planner from walking through the whole broadcast by its index: the new
    rows are the last ones by id.
    """
    return and_(Delivery.id > before, Delivery.broadcast_id + 0 == broadcast_id)


def _count_later(session: Session, broadcast_id: int, before: int) -> Counter[Channel]:
    """Note on the tallies what is due later, and count it by channel: no batch holds it yet."""
    found = session.execute(
        select(Delivery.channel, func.count(), func.max(Delivery.next_attempt_at))
        .where(_is_new(broadcast_id, before), Delivery.next_attempt_at.is_not(None))
        .group_by(Delivery.channel)
    ).all()
    for channel, number, last_due_at in found:
        if last_due_at is not None:
            note_later(session, broadcast_id, channel, number, last_due_at)
    return Counter({channel: number for channel, number, _last in found})


def _offer(session: Session, broadcast: Broadcast, before: int) -> dict[Channel, int]:
    """Cut the new deliveries that are due into batches: how many deliveries by channel.

    Those that are due later get a batch when their time comes, as retries do.
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
