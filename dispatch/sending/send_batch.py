"""Sending a batch slice by slice: each is claimed, handed over and recorded.

No transaction is open during network calls.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Protocol

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config import current_config
from database import current_database, utcnow
from dispatch.broadcasts import pause_broadcast
from dispatch.contacts import note_opt_out
from dispatch.ledger.batches import (
    Claim,
    Hold,
    claim_slice,
    hand_back_batch,
    hold_batch,
    hold_next_batch,
    is_overtaken,
)
from dispatch.ledger.changes import Change, Locked, lock_deliveries, write_changes
from dispatch.ledger.locking import lock_broadcast
from dispatch.models import (
    Batch,
    BroadcastContent,
    Channel,
    Contact,
    DeliveryState,
    Priority,
)
from dispatch.outbox import OutboxMessage
from dispatch.pause_reasons import PauseReason
from dispatch.providers.base import ResultKind, SendResult
from dispatch.providers.directory import provider_of
from dispatch.sender_routes import Route, route_by, routes_of
from dispatch.sending.lease_keeper import lease_kept
from dispatch.sending.retries import change_for
from dispatch.sending.senders import (
    AHEAD_SECONDS,
    Turn,
    concerns_sender,
    give_back,
    note_slice,
    take_turn,
)

log = structlog.get_logger(__name__)

SLICE_SECONDS = 1.0
"""How long a slice occupies its sender: a stop or an urgent broadcast waits at most this."""
LARGEST_SLICE = 512
LEASE_SECONDS = 60.0
"""After this, plus the providers' own time limit, a worker that has died loses its batch."""

ERROR_LIMIT = 25
ERROR_SHARE = 0.5
ERROR_WINDOW = 200.0
"""The error limit: a broadcast pauses when at least this many, and this share, of its latest
attempts have failed. Beyond the window, older attempts count less."""

_ERRORS = frozenset(
    {
        ResultKind.PERMANENT,
        ResultKind.RETRY,
        ResultKind.RETRY_ONCE,
        ResultKind.UNKNOWN,
    }
)
_FATAL = {
    ResultKind.CONFIGURATION: PauseReason.configuration,
    ResultKind.CONTENT: PauseReason.content,
}


class Stop(Protocol):
    """Tells a worker to stop: an event between threads or processes."""

    def is_set(self) -> bool:
        """Whether to stop."""

    def wait(self, timeout: float | None = None, /) -> bool:
        """Wait at most so many seconds for the event; True if it is set."""


class BatchEnd(StrEnum):
    """Why a worker stopped sending a batch."""

    DONE = "done"
    OVERTAKEN = "overtaken"
    HALTED = "halted"
    LOST = "lost"
    UNAVAILABLE = "unavailable"
    INTERRUPTED = "interrupted"


@dataclass
class RecentErrors:
    """Attempts and errors not yet added to the broadcast's."""

    attempts: int = 0
    failed: int = 0
    fatal: SendResult | None = None

    def add(self, results: Sequence[SendResult], *, has_others: bool) -> None:
        """Count a slice's results.

        While there are other senders, a configuration error of one is not fatal, and attempts it
        leaves unanswered count against the sender, not the broadcast.
        """
        fatal = {ResultKind.CONTENT} if has_others else _FATAL.keys()
        counted = _ERRORS - {ResultKind.UNKNOWN} if has_others else _ERRORS
        self.attempts += len(results)
        self.failed += sum(result.kind in counted for result in results)
        self.fatal = self.fatal or next((o for o in results if o.kind in fatal), None)

    @property
    def has_errors(self) -> bool:
        """Whether to record them now: attempts without errors can wait."""
        return self.failed > 0 or self.fatal is not None

    def clear(self) -> None:
        """Start counting from zero."""
        self.attempts, self.failed, self.fatal = 0, 0, None


