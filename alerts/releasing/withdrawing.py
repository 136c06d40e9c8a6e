"""Withdrawing an alert that is out: what waits is stopped, and those who heard of it are told."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from alerts.errors import IllegalMove
from alerts.lifecycle import allows, lock, move, refuse
from alerts.models import Alert, AlertRelease, AlertStatus, Outcome, ReleaseKind
from alerts.releasing.follow_ups import CLOSURE_LIFETIME, follow_up_texts
from alerts.releasing.publishing import start_if_due
from alerts.releasing.releases import Wave, everybody_told, find_release_by_key, release
from alerts.releasing.steering import unfinished_broadcasts
from database import utcnow
from dispatch.broadcasts import stop_broadcast
from staff.actor import Actor, require_districts


def withdraw_alert(
    session: Session,
    actor: Actor,
    alert: Alert,
    bodies: Mapping[str, str],
    idempotency_key: str,
    wording_reason: str | None = None,
) -> AlertRelease:
    """Withdraw an alert that is out or over, and tell all who heard of it why; bodies by language.

    Everything that is still queued about it is stopped first. Nothing is sent about it afterwards,
    and the public no longer reads what it said. It needs no approval: what is wrong must not stand
    until somebody has time. The same key again gives the same release. Raises IllegalMove,
    InvalidAlert, WordingReasonMissing, NotAllowed.
    """
    lock(session, alert)
    require_districts(actor, alert.district_codes)
    earlier = find_release_by_key(session, alert, f"{ReleaseKind.WITHDRAWAL}:{idempotency_key}")
    if earlier is not None:
        return earlier
    start_if_due(session, alert)
    _require_out(alert)
    stopped = list(unfinished_broadcasts(session, alert))
    for broadcast_id in stopped:
        stop_broadcast(session, broadcast_id)
    now = utcnow()
    made = release(
        session, actor, alert, ReleaseKind.WITHDRAWAL, follow_up_texts(alert, bodies),
        [Wave(everybody_told(session, alert))],
        key=idempotency_key, expires_at=now + CLOSURE_LIFETIME, wording_reason=wording_reason,
    )  # fmt: skip
    # How long it is kept counts from here, also if it was closed before.
    alert.closed_at, alert.outcome = now, Outcome.WITHDRAWN
    move(
        session, alert, AlertStatus.WITHDRAWN, actor,
        release=made.number, recipients=made.recipients, stopped=stopped,
    )  # fmt: skip
    return made


def _require_out(alert: Alert) -> None:
    if alert.status is AlertStatus.SCHEDULED:
        raise IllegalMove(
            _("Varslet er planlagt og er ikke sendt endnu. Du kan annullere det."),
            state=alert.status.value,
        )
    if not allows(alert.status, AlertStatus.WITHDRAWN):
        raise refuse(alert)
