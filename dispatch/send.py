"""Sending one batch: slice after slice, each claimed, handed over and recorded.

No transaction is open while the network is used.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from config import Config, current_config
from database import current_database, utcnow
from dispatch import pace
from dispatch.batches import (
    Claim,
    Hold,
    claim_slice,
    hold_batch,
    is_overtaken,
    release_batch,
)
from dispatch.broadcasts import lock_broadcast, pause_broadcast
from dispatch.carriers import carrier_of, sender_of
from dispatch.channels.base import Carrier, Outcome, OutcomeKind
from dispatch.contacts import note_opt_out
from dispatch.keeping import lease_kept
from dispatch.ledger import Change, Locked, lock_deliveries, write_changes
from dispatch.models import (
    Batch,
    BroadcastContent,
    Channel,
    Contact,
    DeliveryState,
    Priority,
)
from dispatch.verdicts import change_for

log = structlog.get_logger(__name__)

SLICE_SECONDS = 1.0
"""How long a slice occupies its sender: a stop or an urgent broadcast waits no longer."""
LARGEST_SLICE = 256
LEASE_SECONDS = 60.0
"""A worker that went silent loses its batch after this, and what its carrier asks for."""
SENDER_PAUSE = 2.0
"""Seconds without sending when the provider cannot be reached and does not say how long."""
LONGEST_SENDER_PAUSE = 60.0

PILE = 25
PILE_SHARE = 0.5
WINDOW = 200.0
"""A broadcast pauses when at least so many, and this share, of its last attempts failed."""

_ERRORS = frozenset(
    {
        OutcomeKind.PERMANENT,
        OutcomeKind.RETRY,
        OutcomeKind.RETRY_ONCE,
        OutcomeKind.UNKNOWN,
    }
)
_FATAL = {OutcomeKind.CONFIGURATION: "configuration", OutcomeKind.CONTENT: "content"}


class BatchEnd(StrEnum):
    """Why a worker left a batch."""

    DONE = "done"
    OVERTAKEN = "overtaken"
    HALTED = "halted"
    LOST = "lost"
    NOT_TO_BE_HAD = "not_to_be_had"
    INTERRUPTED = "interrupted"


@dataclass
class Trouble:
    """What a worker has seen since it last told the broadcast."""

    attempts: int = 0
    errors: int = 0
    fatal: Outcome | None = None

    def add(self, outcomes: Sequence[Outcome]) -> None:
        """Count a slice's outcomes."""
        self.attempts += len(outcomes)
        self.errors += sum(outcome.kind in _ERRORS for outcome in outcomes)
        self.fatal = self.fatal or next((o for o in outcomes if o.kind in _FATAL), None)

    @property
    def is_to_be_told(self) -> bool:
        """Whether there is anything to tell: good news alone waits."""
        return self.errors > 0 or self.fatal is not None

    def clear(self) -> None:
        """Begin anew."""
        self.attempts, self.errors, self.fatal = 0, 0, None


@dataclass(frozen=True)
class _Job:
    batch: Batch
    carrier: Carrier
    sender: str
    rate: float
    limit: int
    segments: int
    lease: float
    trouble: Trouble = field(default_factory=Trouble)


def send_batch(batch_id: int, owner: str, stop: threading.Event | None = None) -> BatchEnd:
    """Send what a batch holds, as its one holder (needs an app context).

    Ends early when the broadcast is stopped, paused or over, when something more urgent waits,
    or when ``stop`` is set: what is left waits for the next worker.
    """
    database = current_database()
    with database.unit_of_work() as session:
        job = _begin(session, batch_id, owner)
    if job is None:
        return BatchEnd.NOT_TO_BE_HAD
    with structlog.contextvars.bound_contextvars(
        broadcast=job.batch.broadcast_id, batch=job.batch.id
    ):
        end = _send_slices(job, stop or threading.Event())
        if end is not BatchEnd.LOST:
            with database.unit_of_work() as session:
                release_batch(session, job.batch, is_done=end is BatchEnd.DONE)
        log.info("batch_left", end=end.value)
    return end


def _begin(session: Session, batch_id: int, owner: str) -> _Job | None:
    config = current_config()
    batch = hold_batch(session, batch_id, owner, LEASE_SECONDS)
    if batch is None:
        return None
    carrier = carrier_of(batch.channel)
    segments = max(
        session.scalars(
            select(BroadcastContent.segments).where(
                BroadcastContent.broadcast_id == batch.broadcast_id,
                BroadcastContent.channel == batch.channel,
            )
        )
    )
    sender, rate = sender_of(config, batch.channel)
    limit = slice_size(config, batch.channel, segments)
    return _Job(
        batch, carrier, sender, rate, limit, segments, LEASE_SECONDS + carrier.longest(limit)
    )


