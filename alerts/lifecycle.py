"""The states of an alert: one table of steps, one function that takes them."""

from __future__ import annotations

from typing import Any

import structlog
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.errors import IllegalMove
from alerts.models import Alert, AlertStatus
from alerts.names import STATUS_NAMES
from audit.trail import record
from staff.actor import Actor

log = structlog.get_logger(__name__)

TRANSITIONS: dict[AlertStatus, frozenset[AlertStatus]] = {
    AlertStatus.DRAFT: frozenset(
        {AlertStatus.SCHEDULED, AlertStatus.SENDING, AlertStatus.CANCELLED}
    ),
    AlertStatus.SCHEDULED: frozenset({AlertStatus.SENDING, AlertStatus.CANCELLED}),
    AlertStatus.SENDING: frozenset({AlertStatus.ACTIVE, AlertStatus.STOPPED}),
    AlertStatus.ACTIVE: frozenset({AlertStatus.CLOSED}),
    # Those who were reached before the stop can still be told how it ended.
    AlertStatus.STOPPED: frozenset({AlertStatus.CLOSED}),
    AlertStatus.CLOSED: frozenset(),
    AlertStatus.CANCELLED: frozenset(),
}

TERMINAL = frozenset(status for status, onward in TRANSITIONS.items() if not onward)
PUBLISHED = frozenset(
    {AlertStatus.SENDING, AlertStatus.ACTIVE, AlertStatus.STOPPED, AlertStatus.CLOSED}
)
"""The states in which the public can read an alert."""
OPEN = frozenset({AlertStatus.SENDING, AlertStatus.ACTIVE})
"""The states in which an alert is current: it can be answered and followed up."""


def allows(status: AlertStatus, to: AlertStatus) -> bool:
    """Whether the table has a step from ``status`` to ``to``."""
    return to in TRANSITIONS[status]


def lock(session: Session, alert: Alert) -> Alert:
    """Hold the alert's row until the transaction ends, and read it as it is now."""
    session.flush()
    return session.scalars(
        select(Alert)
        .where(Alert.id == alert.id)
        .with_for_update(of=Alert)
        .execution_options(populate_existing=True)
    ).one()


def refuse(alert: Alert) -> IllegalMove:
    """The error for a step that the alert's state does not allow."""
    return IllegalMove(
        _(
            "Varslet %(code)s er i tilstanden »%(status)s«.",
            code=alert.code,
            status=STATUS_NAMES[alert.status],
        ),
        state=alert.status.value,
    )


def move(
    session: Session, alert: Alert, to: AlertStatus, actor: Actor | None, **detail: Any
) -> None:
    """Take one step of the table under the row's lock, and audit it.

    ``actor`` is None for what happens by itself (the time came, the sending ended). Raises
    :class:`IllegalMove` naming the state the alert is in.
    """
    lock(session, alert)
    if not allows(alert.status, to):
        raise refuse(alert)
    before, alert.status = alert.status, to
    session.flush()
    record(
        session,
        actor,
        f"alert.{to.value}",
        "alert",
        alert.id,
        code=alert.code,
        before=before.value,
        **detail,
    )
    log.info("alert_moved", alert=alert.id, before=before.value, after=to.value)
