"""Sending something about an alert: a broadcast, and the record of it that nobody can change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alerts.drafts import letter_of
from alerts.messages import compose, require_fitting
from alerts.models import Alert, AlertRelease, ReleaseKind, Severity
from alerts.values import Wording
from areas.service import Target, touched_areas
from audit.trail import record
from dispatch.broadcasts import Audience, Content, count_audience, create_broadcast
from dispatch.models import Priority
from staff.actor import Actor
from subscribers.audience import areas_audience
from web.languages.choice import DEFAULT_LANGUAGE

log = structlog.get_logger(__name__)

REFERENCE = "alert:"
"""Broadcasts of alerts are referred to as ``alert:CODE:NUMBER``."""


def area_audience(session: Session, alert: Alert) -> Audience:
    """Those who subscribe to anything the target touches: the one rule of preview and send."""
    target = Target.from_json(alert.target)
    return areas_audience(target, touched_areas(session, target))


def recipients_audience(session: Session, alert: Alert) -> Audience:
    """Those whom the alert's own broadcast reached."""
    initial = find_release(session, alert, ReleaseKind.INITIAL)
    return Audience("recipients", {"broadcast_ids": [initial.broadcast_id] if initial else []})


def find_release(session: Session, alert: Alert, kind: ReleaseKind) -> AlertRelease | None:
    """The first release of a kind."""
    return session.scalars(
        select(AlertRelease)
        .where(AlertRelease.alert_id == alert.id, AlertRelease.kind == kind)
        .order_by(AlertRelease.number)
        .limit(1)
    ).one_or_none()


def find_release_by_key(session: Session, alert: Alert, key: str) -> AlertRelease | None:
    """The release that this key was used for, so that a repeated request gets the same answer."""
    return session.scalars(
        select(AlertRelease).where(AlertRelease.alert_id == alert.id, AlertRelease.key == key)
    ).one_or_none()


def list_releases(session: Session, alert: Alert) -> list[AlertRelease]:
    """What was sent about an alert, the oldest first."""
    return list(
        session.scalars(
            select(AlertRelease)
            .where(AlertRelease.alert_id == alert.id)
            .order_by(AlertRelease.number)
        )
    )


def priority_of(alert: Alert, kind: ReleaseKind) -> Priority:
    """How soon its messages go when several broadcasts compete."""
    if kind is ReleaseKind.CLOSURE:
        return Priority.NORMAL
    if alert.severity in {Severity.EXTREME, Severity.SEVERE} or kind is ReleaseKind.UPDATE:
        return Priority.URGENT
    return alert.kind.row.priority


def release(
    session: Session,
    actor: Actor,
    alert: Alert,
    kind: ReleaseKind,
    texts: Mapping[str, Wording],
    audience: Audience,
    *,
    key: str,
    not_before: datetime | None = None,
    expires_at: datetime | None = None,
) -> AlertRelease:
    """Create the broadcast and record what it says and to whom.

    Raises InvalidAlert when a text does not fit. The caller holds the alert's row.
    """
    letter = letter_of(session, alert, kind, texts)
    require_fitting(letter)
    contents = compose(letter)
    size = count_audience(session, audience)
    number = 1 + (
        session.scalar(
            select(func.max(AlertRelease.number)).where(AlertRelease.alert_id == alert.id)
        )
        or 0
    )
    broadcast = create_broadcast(
        session,
        contents=contents,
        audience=audience,
        priority=priority_of(alert, kind),
        reference=f"{REFERENCE}{alert.code}:{number}",
        not_before=not_before,
        expires_at=expires_at,
    )
    session.flush()
    made = AlertRelease(
        alert_id=alert.id,
        kind=kind,
        number=number,
        key=f"{kind.value}:{key}",
        texts={language: asdict(wording) for language, wording in texts.items()},
        contents=[_as_json(content) for content in contents],
        target=alert.target,
        target_description=letter.places[DEFAULT_LANGUAGE],
        audience={"kind": audience.kind, "params": audience.params},
        counts=[
            {
                "channel": count.channel.value,
                "language": count.language,
                "recipients": count.recipients,
            }
            for count in size.counts
        ],
        recipients=size.recipients,
        broadcast_id=broadcast.id,
        created_by=actor.staff_id,
    )
    session.add(made)
    session.flush()
    record(
        session, actor, "alert.released", "alert", alert.id,
        code=alert.code, kind=kind.value, number=number, broadcast=broadcast.id,
        recipients=made.recipients,
    )  # fmt: skip
    log.info(
        "alert_released", alert=alert.id, kind=kind.value, broadcast=broadcast.id,
        recipients=made.recipients,
    )  # fmt: skip
    return made


def _as_json(content: Content) -> dict[str, Any]:
    return {
        "channel": content.channel.value,
        "language": content.language,
        "subject": content.subject,
        "body": content.body,
        "html": content.html,
    }
