"""Forgetting who got an alert, and in the end the alert itself.

Alerts that are scheduled or open stay, and so do those of a case that is still worked on.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, delete, exists, func, or_, select
from sqlalchemy.orm import Session

from alerts.lifecycle import EDITABLE, OVER
from alerts.models import Alert, AlertRelease, AlertStatus, ReleaseWave
from cases.models import Case, CaseAppeal, CaseStatus
from dispatch.forgetting import count_recipients, forget_broadcasts, forget_recipients
from dispatch.models import Broadcast, Delivery

ALERTS_AT_ONCE = 200


def count_old_recipients(session: Session, before: datetime) -> int:
    """How many deliveries are to be forgotten."""
    return count_recipients(session, Broadcast.id.in_(_old_broadcasts(before)))


def forget_old_recipients(session: Session, before: datetime) -> int:
    """Forget some of those who got alerts that were closed long ago; returns how many.

    How many they were stays known. By then nobody is told how it ended any more, and no reply is
    taken for an answer to them.
    """
    return forget_recipients(session, Broadcast.id.in_(_old_broadcasts(before)))


def count_old_alerts(session: Session, before: datetime) -> int:
    """How many alerts are to be deleted."""
    gone = and_(_is_old(before), ~_is_of_open_case(), ~_is_being_sent())
    return session.scalar(select(func.count()).where(gone)) or 0


def count_alerts_of_open_cases(session: Session, before: datetime) -> int:
    """How many alerts are as old, and stay because their case is open."""
    return session.scalar(select(func.count()).where(_is_old(before), _is_of_open_case())) or 0


def forget_alerts(session: Session, before: datetime) -> int:
    """Delete some alerts with all that was recorded about their sending; returns how many."""
    ids = session.scalars(
        select(Alert.id)
        .where(_is_old(before), ~_is_of_open_case(), ~_is_being_sent(), ~_has_recipients())
        .order_by(Alert.id)
        .limit(ALERTS_AT_ONCE)
        .with_for_update(of=Alert, skip_locked=True)
    ).all()
    if not ids:
        return 0
    releases = select(AlertRelease.id).where(AlertRelease.alert_id.in_(ids))
    broadcasts = session.scalars(_broadcasts().where(AlertRelease.alert_id.in_(ids))).all()
    for rows in (
        delete(ReleaseWave).where(ReleaseWave.release_id.in_(releases)),
        delete(AlertRelease).where(AlertRelease.alert_id.in_(ids)),
        delete(Alert).where(Alert.id.in_(ids)),
    ):
        session.execute(rows.execution_options(synchronize_session=False))
    forget_broadcasts(session, broadcasts)
    return len(ids)


def _broadcasts() -> Select[int]:
    return select(ReleaseWave.broadcast_id).join(
        AlertRelease, AlertRelease.id == ReleaseWave.release_id
    )


def _old_broadcasts(before: datetime) -> Select[int]:
    return (
        _broadcasts()
        .join(Alert, Alert.id == AlertRelease.alert_id)
        .where(Alert.status.in_(OVER), Alert.closed_at < before)
    )


def _is_old(before: datetime) -> ColumnElement[bool]:
    """Over before a time, or never sent and not touched since."""
    never_sent = Alert.status.in_([*EDITABLE, AlertStatus.REJECTED, AlertStatus.CANCELLED])
    return or_(
        and_(Alert.status.in_(OVER), Alert.closed_at < before),
        and_(never_sent, Alert.updated_at < before),
    )


def _is_of_open_case() -> ColumnElement[bool]:
    return exists().where(
        CaseAppeal.alert_code == Alert.code,
        CaseAppeal.case_id == Case.id,
        Case.status == CaseStatus.OPEN,
    )


def _is_being_sent() -> ColumnElement[bool]:
    return exists().where(
        AlertRelease.alert_id == Alert.id,
        ReleaseWave.release_id == AlertRelease.id,
        Broadcast.id == ReleaseWave.broadcast_id,
        Broadcast.settled_at.is_(None),
    )


def _has_recipients() -> ColumnElement[bool]:
    """Whether it is still known to whom it went: they are forgotten first, in chunks."""
    return exists().where(
        AlertRelease.alert_id == Alert.id,
        ReleaseWave.release_id == AlertRelease.id,
        Delivery.broadcast_id == ReleaseWave.broadcast_id,
    )
