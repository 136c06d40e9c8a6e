"""The progress of everything sent about an alert: the alert itself, updates, and its closure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from alerts.models import Alert, AlertRelease, AlertStatus, ReleaseKind, ReleaseWave
from alerts.progress.pause_explanations import Pause, explain_pause
from alerts.releasing.releases import list_releases
from dispatch.broadcasts import PauseReason
from dispatch.health import is_held_up
from dispatch.ledger.combined_progress import combine
from dispatch.ledger.counts import Counts
from dispatch.ledger.progress import ChannelProgress, Progress, progress_of
from dispatch.ledger.rates import Rate
from dispatch.models import BroadcastStatus, Channel, DeliveryState

RECEIPTS_COME_FOR = timedelta(hours=1)


class Situation(StrEnum):
    """The situation of a release; ``alerts.progress.descriptions`` describes each in a sentence."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    WAITING = "waiting"
    SENDING = "sending"
    OVERTAKEN = "overtaken"
    RETRYING = "retrying"
    LATER = "later"
    STALLED = "stalled"
    PAUSED = "paused"
    FINISHING = "finishing"
    STOPPING = "stopping"
    STOPPED = "stopped"
    SETTLED = "settled"


@dataclass(frozen=True)
class ReleaseProgress:
    """How far one release is. ``pause`` says why it is paused, if it is.

    ``outlasts``: at this rate, the alert expires before the last recipients are reached.
    """

    situation: Situation
    kind: ReleaseKind = ReleaseKind.INITIAL
    number: int = 0
    counts: Counts = field(default_factory=lambda: Counts({}))
    channels: tuple[ChannelProgress, ...] = ()
    seconds_left: float | None = None
    finishes_at: datetime | None = None
    expanded: bool = False
    settled: bool = False
    awaits_receipts: bool = False
    outlasts: bool = False
    segments: int = 0
    reason: PauseReason | None = None
    pause: Pause | None = None

    @property
    def by_state(self) -> Mapping[DeliveryState, int]:
        """Deliveries in each state of the ledger."""
        return self.counts.by_state

    @property
    def total(self) -> int:
        """All recipients: as in the ledger, or as counted before the ledger is filled."""
        return self.counts.total

    @property
    def rate(self) -> Rate | None:
        """The combined rate of all channels, if a rate was measured recently."""
        rates = [
            channel.rate
            for channel in self.channels
            if channel.rate is not None and channel.rate.messages > 0
        ]
        if not rates:
            return None
        return Rate(
            sum(rate.messages for rate in rates),
            sum(rate.segments for rate in rates),
            max(rate.seconds for rate in rates),
        )

    @property
    def is_running(self) -> bool:
        """Whether it can be paused."""
        return self.situation in _RUNNING

    @property
    def is_unfinished(self) -> bool:
        """Whether something may still be sent, so that it can be stopped."""
        return self.is_running or self.situation is Situation.PAUSED


_RUNNING = frozenset(
    {
        Situation.WAITING,
        Situation.SENDING,
        Situation.OVERTAKEN,
        Situation.RETRYING,
        Situation.LATER,
        Situation.STALLED,
        Situation.FINISHING,
    }
)


_ATTENDED = frozenset(
    {Situation.SCHEDULED, Situation.WAITING, Situation.SENDING, Situation.OVERTAKEN}
)
"""What is true only while there is a dispatcher."""


@dataclass(frozen=True)
class AlertProgress:
    """The progress of everything sent about an alert, oldest first."""

    status: AlertStatus
    releases: tuple[ReleaseProgress, ...] = ()

    @property
    def own(self) -> ReleaseProgress:
        """The release of the alert itself; None for a draft."""
        return self.releases[0] if self.releases else ReleaseProgress(Situation.DRAFT)

    @property
    def may_be_paused(self) -> bool:
        """Whether something is being sent."""
        return self._has_begun and any(release.is_running for release in self.releases)

    @property
    def may_be_resumed(self) -> bool:
        """Whether something is paused."""
        return any(release.pause is not None for release in self.releases)

    @property
    def may_be_stopped(self) -> bool:
        """Whether something is being sent or paused."""
        return self._has_begun and any(release.is_unfinished for release in self.releases)

    @property
    def _has_begun(self) -> bool:
        """Whether it is past its time: one that is scheduled can be cancelled instead."""
        return self.status is not AlertStatus.SCHEDULED

    @property
    def look_again(self) -> int | None:
        """Seconds until there is probably something new; None if nothing more will change."""
        if any(not release.settled for release in self.releases):
            return 2
        return 20 if any(release.awaits_receipts for release in self.releases) else None


