"""Publishing an alert."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from alerts.approving.approval import approval_of, reason_for_wording, require_approval
from alerts.approving.steps import note_unapproved
from alerts.composing.rules import DEFAULT_LIFETIME
from alerts.composing.saving import require_ready
from alerts.draft import AlertDraft
from alerts.errors import ApprovalMissing, DraftChanged, KeyReused, NoRecipients
from alerts.hooks import announce
from alerts.lifecycle import EDITABLE, allows, lock, move, refuse
from alerts.models import Alert, AlertStatus, ReleaseKind, Work
from alerts.releasing.releases import Wave, area_audience, release
from alerts.releasing.usual_size import require_confirmed_size
from cases.hooks import Correction
from cases.opening import Appeal, open_case
from database import utcnow
from dispatch.broadcasts import count_audience
from staff.actor import Actor, require_districts
from web.languages.choice import DEFAULT_LANGUAGE


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
    require_sendable(alert, without_approval)
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
        wording_reason=reason_for_wording(session, alert) or wording_reason,
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


def require_sendable(work: Work, without_approval: str | None) -> None:
    """What waits for approval is sent only if it is said why nobody has approved it.

    Raises ApprovalMissing or IllegalMove.
    """
    if work.status is AlertStatus.SUBMITTED and without_approval is None:
        raise ApprovalMissing(_("Det venter på, at en anden godkender det."))
    if work.status not in EDITABLE or not allows(work.status, AlertStatus.SENDING):
        raise refuse(work)


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
