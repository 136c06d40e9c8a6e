"""How far the sending of an alert is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from alerts.models import Alert, AlertStatus, ReleaseKind
from alerts.releases import find_release
from dispatch.broadcasts import progress
from dispatch.models import BroadcastStatus


@dataclass(frozen=True)
class AlertProgress:
    """Deliveries of the alert's own broadcast, by state. ``segments`` is the sum sent so far.

    ``total`` is what the ledger holds once it is filled (``expanded``), before that the
    recipients counted when the alert was published. ``reason`` says why it is paused.
    """

    status: AlertStatus
    total: int = 0
    by_state: Mapping[str, int] = field(default_factory=dict)
    expanded: bool = False
    settled: bool = False
    segments: int = 0
    reason: str | None = None
    is_stopped: bool = False

    @property
    def done(self) -> int:
        """Deliveries that have left the queue, one way or another."""
        waiting = self.by_state.get("queued", 0) + self.by_state.get("sending", 0)
        return max(0, sum(self.by_state.values()) - waiting)

    @property
    def waiting(self) -> int:
        """Messages that are still to leave, those that the ledger lacks yet included."""
        return max(0, self.total - self.done - self._never_written)

    @property
    def not_sent(self) -> int:
        """Messages that nobody will get: it was stopped, or their time was over."""
        given_up = self.by_state.get("cancelled", 0) + self.by_state.get("expired", 0)
        return given_up + self._never_written

    @property
    def _never_written(self) -> int:
        """Recipients for whom a stopped broadcast never came to have a row in the ledger."""
        return max(0, self.total - sum(self.by_state.values())) if self.is_stopped else 0


def alert_progress(session: Session, alert: Alert) -> AlertProgress:
    """The progress of the alert's own broadcast; nothing for a draft."""
    initial = find_release(session, alert, ReleaseKind.INITIAL)
    if initial is None:
        return AlertProgress(alert.status)
    now = progress(session, initial.broadcast_id)
    return AlertProgress(
        status=alert.status,
        total=now.total if now.expanded else max(now.total, initial.recipients),
        by_state={state.value: count for state, count in now.by_state.items()},
        expanded=now.expanded,
        settled=now.settled,
        segments=now.segments,
        reason=now.reason,
        is_stopped=now.status is BroadcastStatus.STOPPED,
    )
