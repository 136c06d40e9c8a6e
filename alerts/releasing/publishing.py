"""Publishing an alert, following it up and closing it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from alerts.approving.approval import approval_of, require_approval
from alerts.approving.steps import note_unapproved
from alerts.composing.rules import DEFAULT_LIFETIME, check_gaps, check_texts
from alerts.composing.saving import require_ready
from alerts.draft import AlertDraft, Wording
from alerts.errors import ApprovalMissing, DraftChanged, InvalidAlert, KeyReused, NoRecipients
from alerts.hooks import announce
from alerts.lifecycle import EDITABLE, OPEN, allows, lock, move, refuse
from alerts.models import Alert, AlertRelease, AlertStatus, Outcome, ReleaseKind
from alerts.releasing.releases import (
    Wave,
    area_audience,
    find_release_by_key,
    recipients_audience,
    release,
)
from alerts.releasing.usual_size import require_confirmed_size
from cases.hooks import Correction
from cases.opening import Appeal, open_case
from database import utcnow
from dispatch.broadcasts import count_audience
from staff.actor import Actor, require_districts
from web.languages.choice import DEFAULT_LANGUAGE

CLOSURE_LIFETIME = timedelta(hours=24)


def publish_alert(
    session: Session,
    actor: Actor,
    alert: Alert,
    idempotency_key: str,
    *,
    seen: str | None = None,
    without_approval: str | None = None,
    wording_reason: str | None = None,
    confirmed_size: str | None = None,
) -> Alert:
    """Send a draft, now or at its time. Repeated with the same key, it is sent only once.

    ``seen`` is the fingerprint of the draft that the officer read; ``without_approval`` is why
    it is sent although nobody has approved it, ``wording_reason`` why its text must say what the
    rules of wording call grave; ``confirmed_size`` the fingerprint of the draft of which somebody
    has confirmed that it shall reach implausibly many. Raises IllegalMove, KeyReused, DraftChanged,
    InvalidAlert, NoRecipients, ApprovalMissing, SizeNotConfirmed, WordingReasonMissing,
    CaseOfAnotherDistrict, or NotAllowed.
    """
    lock(session, alert)
    require_districts(actor, alert.district_codes)
    if alert.idempotency_key == idempotency_key:
        return alert
    _require_sendable(alert, without_approval)
    if seen is not None and seen != AlertDraft.of(alert).fingerprint():
        raise DraftChanged(_("Læs det igennem igen, før du sender."))
    now = utcnow()
    require_ready(session, actor, alert)
    audience = area_audience(session, alert)
    size = count_audience(session, audience)
    if not size.recipients:
        raise NoRecipients(
            _(
                "Ingen modtagere: der er endnu ingen, der har tilmeldt sig i området."
                " Vælg et større område."
            )
        )
    if without_approval is not None and approval_of(session, alert, size.recipients).is_missing:
        note_unapproved(session, actor, alert, without_approval)
    require_approval(session, alert, size.recipients)
    require_confirmed_size(
        session, actor, alert, size.recipients,
        is_confirmed=confirmed_size == AlertDraft.of(alert).fingerprint(),
    )  # fmt: skip
    _claim_key(session, alert, idempotency_key)
    is_later = alert.send_at is not None and alert.send_at > now
    alert.published_by, alert.published_at = actor.staff_id, now
    alert.expires_at = alert.expires_at or max(alert.send_at or now, now) + DEFAULT_LIFETIME
    made = release(
        session, actor, alert, ReleaseKind.INITIAL, AlertDraft.of(alert).texts,
        [Wave(audience, alert.send_at if is_later else None)],
        key=idempotency_key,
        expires_at=alert.expires_at,
        wording_reason=wording_reason,
    )  # fmt: skip
    to = AlertStatus.SCHEDULED if is_later else AlertStatus.SENDING
    move(session, alert, to, actor, release=made.number, recipients=made.recipients)
    tie_to_case(session, alert)
    announce(session, alert)
    return alert


def tie_to_case(session: Session, alert: Alert) -> None:
    """Open the case that the alert refers to, if any. Raises CaseOfAnotherDistrict."""
    if alert.case_reference is not None:
        title = alert.text(DEFAULT_LANGUAGE).title
        open_case(session, Appeal(alert.code, alert.case_reference, title, alert.district_codes))


def follow_correction(session: Session, correction: Correction) -> None:
    """Put the new number of a corrected case on the alerts that belong to it."""
    for alert in session.scalars(select(Alert).where(Alert.code.in_(correction.alert_codes))):
        alert.case_reference = correction.case.reference


def _require_sendable(alert: Alert, without_approval: str | None) -> None:
    """What waits for approval is sent only if it is said why nobody has approved it."""
    if alert.status is AlertStatus.SUBMITTED and without_approval is None:
        raise ApprovalMissing(_("Varslet venter på, at en anden godkender det."))
    if alert.status not in EDITABLE or not allows(alert.status, AlertStatus.SENDING):
        raise refuse(alert)


def _claim_key(session: Session, alert: Alert, key: str) -> None:
    taken = select(Alert.id).where(Alert.idempotency_key == key, Alert.id != alert.id)
    reused = KeyReused(_("Brug en ny nøgle til hvert varsel."))
    if session.scalar(taken) is not None:
        raise reused
    try:
        with session.begin_nested():
            alert.idempotency_key = key
    except IntegrityError as error:
        raise reused from error


def start_if_due(session: Session, alert: Alert) -> None:
    """Mark a scheduled alert as being sent once it is due: dispatch is sending it."""
    due = alert.send_at is not None and alert.send_at <= utcnow()
    if alert.status is AlertStatus.SCHEDULED and due:
        move(session, alert, AlertStatus.SENDING, None)


def send_update(
    session: Session,
    actor: Actor,
    alert: Alert,
    bodies: Mapping[str, str],
    idempotency_key: str,
    wording_reason: str | None = None,
) -> AlertRelease:
    """Send an update on an open alert to all subscribers in its area; ``bodies`` by language.

    The same key again gives the same release. Raises IllegalMove, InvalidAlert,
    WordingReasonMissing, NotAllowed.
    """
    lock(session, alert)
    require_districts(actor, alert.district_codes)
    earlier = find_release_by_key(session, alert, f"{ReleaseKind.UPDATE}:{idempotency_key}")
    if earlier is not None:
        return earlier
    if alert.status not in OPEN:
        raise refuse(alert)
    return release(
        session, actor, alert, ReleaseKind.UPDATE, follow_up_texts(alert, bodies),
        [Wave(area_audience(session, alert))],
        key=idempotency_key, expires_at=alert.expires_at, wording_reason=wording_reason,
    )  # fmt: skip


def close_alert(
    session: Session,
    actor: Actor,
    alert: Alert,
    bodies: Mapping[str, str],
    idempotency_key: str,
    wording_reason: str | None = None,
) -> AlertRelease:
    """Close an alert and tell exactly its recipients how it ended; ``bodies`` by language.

    The same key again gives the same release. Raises IllegalMove, InvalidAlert,
    WordingReasonMissing, NotAllowed.
    """
    lock(session, alert)
    require_districts(actor, alert.district_codes)
    earlier = find_release_by_key(session, alert, f"{ReleaseKind.CLOSURE}:{idempotency_key}")
    if earlier is not None:
        return earlier
    if not allows(alert.status, AlertStatus.CLOSED):
        raise refuse(alert)
    now = utcnow()
    made = release(
        session, actor, alert, ReleaseKind.CLOSURE, follow_up_texts(alert, bodies),
        [Wave(recipients_audience(session, alert))],
        key=idempotency_key, expires_at=now + CLOSURE_LIFETIME, wording_reason=wording_reason,
    )  # fmt: skip
    alert.closed_at, alert.outcome = now, Outcome.RESOLVED
    move(session, alert, AlertStatus.CLOSED, actor, outcome=Outcome.RESOLVED.value)
    return made


def follow_up_texts(alert: Alert, bodies: Mapping[str, str]) -> dict[str, Wording]:
    """The alert's titles with new bodies; a language without a new body is left out.

    Raises InvalidAlert.
    """
    texts = {
        language: Wording(alert.text(language).title, body.strip())
        for language, body in bodies.items()
        if body.strip()
    }
    fields = check_texts(texts) or check_gaps(texts)
    if fields:
        raise InvalidAlert(next(iter(fields.values()))[0], fields=fields)
    return texts
