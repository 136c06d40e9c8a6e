"""The states of an alert: one table of transitions, and one function that makes them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

import structlog
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from alerts.errors import IllegalMove
from alerts.models import Alert, AlertStatus, FollowUp, ReleaseKind, Work
from alerts.state_names import RELEASE_NAMES, STATUS_NAMES
from audit.trail import record
from database import utcnow
from staff.actor import Actor

Locked = TypeVar("Locked", Alert, FollowUp, Work)

log = structlog.get_logger(__name__)

TRANSITIONS: dict[AlertStatus, frozenset[AlertStatus]] = {
    AlertStatus.DRAFT: frozenset(
        {
            AlertStatus.SUBMITTED,
            AlertStatus.SCHEDULED,
            AlertStatus.SENDING,
            AlertStatus.CANCELLED,
        }
    ),
    # Sent from here, it is without approval and for a written reason.
    AlertStatus.SUBMITTED: frozenset(
        {
            AlertStatus.DRAFT,
            AlertStatus.APPROVED,
            AlertStatus.RETURNED,
            AlertStatus.REJECTED,
            AlertStatus.SCHEDULED,
            AlertStatus.SENDING,
            AlertStatus.CANCELLED,
        }
    ),
    # Until it is sent, an approver can still return or reject it.
    AlertStatus.APPROVED: frozenset(
        {
            AlertStatus.DRAFT,
            AlertStatus.RETURNED,
            AlertStatus.REJECTED,
            AlertStatus.SCHEDULED,
            AlertStatus.SENDING,
            AlertStatus.CANCELLED,
        }
    ),
    AlertStatus.RETURNED: frozenset(
        {AlertStatus.DRAFT, AlertStatus.SUBMITTED, AlertStatus.CANCELLED}
    ),
    AlertStatus.REJECTED: frozenset(),
    AlertStatus.SCHEDULED: frozenset({AlertStatus.SENDING, AlertStatus.CANCELLED}),
    AlertStatus.SENDING: frozenset(
        {AlertStatus.ACTIVE, AlertStatus.STOPPED, AlertStatus.WITHDRAWN}
    ),
    AlertStatus.ACTIVE: frozenset({AlertStatus.CLOSED, AlertStatus.WITHDRAWN}),
    # Recipients reached before the stop can still be told how it ended.
    AlertStatus.STOPPED: frozenset({AlertStatus.CLOSED, AlertStatus.WITHDRAWN}),
    # What is over can still be wrong: it stays readable for years.
    AlertStatus.CLOSED: frozenset({AlertStatus.WITHDRAWN}),
    AlertStatus.CANCELLED: frozenset(),
    AlertStatus.WITHDRAWN: frozenset(),
}

EDITABLE = frozenset(
    {AlertStatus.DRAFT, AlertStatus.SUBMITTED, AlertStatus.APPROVED, AlertStatus.RETURNED}
)
"""The states in which its content can be changed: any change makes it a draft again."""
OVER = frozenset({AlertStatus.CLOSED, AlertStatus.WITHDRAWN})
"""The states in which a published alert is over, since ``closed_at``."""
PUBLISHED = frozenset({AlertStatus.SENDING, AlertStatus.ACTIVE, AlertStatus.STOPPED}) | OVER
"""The states in which the public can read an alert, or that it was withdrawn."""
OPEN = frozenset({AlertStatus.SENDING, AlertStatus.ACTIVE})
"""The states in which an alert can be followed up; :func:`is_open` also checks the time."""


def _is_due(alert: Alert, now: datetime) -> bool:
    return (
        alert.status is AlertStatus.SCHEDULED and alert.send_at is not None and alert.send_at <= now
    )


def _where_due(now: datetime) -> ColumnElement[bool]:
    """Scheduled alerts that are due: dispatch may start one before a job changes its state."""
    return and_(Alert.status == AlertStatus.SCHEDULED, Alert.send_at <= now)


def is_open(alert: Alert) -> bool:
    """Whether the alert is current for the public: published, not closed and not expired."""
    now = utcnow()
    is_out = alert.status in OPEN or _is_due(alert, now)
    return is_out and (alert.expires_at is None or alert.expires_at > now)


def where_open() -> ColumnElement[bool]:
    """The SQL condition equivalent to :func:`is_open`."""
    now = utcnow()
    return and_(
        or_(Alert.status.in_(OPEN), _where_due(now)),
        or_(Alert.expires_at.is_(None), Alert.expires_at > now),
    )


def where_public() -> ColumnElement[bool]:
    """The SQL condition for alerts that the public can read: published or due."""
    return or_(Alert.status.in_(PUBLISHED), _where_due(utcnow()))


def allows(status: AlertStatus, to: AlertStatus) -> bool:
    """Whether the transition from ``status`` to ``to`` is allowed."""
    return to in TRANSITIONS[status]


def allows_follow_up(alert: Alert, kind: ReleaseKind) -> bool:
    """Whether this can be sent about the alert as it is now."""
    match kind:
        case ReleaseKind.UPDATE:
            return alert.status in OPEN
        case ReleaseKind.CORRECTION:
            return is_open(alert)
        case ReleaseKind.CLOSURE:
            return allows(alert.status, AlertStatus.CLOSED)
        case ReleaseKind.WITHDRAWAL:
            return allows(alert.status, AlertStatus.WITHDRAWN)
        case ReleaseKind.INITIAL:
            return False


def alert_of(work: Work) -> Alert:
    """The alert itself, or the one that is followed."""
    return work if isinstance(work, Alert) else work.alert


def lock(session: Session, work: Locked) -> Locked:
    """Lock the alert's row until the transaction ends, and read its current state.

    Of a follow-up, the lock is that of its alert: one thing at a time is done about an alert.
    """
    session.flush()
    session.scalars(
        select(Alert)
        .where(Alert.id == alert_of(work).id)
        .with_for_update(of=Alert)
        .execution_options(populate_existing=True)
    ).one()
    if isinstance(work, FollowUp) and work in session:
        session.refresh(work)
    return work


def refuse(work: Work) -> IllegalMove:
    """The error for a transition that the state does not allow."""
    alert = alert_of(work)
    if isinstance(work, FollowUp):
        return IllegalMove(
            _(
                "»%(what)s« til %(code)s er i tilstanden »%(status)s«.",
                what=RELEASE_NAMES[work.kind],
                code=alert.code,
                status=STATUS_NAMES[work.status],
            ),
            state=work.status.value,
        )
    return IllegalMove(
        _(
            "Varslet %(code)s er i tilstanden »%(status)s«.",
            code=alert.code,
            status=STATUS_NAMES[alert.status],
        ),
        state=alert.status.value,
    )


def move(session: Session, work: Work, to: AlertStatus, actor: Actor | None, **detail: Any) -> None:
    """Change the state under the lock of the alert's row, and record it in the audit trail.

    ``actor`` is None for automatic changes (it was due, the sending ended). Raises
    :class:`IllegalMove`, which names the state.
    """
    lock(session, work)
    alert = alert_of(work)
    if not allows(work.status, to):
        raise refuse(work)
    before, work.status = work.status, to
    session.flush()
    action = f"alert.{to.value}"
    if isinstance(work, FollowUp):
        action = f"alert.follow_up_{to.value}"
        detail |= {"follow_up": work.id, "kind": work.kind.value}
    record(
        session,
        actor,
        action,
        "alert",
        alert.id,
        code=alert.code,
        before=before.value,
        **detail,
    )
    log.info(
        "alert_moved",
        alert=alert.id,
        follow_up=detail.get("follow_up"),
        before=before.value,
        after=to.value,
    )