@dataclass(frozen=True)
class _Job:
    batch: Batch
    routes: tuple[Route, ...]
    segments: int
    lease: float
    errors: RecentErrors = field(default_factory=RecentErrors)

    def limit(self, route: Route) -> int:
        """Deliveries per slice on this route."""
        return min(slice_size(route, self.segments), self.batch.size)


def send_batch(batch_id: int, owner: str, stop: Stop | None = None) -> BatchEnd:
    """Hold a batch and send its deliveries (needs an app context).

    Ends early when the broadcast is stopped, paused or expired, when something more urgent
    waits, or when ``stop`` is set: the rest waits for the next worker.
    """
    database = current_database()
    with database.unit_of_work() as session:
        batch = hold_batch(session, batch_id, owner, LEASE_SECONDS)
        job = _begin(session, batch) if batch is not None else None
    if job is None:
        return BatchEnd.UNAVAILABLE
    return _send_held(job, stop or threading.Event())


def send_next(channel: Channel, owner: str, stop: Stop | None = None) -> bool:
    """Send the next batch on a channel; False if there is none."""
    database = current_database()
    with database.unit_of_work() as session:
        batch = hold_next_batch(session, channel, owner, LEASE_SECONDS)
        job = _begin(session, batch) if batch is not None else None
    if job is None:
        return False
    _send_held(job, stop or threading.Event())
    return True


def _begin(session: Session, batch: Batch) -> _Job:
    routes = routes_of(current_config(), batch.channel)
    segments = session.scalar(
        select(func.max(BroadcastContent.segments)).where(
            BroadcastContent.broadcast_id == batch.broadcast_id,
            BroadcastContent.channel == batch.channel,
        )
    )
    if segments is None:
        routes, segments = _of_outbox(session, batch, routes)
    job = _Job(batch, routes, segments, LEASE_SECONDS)
    longest = max(provider_of(route.provider).max_seconds(job.limit(route)) for route in routes)
    return replace(job, lease=LEASE_SECONDS + longest)


def _of_outbox(
    session: Session, batch: Batch, routes: tuple[Route, ...]
) -> tuple[tuple[Route, ...], int]:
    """The routes and segments of a message in the outbox, which may prescribe its sender."""
    provider, sender, segments = session.execute(
        select(OutboxMessage.provider, OutboxMessage.sender, OutboxMessage.segments).where(
            OutboxMessage.broadcast_id == batch.broadcast_id
        )
    ).one()
    if provider is not None and sender is not None:
        routes = (route_by(current_config(), batch.channel, provider, sender),)
    return routes, segments


def slice_size(route: Route, segments: int) -> int:
    """Deliveries per slice: what the sender can send in :data:`SLICE_SECONDS`."""
    return int(min(max(route.rate / segments * SLICE_SECONDS, 1), LARGEST_SLICE))


def _send_held(job: _Job, stop: Stop) -> BatchEnd:
    with structlog.contextvars.bound_contextvars(
        broadcast=job.batch.broadcast_id, batch=job.batch.id
    ):
        with lease_kept(job.batch, job.lease):
            end = _send_slices(job, stop)
        if end is not BatchEnd.LOST:
            with current_database().unit_of_work() as session:
                hand_back_batch(session, job.batch, is_done=end is BatchEnd.DONE)
        log.info("batch_left", end=end.value)
    return end


def _send_slices(job: _Job, stop: Stop) -> BatchEnd:
    database = current_database()
    at_once = job.batch.rank == Priority.TRANSACTIONAL.rank
    while not stop.is_set():
        with database.unit_of_work() as session:
            if is_overtaken(session, job.batch):
                return BatchEnd.OVERTAKEN
            turn = take_turn(
                session, job.routes, lambda route: job.limit(route) * job.segments, at_once=at_once
            )
        if turn.wait and stop.wait(min(turn.wait, AHEAD_SECONDS)):
            with database.unit_of_work() as session:
                give_back(session, turn, turn.units)
            break
        if not turn.is_reserved:
            continue
        with database.unit_of_work() as session:
            claim = claim_slice(
                session, job.batch, job.limit(turn.route), job.lease, turn.route.provider
            )
            give_back(session, turn, turn.units - claim.units)
        if claim.hold is not Hold.GO:
            return BatchEnd(claim.hold.value)
        if claim.messages:
            # No transaction is open here: the network may be slow.
            results = provider_of(turn.route.provider).send(claim.messages, turn.route.address)
            _settle_slice(job, turn, claim, results)
        if claim.is_exhausted:
            return BatchEnd.DONE
    return BatchEnd.INTERRUPTED


