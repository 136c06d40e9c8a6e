"""Letting an alert apply for longer; nobody is written to, the public page shows the new time."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from alerts.composing.rules import GRACE, LONGEST_LIFETIME
from alerts.errors import InvalidAlert
from alerts.lifecycle import OPEN, lock, refuse
from alerts.models import Alert, AlertStatus
from alerts.releasing.publishing import start_if_due
from alerts.releasing.releases import list_releases
from audit.trail import record
from database import utcnow
from dispatch.broadcasts import extend_broadcast
from staff.actor import Actor, require_districts


def may_be_extended(alert: Alert) -> bool:
    """Whether it is published or scheduled, and not over."""
    applies = alert.expires_at is not None and alert.expires_at > utcnow()
    return applies and alert.status in OPEN | {AlertStatus.SCHEDULED}


def extend_alert(session: Session, actor: Actor, alert: Alert, expires_at: datetime) -> Alert:
    """Let it apply until ``expires_at``, and what still waits to be sent be sent until then.

    The same time again changes nothing. Raises IllegalMove if it is over, InvalidAlert if the
    time is not later than now agreed or too far ahead, NotAllowed.
    """
    lock(session, alert)
    require_districts(actor, alert.district_codes)
    start_if_due(session, alert)
    before = alert.expires_at
    if before is None or not may_be_extended(alert):
        raise refuse(alert)
    if expires_at == before:
        return alert
    start = max(alert.starts_at, utcnow())
    wrong = None
    if expires_at < before:
        wrong = _(
            "Vælg et senere tidspunkt end det, der gælder nu. Er det overstået før tiden, så"
            " afslut varslet."
        )
    elif expires_at > start + LONGEST_LIFETIME + GRACE:
        wrong = _("Varslet kan højst gælde i %(days)s dage endnu.", days=LONGEST_LIFETIME.days)
    if wrong:
        raise InvalidAlert(wrong, fields={"expires_at": [wrong]})
    alert.expires_at = expires_at
    for made in list_releases(session, alert):
        for broadcast_id in () if made.kind.is_end else made.broadcast_ids:
            extend_broadcast(session, broadcast_id, expires_at)
    record(
        session, actor, "alert.extended", "alert", alert.id,
        code=alert.code, before=before.isoformat(), after=expires_at.isoformat(),
    )  # fmt: skip
    return alert
