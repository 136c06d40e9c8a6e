"""Lists of alerts for staff, paginated by cursor."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from alerts.lifecycle import PUBLISHED, where_open
from alerts.models import Alert, AlertDistrict, AlertRelease, AlertStatus, ReleaseWave
from alerts.progress.pause_explanations import Pause, explain_pause
from dispatch.broadcasts import PauseKind
from dispatch.models import Broadcast, BroadcastStatus
from staff.actor import Actor
from web.problems.errors import Invalid


@dataclass(frozen=True)
class AlertPage:
    """A page of alerts, newest first, and the cursor of the next page (None at the end)."""

    alerts: list[Alert]
    next: str | None


def list_alerts(
    session: Session,
    actor: Actor,
    *,
    statuses: Collection[AlertStatus] | None = None,
    districts: Collection[str] | None = None,
    after: str | None = None,
    limit: int = 50,
) -> AlertPage:
    """Alerts this person may read, in the given states and districts (None: all), newest first.

    ``after`` is the ``next`` of an earlier page. Raises Invalid for a cursor that is
    unknown or an alert this person may not read.
    """
    query = select(Alert).where(_readable(actor)).order_by(Alert.id.desc()).limit(limit + 1)
    if statuses is not None:
        query = query.where(Alert.status.in_(statuses))
    if districts is not None:
        query = query.where(Alert.id.in_(_in_districts(districts)))
    if after is not None:
        last = session.scalar(select(Alert.id).where(Alert.code == after, _readable(actor)))
        if last is None:
            raise Invalid(fields={"after": [_("Brug den markør, som listen gav.")]})
        query = query.where(Alert.id < last)
    found = list(session.scalars(query))
    return AlertPage(found[:limit], found[limit - 1].code if len(found) > limit else None)


def count_by_status(
    session: Session, actor: Actor, districts: Collection[str] | None = None
) -> dict[AlertStatus, int]:
    """The number of alerts in each state, of those this person may read."""
    query = (
        select(Alert.status, func.count().label("number"))
        .where(_readable(actor))
        .group_by(Alert.status)
    )
    if districts is not None:
        query = query.where(Alert.id.in_(_in_districts(districts)))
    return {row.status: row.number for row in session.execute(query)}


@dataclass(frozen=True)
class Held:
    """An alert with something paused, and why."""

    alert: Alert
    pause: Pause


def held_alerts(
    session: Session, actor: Actor, districts: Collection[str] | None = None, limit: int = 20
) -> list[Held]:
    """Alerts with a paused broadcast, those paused by the system first, then the newest."""
    query = (
        select(Alert, Broadcast.reason)
        .join(AlertRelease, AlertRelease.alert_id == Alert.id)
        .join(ReleaseWave, ReleaseWave.release_id == AlertRelease.id)
        .join(Broadcast, Broadcast.id == ReleaseWave.broadcast_id)
        .where(Broadcast.status == BroadcastStatus.PAUSED, _readable(actor))
        .order_by(Broadcast.id.desc())
    )
    if districts is not None:
        query = query.where(Alert.id.in_(_in_districts(districts)))
    paused = [(alert, reason) for alert, reason in session.execute(query) if reason is not None]
    paused.sort(key=lambda row: row[1].kind is PauseKind.STAFF)
    found: dict[int, Held] = {}
    for alert, reason in paused:
        if alert.id not in found and len(found) < limit:
            found[alert.id] = Held(alert, explain_pause(session, reason))
    return list(found.values())


def soon_over(session: Session, actor: Actor, before: datetime, limit: int = 20) -> list[Alert]:
    """The open alerts of the person's districts that expire before then, the next first."""
    query = (
        select(Alert)
        .where(where_open(), Alert.expires_at < before)
        .where(Alert.id.in_(_in_districts(actor.districts)))
        .order_by(Alert.expires_at, Alert.id)
        .limit(limit)
    )
    return list(session.scalars(query))


def _readable(actor: Actor) -> ColumnElement[bool]:
    """The rule of :func:`alerts.composing.saving.read_alert`."""
    return or_(Alert.status.in_(PUBLISHED), Alert.id.in_(_in_districts(actor.districts)))


def _in_districts(districts: Collection[str]) -> Select[int]:
    return select(AlertDistrict.alert_id).where(AlertDistrict.district_code.in_(districts))
