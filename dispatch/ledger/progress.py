"""The progress of broadcasts: counts, rate of sending, and the estimated finish.

One query answers it, at a cost that does not grow with the broadcast: tallies are kept up to
date as deliveries change state, and the rate is measured from two samples of them
(:mod:`dispatch.ledger.rates`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import ColumnElement, Row, ScalarSelect, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from config import current_config
from database import utcnow
from dispatch.ledger.counts import Counts
from dispatch.ledger.locking import BroadcastNotFound
from dispatch.ledger.rates import Rate, Sample, Samples
from dispatch.models import (
    RUNNING,
    Batch,
    BatchStatus,
    Broadcast,
    BroadcastContent,
    BroadcastStatus,
    Channel,
    DeliveryState,
    Priority,
    Tally,
)
from dispatch.pause_reasons import PauseReason
from dispatch.sender_routes import rate_of

EXTENSION = "dispatch_samples"
NO_ESTIMATE_AFTER, STALLED_AFTER = 10.0, 20.0
"""Seconds without a message sent, though it could be: no estimated finish, then stalled."""


@dataclass(frozen=True)
class ChannelProgress:
    """A broadcast's progress on one channel. ``segments`` counts accepted SMS segments.

    ``is_overtaken``: more urgent or older broadcasts go first. ``is_later``: what waits is not
    due yet. ``is_retrying``: what waits has been tried and is retried later. ``is_stalled``:
    nothing is being sent, and we cannot tell why. ``seconds_left``: until the last message has
    been sent; None if that cannot be estimated.
    """

    channel: Channel
    counts: Counts
    segments: int = 0
    rate: Rate | None = None
    is_overtaken: bool = False
    is_later: bool = False
    is_retrying: bool = False
    is_stalled: bool = False
    seconds_left: float | None = None


@dataclass(frozen=True)
class Progress:
    """The progress of a broadcast ``at`` a moment.

    ``expanded``: the ledger is complete; ``settled``: nothing but delivery reports is still to
    come. ``reason`` says why it is paused, if it is.
    """

    at: datetime
    status: BroadcastStatus
    channels: tuple[ChannelProgress, ...]
    expanded: bool
    settled: bool
    reason: PauseReason | None
    settled_at: datetime | None

    @property
    def counts(self) -> Counts:
        """The messages of all channels."""
        states = {
            state: sum(channel.counts.by_state[state] for channel in self.channels)
            for state in DeliveryState
        }
        unwritten = sum(channel.counts.unwritten for channel in self.channels)
        return Counts(states, unwritten, self.status is BroadcastStatus.STOPPED)

    @property
    def total(self) -> int:
        """All recipients."""
        return self.counts.total

    @property
    def by_state(self) -> Mapping[DeliveryState, int]:
        """Ledger rows in each state."""
        return self.counts.by_state

    @property
    def by_channel(self) -> dict[Channel, Mapping[DeliveryState, int]]:
        """Ledger rows in each state, by channel."""
        return {channel.channel: channel.counts.by_state for channel in self.channels}

    @property
    def segments(self) -> int:
        """SMS segments accepted by the providers."""
        return sum(channel.segments for channel in self.channels)

    @property
    def seconds_left(self) -> float | None:
        """Until the last message has been sent; the channels send in parallel.

        None when nothing waits, or when a channel with messages waiting has no estimate.
        """
        left = [channel.seconds_left for channel in self.channels if channel.counts.waiting]
        known = [seconds for seconds in left if seconds is not None]
        return max(known) if known and len(known) == len(left) else None

    @property
    def finishes_at(self) -> datetime | None:
        """When the last message will have been sent, if that can be estimated."""
        left = self.seconds_left
        return None if left is None else self.at + timedelta(seconds=left)


def progress(
    session: Session, broadcast_id: int, expected: Mapping[Channel, int] | None = None
) -> Progress:
    """The progress of one broadcast; see :func:`progress_of`. Raises BroadcastNotFound."""
    found = progress_of(session, {broadcast_id: expected or {}})
    if not found:
        raise BroadcastNotFound()
    return found[broadcast_id]


def progress_of(
    session: Session, expected: Mapping[int, Mapping[Channel, int]]
) -> dict[int, Progress]:
    """The progress of several broadcasts, by id, at a cost that does not grow with their size.

    ``expected``: how many recipients each will have on each channel, used while the ledger is
    being filled. Broadcasts that do not exist are left out.
    """
    now = utcnow()
    rows: dict[int, list[Row[Any]]] = {}
    for row in session.execute(_query(expected, now)):
        rows.setdefault(row.id, []).append(row)
    return {number: _progress(found, expected[number], now) for number, found in rows.items()}


def _query(ids: Iterable[int], now: datetime) -> Any:
    """One row per broadcast and channel."""
    return (
        select(
            Broadcast.id, Broadcast.status, Broadcast.reason, Broadcast.started_at,
            Broadcast.expanded_at, Broadcast.settled_at, Tally.channel, Tally.segments,
            Tally.later, Tally.last_due_at,
            *(getattr(Tally, state.value) for state in DeliveryState),
            _has_batch(BatchStatus.WAITING).label("has_waiting"),
            _has_batch(BatchStatus.HELD).label("has_held"),
            _is_outranked(now).label("is_outranked"),
            _segments_each().label("segments_each"),
        )
        .outerjoin(Tally, Tally.broadcast_id == Broadcast.id)
        .where(Broadcast.id.in_(list(ids)))
        .order_by(Broadcast.id, Tally.channel)
    )  # fmt: skip


def _has_batch(status: BatchStatus) -> ColumnElement[bool]:
    return exists().where(
        Batch.broadcast_id == Broadcast.id, Batch.channel == Tally.channel, Batch.status == status
    )


def _is_outranked(now: datetime) -> ColumnElement[bool]:
    """Whether another broadcast that goes first has a batch on the channel.

    Single messages (codes, replies) are too short to count.
    """
    other, batch = aliased(Broadcast), aliased(Batch)
    rank, own_rank = _rank(other.priority), _rank(Broadcast.priority)
    return exists().where(
        other.status.in_(RUNNING),
        or_(other.expires_at.is_(None), other.expires_at > now),
        other.priority != Priority.TRANSACTIONAL,
        or_(rank < own_rank, and_(rank == own_rank, other.id < Broadcast.id)),
        exists().where(
            batch.broadcast_id == other.id,
            batch.channel == Tally.channel,
            batch.status.in_([BatchStatus.WAITING, BatchStatus.HELD]),
        ),
    )


def _rank(priority: Any) -> ColumnElement[int]:
    return case({each: each.rank for each in Priority}, value=priority)


def _segments_each() -> ScalarSelect[int]:
    return (
        select(func.max(BroadcastContent.segments))
        .where(
            BroadcastContent.broadcast_id == Broadcast.id,
            BroadcastContent.channel == Tally.channel,
        )
        .scalar_subquery()
    )


def _progress(rows: list[Row[Any]], expected: Mapping[Channel, int], now: datetime) -> Progress:
    first = rows[0]
    return Progress(
        at=now,
        status=first.status,
        channels=tuple(
            _channel_progress(row, expected, now) for row in rows if row.channel is not None
        ),
        expanded=first.expanded_at is not None,
        settled=first.settled_at is not None,
        settled_at=first.settled_at,
        reason=first.reason if first.status is BroadcastStatus.PAUSED else None,
    )


def _channel_progress(
    row: Row[Any], expected: Mapping[Channel, int], now: datetime
) -> ChannelProgress:
    by_state = {state: int(getattr(row, state.value)) for state in DeliveryState}
    unwritten = 0
    if row.expanded_at is None:
        unwritten = max(0, expected.get(row.channel, 0) - sum(by_state.values()))
    counts = Counts(by_state, unwritten, row.status is BroadcastStatus.STOPPED)
    runs = row.status in RUNNING and counts.waiting > 0
    has_batch = row.has_held or row.has_waiting
    is_idle = runs and row.expanded_at is not None and not has_batch
    until_due = _until_due(row, now)
    is_later = is_idle and until_due > 0
    flows = runs and not is_idle and (row.has_held or not row.is_outranked)
    rate = _samples().rate(
        (row.id, row.channel),
        Sample(now, counts.left, row.segments),
        began=row.started_at,
        flows=flows,
    )
    moves = rate is not None and rate.messages > 0
    # With several workers on a sender it may still advance, at a rate nobody can predict.
    is_overtaken = runs and not is_idle and bool(row.is_outranked)
    is_stalled = not moves and not is_overtaken and _lasted(rate, STALLED_AFTER)
    advances = flows and not is_overtaken and (moves or not _lasted(rate, NO_ESTIMATE_AFTER))
    return ChannelProgress(
        channel=row.channel,
        counts=counts,
        segments=row.segments,
        rate=rate,
        is_overtaken=is_overtaken,
        is_later=is_later,
        is_retrying=is_idle and not is_later,
        is_stalled=is_stalled,
        seconds_left=_seconds_left(row, counts, rate, until_due) if advances or is_later else None,
    )


def _lasted(rate: Rate | None, seconds: float) -> bool:
    return rate is not None and rate.seconds >= seconds


def _until_due(row: Row[Any], now: datetime) -> float:
    """Seconds until the last delivery scheduled for later is due; 0 if there is none."""
    if row.last_due_at is None:
        return 0.0
    return float(max(0.0, (row.last_due_at - now).total_seconds()))


def _seconds_left(row: Row[Any], counts: Counts, rate: Rate | None, until_due: float) -> float:
    """At the measured rate, else at the senders' agreed rate.

    Deliveries scheduled for later are assumed to leave last, when the last of them is due.
    """
    if rate is not None and rate.messages > 0:
        per_second = rate.messages
    else:
        per_second = rate_of(current_config(), row.channel) / (row.segments_each or 1)
    later = min(row.later, counts.waiting) if until_due else 0
    return max((counts.waiting - later) / per_second, until_due) + later / per_second


def _samples() -> Samples:
    samples: Samples = current_app.extensions.setdefault(EXTENSION, Samples())
    return samples
