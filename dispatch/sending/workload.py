"""What the senders have to do already, and how fast they are now: for when a new broadcast ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from config import current_config
from database import utcnow
from dispatch.ledger.progress import ChannelProgress, progress_of
from dispatch.models import (
    RUNNING,
    Broadcast,
    BroadcastContent,
    BroadcastStatus,
    Channel,
    Priority,
)
from dispatch.sender_routes import routes_of
from dispatch.sending.senders import resting_senders

BUSY_SECONDS = 10.0
"""With less than so many seconds of work, senders are not measured."""


@dataclass(frozen=True)
class Workload:
    """What a channel sends before a new broadcast, in SMS segments or e-mails, and its ``rate``.

    ``rate`` is in segments or e-mails a second. ``broadcasts``: the ids of those that go first.
    """

    units: float
    rate: float
    broadcasts: frozenset[int]

    @property
    def seconds(self) -> float:
        """How long the others take."""
        return self.units / self.rate


def unfinished_broadcasts(session: Session, until: datetime) -> list[int]:
    """The broadcasts that are being sent, or will begin until then; not single messages."""
    now = utcnow()
    begins = or_(Broadcast.not_before.is_(None), Broadcast.not_before <= until)
    return list(
        session.scalars(
            select(Broadcast.id).where(
                or_(
                    Broadcast.status.in_(RUNNING),
                    (Broadcast.status == BroadcastStatus.WAITING) & begins,
                ),
                Broadcast.priority != Priority.TRANSACTIONAL,
                or_(Broadcast.expires_at.is_(None), Broadcast.expires_at > now),
            )
        )
    )


def workloads(
    session: Session, priority: Priority, expected: Mapping[int, Mapping[Channel, int]]
) -> dict[Channel, Workload]:
    """What goes before a new broadcast of this priority: what is as urgent, or more.

    ``expected``: the broadcasts to look at, and how many recipients each has, as for
    :func:`dispatch.ledger.progress.progress_of`.
    """
    units, backlog, measured = (dict.fromkeys(Channel, 0.0) for _ in range(3))
    first: dict[Channel, set[int]] = {channel: set() for channel in Channel}
    priorities, segments = _contents(session, expected)
    for broadcast_id, found in progress_of(session, expected).items():
        for each in found.channels:
            each_unit = segments.get((broadcast_id, each.channel), 1)
            waiting = each.counts.waiting * each_unit
            if each.is_later or each.is_retrying:
                continue  # It waits for its time, not for a sender.
            backlog[each.channel] += waiting
            measured[each.channel] += _units_per_second(each)
            if waiting and priorities[broadcast_id].rank <= priority.rank:
                units[each.channel] += waiting
                first[each.channel].add(broadcast_id)
    return {
        channel: Workload(
            units[channel],
            _rate(session, channel, backlog[channel], measured[channel]),
            frozenset(first[channel]),
        )
        for channel in Channel
    }


def _contents(
    session: Session, ids: Mapping[int, object]
) -> tuple[dict[int, Priority], dict[tuple[int, Channel], int]]:
    """The priority of each broadcast, and how many segments its messages have at most."""
    rows = session.execute(
        select(
            Broadcast.id,
            Broadcast.priority,
            BroadcastContent.channel,
            func.max(BroadcastContent.segments),
        )
        .join(BroadcastContent, BroadcastContent.broadcast_id == Broadcast.id)
        .where(Broadcast.id.in_(list(ids)))
        .group_by(Broadcast.id, Broadcast.priority, BroadcastContent.channel)
    ).all()
    return {row[0]: row[1] for row in rows}, {(row[0], row[2]): row[3] for row in rows}


def _units_per_second(progress: ChannelProgress) -> float:
    if progress.rate is None:
        return 0.0
    return progress.rate.segments if progress.channel is Channel.SMS else progress.rate.messages


def _rate(session: Session, channel: Channel, backlog: float, measured: float) -> float:
    """The agreed rate of the senders that don't rest; if they are busy and seen to do less, that.

    Senders with little to do are slow because of it.
    """
    routes = routes_of(current_config(), channel)
    resting = {sender.name for sender in resting_senders(session)}
    awake = [route for route in routes if route.name not in resting] or routes
    agreed = sum(route.rate for route in awake)
    is_busy = backlog > BUSY_SECONDS * agreed
    return min(agreed, measured) if is_busy and measured else agreed
