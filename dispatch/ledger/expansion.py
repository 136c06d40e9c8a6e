"""Filling the ledger: ``INSERT ... SELECT`` in chunks, the nearest recipients first.

Each chunk is one transaction, and recipients already in the ledger are not written twice, so a
crash loses nothing. The first chunk holds a few of the nearest recipients, found without reading
the whole audience, so that the first message leaves at once; the rest comes from a snapshot of
the audience, sorted in the order of sending.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection

import structlog
from sqlalchemy import ColumnElement, and_, case, or_, select
from sqlalchemy.orm import Session

from database import Database, utcnow
from dispatch.audiences import audience_of, nearest, resolve
from dispatch.ledger.batches import has_more_urgent
from dispatch.ledger.chunks import choose_recipients, without_written, write_chunk
from dispatch.ledger.locking import lock_broadcast
from dispatch.ledger.recipient_list import RecipientList
from dispatch.models import Broadcast, BroadcastStatus, Expansion, Priority

log = structlog.get_logger(__name__)

FIRST_CHUNK = 1_000
CHUNK = 100_000
CHUNK_SQLITE = 50_000
"""SQLite has a single writer: everyone else waits while a chunk is written."""
CHUNK_BESIDE = 5_000
"""On SQLite, while a more urgent broadcast is being sent: its slices must not wait long."""
GAP_SECONDS = 0.1
"""SQLite does not queue writers: between two chunks each of them needs time to try again."""


def _is_due() -> ColumnElement[bool]:
    return and_(
        Broadcast.status == BroadcastStatus.WAITING,
        or_(Broadcast.not_before.is_(None), Broadcast.not_before <= utcnow()),
    )


def priorities_to_expand(session: Session) -> list[Priority]:
    """The priorities of the broadcasts that are due or already being expanded."""
    found = or_(Broadcast.status == BroadcastStatus.EXPANDING, _is_due())
    return list(session.scalars(select(Broadcast.priority).where(found).distinct()))


def start_due(session: Session, priorities: Collection[Priority] = tuple(Priority)) -> int:
    """Start the broadcasts that are due, and return how many."""
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
    """The broadcast of these priorities to expand now: the most urgent, then the oldest."""
    rank = case({priority: priority.rank for priority in Priority}, value=Broadcast.priority)
    return session.scalar(
        select(Broadcast.id)
        .where(Broadcast.status == BroadcastStatus.EXPANDING, Broadcast.priority.in_(priorities))
        .order_by(rank, Broadcast.id)
        .limit(1)
    )


class Expander:
    """Fills the ledger chunk by chunk, keeping a snapshot of each audience it works on.

    ``guard`` is called at the end of each transaction, and raises if it must not be committed.
    Only broadcasts of the given ``priorities`` are expanded; another expander may run beside
    this one for the rest.
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
        """Write one chunk of the next broadcast; returns its deliveries, None if none waits.

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
            # The snapshot may no longer agree with the ledger: take another one.
            self._drop(broadcast_id)
            raise

    @property
    def has_begun(self) -> bool:
        """Whether it holds a snapshot, perhaps of a broadcast that has since been stopped."""
        return bool(self._snapshots)

    def close(self) -> None:
        """Drop all snapshots."""
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
            written = write_chunk(
                session, broadcast_id, snapshot.next(limit), has_later=snapshot.later > 0
            )
            if written is None or snapshot.done + limit >= snapshot.size:
                _finish(session, broadcast_id)
            self._guard(session)
        snapshot.done += limit
        if written is None or snapshot.is_exhausted:
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
        """Write the first chunk of a broadcast; None if it already has one."""
        if session.get_one(Expansion, broadcast_id, populate_existing=True).chunks:
            return None
        broadcast = session.get_one(Broadcast, broadcast_id, populate_existing=True)
        found = nearest(session, audience_of(broadcast), FIRST_CHUNK)
        recipients = choose_recipients(session, broadcast, found)
        return write_chunk(session, broadcast_id, recipients, has_later=True)

    def _take_snapshot(self, broadcast_id: int) -> RecipientList:
        with self._database.unit_of_work(writes=False) as session:
            broadcast = session.get_one(Broadcast, broadcast_id)
            found = resolve(session, audience_of(broadcast))
            recipients = choose_recipients(session, broadcast, found)
        return RecipientList.take(self._database, without_written(recipients, broadcast_id))


def _finish(session: Session, broadcast_id: int) -> None:
    broadcast = lock_broadcast(session, broadcast_id)
    if broadcast.status is BroadcastStatus.EXPANDING:
        broadcast.status = BroadcastStatus.SENDING
        broadcast.expanded_at = utcnow()
        session.flush()
        log.info("broadcast_expanded", broadcast=broadcast_id)
