"""Repairs for everything that can get stuck. Each of them can be repeated at any time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import (
    ColumnElement,
    CursorResult,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from config import current_config
from database import utcnow
from dispatch.health import select_stalled
from dispatch.hooks import current_hooks
from dispatch.ledger.batches import is_expired, may_send
from dispatch.ledger.changes import Change, close_queued, lock_deliveries, write_changes
from dispatch.ledger.chunks import batch_size
from dispatch.ledger.locking import lock_broadcast
from dispatch.models import (
    Batch,
    BatchStatus,
    Broadcast,
    BroadcastStatus,
    Channel,
    Delivery,
    DeliveryState,
    Expansion,
    Priority,
    Tally,
)
from dispatch.outbox import OUTBOX, empty_outbox_message
from dispatch.scheduling.unknown_deliveries import lost_code

log = structlog.get_logger(__name__)

HOLE_AFTER = timedelta(minutes=5)
TIMED_BATCHES = 4
"""Batches of retries and later deliveries a broadcast may have at once on each channel."""


def sweep_expired_leases(session: Session) -> int:
    """Take batches from workers whose lease has expired, and return how many.

    What such a worker had claimed may have been sent: its state becomes unknown.
    """
    now = utcnow()
    lost = session.scalars(
        select(Batch)
        .where(Batch.status == BatchStatus.HELD, Batch.lease_until < now)
        .order_by(Batch.id)
        .limit(100)
        .with_for_update(skip_locked=True)
    ).all()
    if not lost:
        return 0
    owners = {batch.id: batch.owner for batch in lost}
    stranded = session.execute(
        select(Delivery.id, Delivery.batch_id)
        .join(Batch, Delivery.batch_id == Batch.id)
        .where(
            Batch.id.in_([batch.id for batch in lost]),
            Delivery.id.between(Batch.first_id, Batch.last_id),
            Delivery.state == DeliveryState.SENDING,
        )
    ).all()
    codes = {row.id: lost_code(owners[row.batch_id]) for row in stranded}
    rows = lock_deliveries(session, codes)
    write_changes(
        session,
        [
            Change(row, DeliveryState.UNKNOWN, next_attempt_at=now, error_code=codes[row.id])
            for row in rows.values()
            if row.state is DeliveryState.SENDING
        ],
    )
    for batch in lost:
        batch.status, batch.owner = BatchStatus.WAITING, None
        batch.lease_until = batch.offered_at = None
        log.warning("batch_lease_expired", broadcast=batch.broadcast_id, batch=batch.id)
    session.flush()
    return len(lost)


def offer_timed(session: Session) -> int:
    """Make batches of queued deliveries whose time has come, and return how many.

    Those are retries, and deliveries scheduled for later. A broadcast gets the next batches on a
    channel when these are done, so that no two overlap and a retry waits for no more than
    :data:`TIMED_BATCHES` of them.
    """
    found = session.execute(_timed_batches()).all()
    if found:
        names = ("broadcast_id", "channel", "rank", "first_id", "last_id", "size",
                 "is_retry", "status")  # fmt: skip
        session.execute(insert(Batch), [dict(zip(names, row, strict=True)) for row in found])
    return len(found)


def _timed_batches() -> Any:
    has_open = exists().where(
        Batch.broadcast_id == Delivery.broadcast_id,
        Batch.channel == Delivery.channel,
        Batch.is_retry,
        Batch.status != BatchStatus.DONE,
    )
    config = current_config()
    size = case(*((Delivery.channel == each, batch_size(config, each, 1)) for each in Channel))
    place = func.row_number().over(
        partition_by=(Delivery.broadcast_id, Delivery.channel), order_by=Delivery.id
    )
    due = (
        select(
            Delivery.id, Delivery.broadcast_id, Delivery.channel, Broadcast.priority,
            ((place - 1) // size).label("slot"),
        )
        .join(Broadcast, Broadcast.id == Delivery.broadcast_id)
        .where(
            Delivery.state == DeliveryState.QUEUED,
            Delivery.next_attempt_at <= utcnow(),
            may_send(),
            ~has_open,
        )
        .subquery()
    )  # fmt: skip
    rank = case({each: each.rank for each in Priority}, value=due.c.priority)
    first = func.min(due.c.id)
    return (
        select(due.c.broadcast_id, due.c.channel, rank, first, func.max(due.c.id), func.count(),
               literal(True), literal(BatchStatus.WAITING.value))
        .where(due.c.slot < TIMED_BATCHES)
        .group_by(due.c.broadcast_id, due.c.channel, due.c.priority, due.c.slot)
        .order_by(first)
    )  # fmt: skip


def close_ended(session: Session, broadcast_id: int) -> int:
    """Close queued deliveries of a broadcast that was stopped or has expired; returns how many."""
    broadcast = lock_broadcast(session, broadcast_id)
    if broadcast.settled_at is not None:
        return 0
    if broadcast.status is BroadcastStatus.STOPPED:
        return close_queued(session, broadcast_id, DeliveryState.CANCELLED)
    if not is_expired(broadcast):
        return 0
    if broadcast.status is not BroadcastStatus.SENDING:
        broadcast.status = BroadcastStatus.SENDING
        broadcast.expanded_at = broadcast.expanded_at or utcnow()
        session.flush()
    return close_queued(session, broadcast_id, DeliveryState.EXPIRED)


def find_ended(session: Session) -> list[int]:
    """Broadcasts that were stopped or have expired, with deliveries still queued."""
    queued = exists().where(Tally.broadcast_id == Broadcast.id, Tally.queued > 0)
    unfinished = Broadcast.status != BroadcastStatus.SENDING
    return list(
        session.scalars(
            select(Broadcast.id)
            .where(
                Broadcast.settled_at.is_(None),
                or_(
                    and_(Broadcast.status == BroadcastStatus.STOPPED, queued),
                    and_(
                        Broadcast.status != BroadcastStatus.STOPPED,
                        Broadcast.expires_at <= utcnow(),
                        or_(queued, unfinished),
                    ),
                ),
            )
            .order_by(Broadcast.id)
        )
    )


def _is_complete() -> ColumnElement[bool]:
    """The broadcasts in which nothing is open any more, and that are not settled yet."""
    still_open = exists().where(
        Tally.broadcast_id == Broadcast.id, Tally.queued + Tally.sending + Tally.unknown > 0
    )
    ended = or_(Broadcast.expanded_at.is_not(None), Broadcast.status == BroadcastStatus.STOPPED)
    return and_(Broadcast.settled_at.is_(None), ended, ~still_open)


def find_settled(session: Session) -> list[int]:
    """Broadcasts to settle now."""
    return list(session.scalars(select(Broadcast.id).where(_is_complete()).order_by(Broadcast.id)))


def settle(session: Session, broadcast_id: int) -> bool:
    """Settle a broadcast and call the listeners, once; False if it cannot settle yet."""
    broadcast = lock_broadcast(session, broadcast_id)
    has_expansion = session.get(Expansion, broadcast_id) is not None
    expansion = session.scalars(
        select(Expansion)
        .where(Expansion.broadcast_id == broadcast_id)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    # While a chunk is being written the row is locked: the broadcast cannot settle yet.
    if has_expansion and expansion is None:
        return False
    if not session.scalar(select(exists().where(Broadcast.id == broadcast_id, _is_complete()))):
        return False
    broadcast.settled_at = utcnow()
    if broadcast.status is not BroadcastStatus.STOPPED:
        broadcast.status = BroadcastStatus.SETTLED
    session.flush()
    session.execute(
        delete(Batch)
        .where(Batch.broadcast_id == broadcast_id, Batch.status != BatchStatus.HELD)
        .execution_options(synchronize_session=False)
    )
    if broadcast.audience_kind == OUTBOX:
        empty_outbox_message(session, broadcast_id)
    for listener in current_hooks().settled_listeners:
        listener(session, broadcast)
    log.info("broadcast_settled", broadcast=broadcast_id, status=broadcast.status.value)
    return True


def mend_holes(session: Session) -> int:
    """Queue deliveries that are in no batch. That should not happen; if it does, none is lost."""
    timed = (
        select(func.count())
        # Adding 0 makes the planner use the index by time, which is much smaller.
        .where(
            Delivery.broadcast_id + 0 == Tally.broadcast_id,
            Delivery.channel == Tally.channel,
            Delivery.state == DeliveryState.QUEUED,
            Delivery.next_attempt_at.is_not(None),
        )
        .scalar_subquery()
    )
    stuck = session.scalars(
        select(Broadcast.id).where(
            Broadcast.status == BroadcastStatus.SENDING,
            Broadcast.expanded_at < utcnow() - HOLE_AFTER,
            exists().where(
                Tally.broadcast_id == Broadcast.id, Tally.queued > 0, Tally.queued > timed
            ),
            ~exists().where(Batch.broadcast_id == Broadcast.id, Batch.status != BatchStatus.DONE),
        )
    ).all()
    if not stuck:
        return 0
    mended: CursorResult[Any] = session.execute(  # type: ignore[assignment]
        update(Delivery)
        .where(
            Delivery.broadcast_id.in_(stuck),
            Delivery.state == DeliveryState.QUEUED,
            Delivery.next_attempt_at.is_(None),
        )
        .values(next_attempt_at=utcnow())
        .execution_options(synchronize_session=False)
    )
    if mended.rowcount:
        log.warning("holes_mended", broadcasts=list(stuck), deliveries=mended.rowcount)
    return mended.rowcount


def note_stalled(session: Session) -> int:
    """Log an error for broadcasts that have sent nothing for a while; returns how many.

    Nothing else would report it: no worker runs, or none can do its work.
    """
    stalled = session.execute(select_stalled(utcnow())).all()
    for broadcast_id, channel in stalled:
        log.error("broadcast_stalled", broadcast=broadcast_id, channel=channel.value)
    return len(stalled)