def _settle_slice(job: _Job, turn: Turn, claim: Claim, results: Sequence[SendResult]) -> None:
    database = current_database()
    provider = turn.route.provider
    with database.unit_of_work() as session:
        record_results(session, claim.rows, results, provider)
    _suppress_all(claim, results)
    has_others = False
    if concerns_sender(turn, results):
        with database.unit_of_work() as session:
            has_others = note_slice(session, turn, job.routes, results)
    # A message to a single contact is retried until it expires: nobody would resume it.
    is_alone = job.batch.rank == Priority.TRANSACTIONAL.rank
    job.errors.add(results, has_others=has_others or is_alone)
    if job.errors.has_errors:
        with database.unit_of_work() as session:
            note_errors(session, job.batch.broadcast_id, job.errors, provider)
        job.errors.clear()


def _suppress_all(claim: Claim, results: Sequence[SendResult]) -> None:
    for message, result in zip(claim.messages, results, strict=True):
        if result.suppress is None or message.contact_id is None:
            continue
        with current_database().unit_of_work() as session:
            contact = session.get(Contact, message.contact_id)
            if contact is not None:
                note_opt_out(session, contact, result.suppress)


def record_results(
    session: Session, claimed: Sequence[Locked], results: Sequence[SendResult], provider: str
) -> None:
    """Write the results of a slice in one statement.

    A delivery report may have been quicker, or a sweeper may have considered the delivery lost.
    So a result never changes a final state, and one for a delivery that is no longer being sent
    counts only if it proves that the message was sent.
    """
    now = utcnow()
    rows = lock_deliveries(session, [row.id for row in claimed])
    changes: list[Change] = []
    for taken, result in zip(claimed, results, strict=True):
        row = rows.get(taken.id)
        if row is None or row.attempts != taken.attempts + 1:
            continue
        change = change_for(row, result, provider, now)
        if row.state is DeliveryState.SENDING:
            changes.append(change)
        elif change.state is DeliveryState.SENT:
            moves = row.state in {DeliveryState.UNKNOWN, DeliveryState.QUEUED}
            state = DeliveryState.SENT if moves else row.state
            changes.append(
                Change(row, state, provider=provider, provider_ref=change.provider_ref,
                       segments=change.segments)
            )  # fmt: skip
    write_changes(session, changes)


def note_errors(session: Session, broadcast_id: int, errors: RecentErrors, provider: str) -> None:
    """Pause a broadcast after a fatal error, or when it reaches the error limit."""
    if errors.fatal is not None:
        reason = _FATAL[errors.fatal.kind](provider, errors.fatal.code)
        pause_broadcast(session, broadcast_id, reason)
        return
    broadcast = lock_broadcast(session, broadcast_id)
    broadcast.recent_attempts += errors.attempts
    broadcast.recent_errors += errors.failed
    session.flush()
    has_many = broadcast.recent_errors >= ERROR_LIMIT
    if has_many and broadcast.recent_errors >= ERROR_SHARE * broadcast.recent_attempts:
        share = broadcast.recent_errors / broadcast.recent_attempts
        pause_broadcast(session, broadcast_id, PauseReason.errors(share))
        return
    while broadcast.recent_attempts > ERROR_WINDOW:
        broadcast.recent_attempts /= 2
        broadcast.recent_errors /= 2
    session.flush()