def slice_size(config: Config, channel: Channel, segments: int) -> int:
    """How many deliveries a slice has: what the sender takes in :data:`SLICE_SECONDS`."""
    rate = sender_of(config, channel)[1] / segments
    return int(min(max(rate * SLICE_SECONDS, 1), LARGEST_SLICE))


def _send_slices(job: _Job, stop: threading.Event) -> BatchEnd:
    database = current_database()
    at_once = job.batch.rank == Priority.TRANSACTIONAL.rank
    reserved = min(job.limit, job.batch.size) * job.segments
    is_first = True
    while not stop.is_set():
        with database.unit_of_work() as session:
            if not is_first and is_overtaken(session, job.batch):
                return BatchEnd.OVERTAKEN
            wait = pace.reserve(session, job.sender, reserved, job.rate, at_once=at_once)
        is_first = False
        if wait and stop.wait(wait):
            return BatchEnd.INTERRUPTED
        with database.unit_of_work() as session:
            claim = claim_slice(session, job.batch, job.limit, job.lease)
            pace.give_back(session, job.sender, reserved - claim.units, job.rate)
        if claim.hold is not Hold.GO:
            return BatchEnd(claim.hold.value)
        if claim.messages:
            # No transaction is open here: the network may take its time.
            with lease_kept(job.batch, job.lease):
                outcomes = job.carrier.send(claim.messages)
            _settle_slice(job, claim, outcomes)
        if claim.is_exhausted:
            return BatchEnd.DONE
    return BatchEnd.INTERRUPTED


def _settle_slice(job: _Job, claim: Claim, outcomes: Sequence[Outcome]) -> None:
    database = current_database()
    provider = job.carrier.provider
    with database.unit_of_work() as session:
        record_outcomes(session, claim.rows, outcomes, provider)
    _suppress_all(claim, outcomes)
    pause = max((_sender_pause(outcome) for outcome in outcomes), default=0.0)
    if pause:
        with database.unit_of_work() as session:
            pace.hold_sender(session, job.sender, pause)
    job.trouble.add(outcomes)
    if job.trouble.is_to_be_told:
        with database.unit_of_work() as session:
            note_trouble(session, job.batch.broadcast_id, job.trouble, provider)
        job.trouble.clear()


def _suppress_all(claim: Claim, outcomes: Sequence[Outcome]) -> None:
    for message, outcome in zip(claim.messages, outcomes, strict=True):
        if outcome.suppress is None:
            continue
        with current_database().unit_of_work() as session:
            contact = session.get(Contact, message.contact_id)
            if contact is not None:
                note_opt_out(session, contact, outcome.suppress)


def _sender_pause(outcome: Outcome) -> float:
    if outcome.kind is not OutcomeKind.DEFERRED:
        return 0.0
    return min(outcome.after or SENDER_PAUSE, LONGEST_SENDER_PAUSE)


def record_outcomes(
    session: Session, claimed: Sequence[Locked], outcomes: Sequence[Outcome], provider: str
) -> None:
    """Write what came of a slice, in one statement.

    A receipt may have been quicker, or a sweeper may have taken the delivery for lost: an
    outcome never moves a final state, and one of an earlier attempt says nothing any more
    unless it proves that the message is out.
    """
    now = utcnow()
    rows = lock_deliveries(session, [row.id for row in claimed])
    changes: list[Change] = []
    for taken, outcome in zip(claimed, outcomes, strict=True):
        row = rows.get(taken.id)
        if row is None or row.attempts != taken.attempts + 1:
            continue
        change = change_for(row, outcome, provider, now)
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


def note_trouble(session: Session, broadcast_id: int, trouble: Trouble, provider: str) -> None:
    """Pause a broadcast that nobody can be sent, or whose errors pile up."""
    if trouble.fatal is not None:
        why = f"{_FATAL[trouble.fatal.kind]}: {provider} {trouble.fatal.code}"
        pause_broadcast(session, broadcast_id, why)
        return
    broadcast = lock_broadcast(session, broadcast_id)
    broadcast.recent_attempts += trouble.attempts
    broadcast.recent_errors += trouble.errors
    session.flush()
    piled = broadcast.recent_errors >= PILE
    if piled and broadcast.recent_errors >= PILE_SHARE * broadcast.recent_attempts:
        share = round(100 * broadcast.recent_errors / broadcast.recent_attempts)
        pause_broadcast(session, broadcast_id, f"errors: {share} % of the last attempts failed")
        return
    while broadcast.recent_attempts > WINDOW:
        broadcast.recent_attempts /= 2
        broadcast.recent_errors /= 2
    session.flush()
