"""Automatic changes to alerts: when they are due, when the sending ends, when they expire."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.lifecycle import lock, move
from alerts.models import Alert, AlertRelease, AlertStatus, Outcome, ReleaseKind, ReleaseWave
from alerts.releasing.publishing import start_if_due
from database import utcnow
from dispatch.models import Broadcast

WHOLE = frozenset(kind for kind in ReleaseKind if kind.is_whole)
"""The releases that an alert is being sent by."""


def start_due_alerts(session: Session) -> None:
    """Mark scheduled alerts that are due as being sent."""
    due = select(Alert).where(Alert.status == AlertStatus.SCHEDULED, Alert.send_at <= utcnow())
    for alert in session.scalars(due.order_by(Alert.id)).all():
        lock(session, alert)
        start_if_due(session, alert)


def close_expired_alerts(session: Session) -> None:
    """Close alerts that have expired; nobody is notified."""
    now = utcnow()
    over = select(Alert).where(
        Alert.status.in_([AlertStatus.ACTIVE, AlertStatus.STOPPED]), Alert.expires_at <= now
    )
    for alert in session.scalars(over.order_by(Alert.id)).all():
        lock(session, alert)
        if alert.status not in {AlertStatus.ACTIVE, AlertStatus.STOPPED}:
            continue
        alert.closed_at, alert.outcome = now, Outcome.EXPIRED
        move(session, alert, AlertStatus.CLOSED, None, outcome=Outcome.EXPIRED.value)


def note_settled(session: Session, broadcast: Broadcast) -> None:
    """Make an alert active once its last message has been sent."""
    alert = session.scalars(
        select(Alert)
        .join(AlertRelease, AlertRelease.alert_id == Alert.id)
        .join(ReleaseWave, ReleaseWave.release_id == AlertRelease.id)
        .where(ReleaseWave.broadcast_id == broadcast.id, AlertRelease.kind.in_(WHOLE))
    ).one_or_none()
    if alert is None:
        return
    lock(session, alert)
    start_if_due(session, alert)
    if alert.status is AlertStatus.SENDING and not _sends_more(session, alert, broadcast):
        move(session, alert, AlertStatus.ACTIVE, None)


def _sends_more(session: Session, alert: Alert, settled: Broadcast) -> bool:
    """Whether more of the alert, or its correction, is not settled. Needs the alert's lock."""
    unsettled = (
        select(Broadcast.id)
        .join(ReleaseWave, ReleaseWave.broadcast_id == Broadcast.id)
        .join(AlertRelease, AlertRelease.id == ReleaseWave.release_id)
        .where(
            AlertRelease.alert_id == alert.id,
            AlertRelease.kind.in_(WHOLE),
            Broadcast.id != settled.id,
            Broadcast.settled_at.is_(None),
        )
    )
    return session.scalar(select(unsettled.exists())) or False
