"""When an alert's messages will have been sent, at the senders' rate now, after what goes first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.models import Alert, AlertRelease, ReleaseKind, ReleaseWave
from alerts.releasing.releases import priority_of
from dispatch.broadcasts import AudienceCount, Content, estimate
from dispatch.models import Channel
from dispatch.sending.workload import unfinished_broadcasts, workloads

NEAREST = 1_000
"""When so many of the nearest have it is told apart from when the last one has."""


@dataclass(frozen=True)
class Timetable:
    """When sending starts and ends. ``nearest_at``: when the nearest thousand have it, if more do.

    ``alerts_ahead``: how many other alerts are sent first.
    """

    starts_at: datetime
    finishes_at: datetime
    nearest_at: datetime | None
    alerts_ahead: int

    @property
    def seconds(self) -> float:
        """From its start to the last message."""
        return (self.finishes_at - self.starts_at).total_seconds()


def timetable(
    session: Session,
    alert: Alert,
    counts: Sequence[AudienceCount],
    contents: Sequence[Content],
    now: datetime,
) -> Timetable:
    """The timetable of an alert that is sent now, or at its time.

    The nearest are taken to be on the channels in the same proportion as all.
    """
    starts_at = max(alert.send_at or now, now)
    waves = _waves(session, unfinished_broadcasts(session, starts_at))
    expected = {wave.broadcast_id: _recipients_by_channel(wave) for wave, _alert in waves}
    loads = workloads(session, priority_of(alert, ReleaseKind.INITIAL), expected)
    total = sum(count.recipients for count in counts)
    ends, nearest, ahead = [starts_at], [starts_at], set[int]()
    for channel, load in loads.items():
        own = estimate([count for count in counts if count.channel is channel], contents)
        if not own.recipients:
            continue
        begins = max(starts_at, now + timedelta(seconds=load.seconds))
        units = own.segments if channel is Channel.SMS else own.recipients
        lasts = timedelta(seconds=units / load.rate)
        ends.append(begins + lasts)
        nearest.append(begins + lasts * min(1.0, NEAREST / total))
        if begins > starts_at:
            ahead |= load.broadcasts
    return Timetable(
        starts_at=starts_at,
        finishes_at=max(ends),
        nearest_at=max(nearest) if total > NEAREST else None,
        alerts_ahead=len({of for wave, of in waves if wave.broadcast_id in ahead}),
    )


def _waves(session: Session, broadcast_ids: Sequence[int]) -> list[tuple[ReleaseWave, int]]:
    """The waves that these broadcasts are, each with the id of its alert."""
    rows = session.execute(
        select(ReleaseWave, AlertRelease.alert_id)
        .join(AlertRelease, AlertRelease.id == ReleaseWave.release_id)
        .where(ReleaseWave.broadcast_id.in_(broadcast_ids))
    )
    return [(wave, alert_id) for wave, alert_id in rows]


def _recipients_by_channel(wave: ReleaseWave) -> dict[Channel, int]:
    numbers: Counter[Channel] = Counter()
    for count in wave.counts:
        numbers[Channel(count["channel"])] += count["recipients"]
    return numbers
