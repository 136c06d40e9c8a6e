"""Look-ups for the public pages and the tips room: open appeals, and alerts by code."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.codes import normalise_code
from alerts.errors import AlertNotFound
from alerts.kinds import APPEALS
from alerts.lifecycle import where_open, where_public
from alerts.models import Alert, AlertStatus
from alerts.releasing.releases import REFERENCE
from database import utcnow
from dispatch.broadcasts import received_broadcasts
from dispatch.models import Channel

RECENT = timedelta(days=7)


def find_public_alert(session: Session, code: str) -> Alert:
    """The published alert with this code, in any case. Raises :class:`AlertNotFound`.

    For the public, drafts, scheduled and cancelled alerts do not exist.
    """
    alert = session.scalars(
        select(Alert).where(Alert.code == normalise_code(code), where_public())
    ).one_or_none()
    if alert is None:
        raise AlertNotFound()
    return alert


def current_alerts(session: Session, limit: int = 50) -> list[Alert]:
    """Open alerts of every kind, the newest first."""
    query = select(Alert).where(where_open())
    return list(session.scalars(query.order_by(Alert.published_at.desc()).limit(limit)))


def recently_closed(session: Session, limit: int = 5) -> list[Alert]:
    """Alerts that were closed in the last week, the newest first."""
    query = select(Alert).where(
        Alert.status == AlertStatus.CLOSED, Alert.closed_at > utcnow() - RECENT
    )
    return list(session.scalars(query.order_by(Alert.closed_at.desc()).limit(limit)))


def open_appeals(session: Session) -> list[Alert]:
    """Open witness appeals and missing persons, the newest first."""
    query = select(Alert).where(where_open(), Alert.kind.in_(APPEALS))
    return list(session.scalars(query.order_by(Alert.published_at.desc())))


def appeals_received(session: Session, channel: Channel, address: str) -> list[Alert]:
    """The open appeals that this address was sent, the newest first."""
    references = received_broadcasts(session, channel, address, REFERENCE)
    codes = {reference.split(":")[1] for reference in references}
    return [alert for alert in open_appeals(session) if alert.code in codes]