def alert_progress(session: Session, alert: Alert) -> AlertProgress:
    """The progress of everything sent about an alert, with one query for the counts."""
    releases = list_releases(session, alert)
    found = progress_of(
        session,
        {
            wave.broadcast_id: _recipients_by_channel(wave)
            for made in releases
            for wave in made.waves
        },
    )
    return AlertProgress(
        alert.status,
        tuple(
            _release_progress(
                session, alert, made, combine([found[id_] for id_ in made.broadcast_ids])
            )
            for made in releases
        ),
    )


def _recipients_by_channel(wave: ReleaseWave) -> dict[Channel, int]:
    numbers: Counter[Channel] = Counter()
    for count in wave.counts:
        numbers[Channel(count["channel"])] += count["recipients"]
    return numbers


def _release_progress(
    session: Session, alert: Alert, release: AlertRelease, now: Progress
) -> ReleaseProgress:
    ends_with_alert = not release.kind.is_end and alert.expires_at is not None
    is_recent = now.settled_at is not None and now.at - now.settled_at < RECEIPTS_COME_FOR
    situation = situation_of(now, is_scheduled=alert.status is AlertStatus.SCHEDULED)
    if situation in _ATTENDED and is_held_up(session, release.broadcast_ids):
        situation = Situation.STALLED
    finishes_at = now.finishes_at
    return ReleaseProgress(
        situation=situation,
        kind=release.kind,
        number=release.number,
        counts=now.counts,
        channels=tuple(channel for channel in now.channels if channel.counts.total),
        seconds_left=now.seconds_left,
        finishes_at=finishes_at,
        expanded=now.expanded,
        settled=now.settled,
        awaits_receipts=is_recent and _lacks_receipts(now),
        outlasts=bool(
            ends_with_alert
            and finishes_at is not None
            and alert.expires_at is not None
            and finishes_at > alert.expires_at
        ),
        segments=now.segments,
        reason=now.reason,
        pause=explain_pause(session, now.reason) if now.reason else None,
    )


def _lacks_receipts(now: Progress) -> bool:
    """Whether delivery reports may still come; for e-mail there are none."""
    return any(
        channel.channel is Channel.SMS and channel.counts.accepted > 0 for channel in now.channels
    )


def situation_of(now: Progress, *, is_scheduled: bool = False) -> Situation:
    """The situation of a release, from its progress."""
    match now.status:
        case BroadcastStatus.STOPPED:
            return Situation.STOPPED if now.settled else Situation.STOPPING
        case BroadcastStatus.SETTLED:
            return Situation.SETTLED
        case BroadcastStatus.PAUSED:
            return Situation.PAUSED
        case BroadcastStatus.WAITING:
            if is_scheduled:
                return Situation.SCHEDULED
            # An earlier wave has been sent: a later one is waiting.
            return Situation.LATER if now.counts.done else Situation.WAITING
    waiting = [channel for channel in now.channels if channel.counts.waiting]
    if not waiting:
        return Situation.FINISHING
    if any(channel.is_overtaken for channel in waiting):
        return Situation.OVERTAKEN
    if any(channel.is_stalled for channel in waiting):
        return Situation.STALLED
    if all(channel.is_later or channel.is_retrying for channel in waiting):
        is_later = any(channel.is_later for channel in waiting)
        return Situation.LATER if is_later else Situation.RETRYING
    return Situation.SENDING
