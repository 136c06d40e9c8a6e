"""Look-ups for the public pages and the tips room: open appeals, and alerts by code."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from flask_babel import gettext as _
from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from alerts.codes import find_codes, normalise_code
from alerts.errors import AlertNotFound
from alerts.kinds import APPEALS
from alerts.lifecycle import OVER, PUBLISHED, where_open, where_public
from alerts.models import Alert, AlertStatus
from alerts.releasing.releases import REFERENCE
from database import utcnow
from dispatch.broadcasts import received_broadcasts
from dispatch.models import Channel
from web.languages.choice import speaking

RECENT = timedelta(days=7)
ANSWERED_FOR = timedelta(days=30)
"""How long after publication a closed appeal still receives replies."""


class Headline(NamedTuple):
    """What the public may read as the title of an alert, and its language."""

    title: str
    language: str


def headline_of(alert: Alert, language: str) -> Headline:
    """The title of an alert; one that was withdrawn is called by its kind."""
    if alert.status is AlertStatus.WITHDRAWN:
        with speaking(language):
            withdrawn = _("Trukket tilbage: %(title)s", title=alert.kind.row.name)
        return Headline(str(withdrawn), language)
    text = alert.text(language)
    return Headline(text.title, text.language)


def find_public_alert(session: Session, code: str) -> Alert:
    """The published alert with this code, in any case. Raises :class:`AlertNotFound`.

    For the public, drafts, scheduled and cancelled alerts do not exist.
    """
    alert = session.scalars(
        select(Alert).where(Alert.code == normalise_code(code), where_public())
    ).one_or_none()
    if alert is None:
        raise AlertNotFound(
            _("Tjek adressen. Varsler slettes nogen tid efter, at de er afsluttet.")
        )
    return alert


def alerts_named(session: Session, text: str) -> list[Alert]:
    """The alerts whose codes a text contains as whole words: open, or published recently."""
    codes = find_codes(text)
    if not codes:
        return []
    late = and_(Alert.status.in_(PUBLISHED), Alert.published_at > utcnow() - ANSWERED_FOR)
    query = select(Alert).where(Alert.code.in_(codes), or_(where_open(), late))
    return list(session.scalars(query.order_by(Alert.id)))


def current_alerts(session: Session, limit: int = 50) -> list[Alert]:
    """Open alerts of every kind, the newest first."""
    query = select(Alert).where(where_open())
    return list(session.scalars(query.order_by(Alert.published_at.desc()).limit(limit)))


def recently_closed(session: Session, limit: int = 5) -> list[Alert]:
    """Alerts that were closed or withdrawn in the last week, the newest first."""
    query = select(Alert).where(Alert.status.in_(OVER), Alert.closed_at > utcnow() - RECENT)
    return list(session.scalars(query.order_by(Alert.closed_at.desc()).limit(limit)))


def open_appeals(session: Session) -> list[Alert]:
    """Open witness appeals and missing persons, the newest first."""
    query = select(Alert).where(where_open(), Alert.kind.in_(APPEALS))
    return list(session.scalars(query.order_by(Alert.published_at.desc())))


def last_alert_received(session: Session, channel: Channel, address: str) -> Alert | None:
    """The public alert that this address last heard of, of any kind."""
    for received in received_broadcasts(session, channel, address, REFERENCE):
        code = received.reference.split(":")[1]
        alert = session.scalars(select(Alert).where(Alert.code == code, where_public())).first()
        if alert is not None:
            return alert
    return None


class ReceivedAppeal(NamedTuple):
    """An appeal, and when this address was last sent something about it."""

    alert: Alert
    sent_at: datetime


def appeals_received(session: Session, channel: Channel, address: str) -> list[ReceivedAppeal]:
    """The appeals that this address was sent and can answer, the one it last heard of first.

    Updates count, and the time when a message was sent to this address, not when the alert was
    published. If none of them is open any more, those published recently are still answered.
    """
    heard: dict[str, datetime] = {}
    for received in received_broadcasts(session, channel, address, REFERENCE):
        heard.setdefault(received.reference.split(":")[1], received.sent_at)
    appeals = select(Alert).where(Alert.code.in_(heard), Alert.kind.in_(APPEALS))
    late = and_(Alert.status.in_(PUBLISHED), Alert.published_at > utcnow() - ANSWERED_FOR)
    found = session.scalars(appeals.where(where_open())).all() or session.scalars(
        appeals.where(late)
    )
    alerts = {alert.code: alert for alert in found}
    return [
        ReceivedAppeal(alerts[code], sent_at) for code, sent_at in heard.items() if code in alerts
    ]
