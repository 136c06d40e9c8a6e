"""What follows an alert that is out: an update, a correction, or how it ended.

The rules by which an alert must be approved hold for each of them. One that must be is kept as a
:class:`FollowUp` until somebody else has approved it. Withdrawing and stopping never wait for that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import timedelta

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.approving.approval import (
    approval_of,
    content_of,
    reason_for_wording,
    require_approval,
)
from alerts.approving.steps import note_unapproved
from alerts.composing.rules import check_gaps, check_texts
from alerts.draft import AlertDraft, Wording, texts_of
from alerts.errors import AlertNotFound, DraftChanged, InvalidAlert
from alerts.lifecycle import EDITABLE, allows_follow_up, lock, move, refuse
from alerts.models import (
    Alert,
    AlertRelease,
    AlertStatus,
    ApprovalStep,
    FollowUp,
    Outcome,
    ReleaseKind,
)
from alerts.releasing.correcting import corrected_texts, correction_audience, stop_what_waits
from alerts.releasing.publishing import require_sendable, start_if_due
from alerts.releasing.releases import (
    Wave,
    area_audience,
    everybody_told,
    find_release_by_key,
    recipients_audience,
    release,
)
from audit.trail import record
from database import utcnow
from dispatch.broadcasts import Audience, count_audience
from staff.actor import Actor, require_districts, require_permission
from staff.permissions import Permission

CLOSURE_LIFETIME = timedelta(hours=24)
RIGHT_TO_SEND = {
    ReleaseKind.UPDATE: Permission.ALERT_PUBLISH,
    ReleaseKind.CORRECTION: Permission.ALERT_PUBLISH,
    ReleaseKind.CLOSURE: Permission.ALERT_CLOSE,
    ReleaseKind.WITHDRAWAL: Permission.ALERT_PUBLISH,
}


def write_follow_up(
    actor: Actor, alert: Alert, kind: ReleaseKind, texts: Mapping[str, Wording]
) -> FollowUp:
    """What somebody has just written, kept nowhere yet."""
    return FollowUp(
        alert=alert,
        kind=kind,
        status=AlertStatus.DRAFT,
        texts=_as_json(texts),
        created_by=actor.staff_id,
        approval_steps=[],
    )


def save_follow_up(
    session: Session,
    actor: Actor,
    alert: Alert,
    kind: ReleaseKind,
    texts: Mapping[str, Wording],
    follow_up: FollowUp | None = None,
) -> FollowUp:
    """Keep a draft of what follows an alert, or change the one there is.

    A change makes a draft of it again, whatever was said about it before. Raises IllegalMove,
    InvalidAlert or NotAllowed.
    """
    lock(session, follow_up or alert)
    require_permission(actor, RIGHT_TO_SEND[kind])
    require_districts(actor, alert.district_codes)
    start_if_due(session, alert)
    if not allows_follow_up(alert, kind):
        raise refuse(alert)
    texts = ready_texts(alert, kind, texts)
    if follow_up is None:
        follow_up = write_follow_up(actor, alert, kind, texts)
        session.add(follow_up)
    elif follow_up.status not in EDITABLE:
        raise refuse(follow_up)
    elif texts != texts_of(follow_up):
        follow_up.texts, follow_up.edited_by = _as_json(texts), actor.staff_id
        if follow_up.status is not AlertStatus.DRAFT:
            move(session, follow_up, AlertStatus.DRAFT, actor, changed=["texts"])
    session.flush()
    record(
        session, actor, "alert.follow_up_drafted", "alert", alert.id,
        code=alert.code, follow_up=follow_up.id, kind=kind.value,
    )  # fmt: skip
    return follow_up


def find_follow_up(session: Session, actor: Actor, alert: Alert, follow_up_id: int) -> FollowUp:
    """One that belongs to this alert, for staff of its districts; raises :class:`AlertNotFound`."""
    found = session.get(FollowUp, follow_up_id)
    if found is None or found.alert_id != alert.id or not actor.overlaps(alert.district_codes):
        raise AlertNotFound(_("Der er ikke skrevet noget sådant om varslet."))
    return found


def unsent_follow_ups(session: Session, actor: Actor, alert: Alert) -> list[FollowUp]:
    """What was written about an alert and is neither sent nor given up, for staff of its districts.

    The oldest first.
    """
    if not actor.overlaps(alert.district_codes):
        return []
    query = select(FollowUp).where(FollowUp.alert_id == alert.id, FollowUp.status.in_(EDITABLE))
    return list(session.scalars(query.order_by(FollowUp.id)))


def sendable_follow_ups(session: Session, actor: Actor, alert: Alert) -> list[FollowUp]:
    """The same, without what can't be sent about the alert any more."""
    unsent = unsent_follow_ups(session, actor, alert)
    return [each for each in unsent if allows_follow_up(alert, each.kind)]


def steps_of_releases(session: Session, alert: Alert) -> dict[int, list[ApprovalStep]]:
    """How what followed an alert came to be approved: the steps by the id of the release."""
    query = select(FollowUp).where(FollowUp.alert_id == alert.id, FollowUp.release_id.is_not(None))
    return {
        sent.release_id: sent.approval_steps for sent in session.scalars(query) if sent.release_id
    }


def drop_follow_up(session: Session, actor: Actor, follow_up: FollowUp) -> FollowUp:
    """Give it up: it is never sent. Raises IllegalMove or NotAllowed."""
    lock(session, follow_up)
    require_permission(actor, RIGHT_TO_SEND[follow_up.kind])
    require_districts(actor, follow_up.alert.district_codes)
    move(session, follow_up, AlertStatus.CANCELLED, actor)
    return follow_up


def send_follow_up(
    session: Session,
    actor: Actor,
    follow_up: FollowUp,
    idempotency_key: str,
    *,
    seen: str | None = None,
    without_approval: str | None = None,
    wording_reason: str | None = None,
) -> AlertRelease:
    """Send what follows an alert, once; the same key again gives the same release.

    A correction replaces what is wrong: what is queued with it is stopped, so nobody is missed, and
    nobody gets it twice. A closing message ends the alert. ``seen`` is the fingerprint of what was
    read; ``without_approval`` why it is sent although nobody has approved it. Raises IllegalMove,
    InvalidAlert, DraftChanged, ApprovalMissing, WordingReasonMissing or NotAllowed.
    """
    alert, kind = lock(session, follow_up).alert, follow_up.kind
    require_permission(actor, RIGHT_TO_SEND[kind])
    require_districts(actor, alert.district_codes)
    key = f"{kind.value}:{idempotency_key}"
    earlier = follow_up.release or find_release_by_key(session, alert, key)
    if earlier is not None:
        return earlier
    start_if_due(session, alert)
    require_sendable(follow_up, without_approval)
    if not allows_follow_up(alert, kind):
        raise refuse(alert)
    texts = ready_texts(alert, kind, texts_of(follow_up))
    if seen is not None and seen != content_of(session, follow_up).fingerprint():
        raise DraftChanged(_("Læs det igennem igen, før du sender."))
    audience = audience_of(session, alert, kind)
    recipients = count_audience(session, audience).recipients
    if without_approval is not None and approval_of(session, follow_up, recipients).is_missing:
        session.add(follow_up)
        session.flush()
        note_unapproved(session, actor, follow_up, without_approval)
    require_approval(session, follow_up, recipients)
    if kind is ReleaseKind.CORRECTION:
        stop_what_waits(session, alert)
    now = utcnow()
    is_end = kind is ReleaseKind.CLOSURE
    made = release(
        session, actor, alert, kind, texts, [Wave(audience)],
        key=idempotency_key,
        expires_at=now + CLOSURE_LIFETIME if is_end else alert.expires_at,
        wording_reason=reason_for_wording(session, follow_up) or wording_reason,
    )  # fmt: skip
    if follow_up in session:
        follow_up.release_id = made.id
        move(session, follow_up, AlertStatus.SENDING, actor, release=made.number)
    if kind is ReleaseKind.CORRECTION:
        replace(AlertDraft.of(alert), texts=texts).fill(alert)
    elif is_end:
        alert.closed_at, alert.outcome = now, Outcome.RESOLVED
        move(session, alert, AlertStatus.CLOSED, actor, outcome=Outcome.RESOLVED.value)
    session.flush()
    return made


def send_update(
    session: Session,
    actor: Actor,
    alert: Alert,
    bodies: Mapping[str, str],
    idempotency_key: str,
    wording_reason: str | None = None,
) -> AlertRelease:
    """Send an update on an open alert to all subscribers in its area; ``bodies`` by language.

    Returns and raises as :func:`send_follow_up`.
    """
    written = write_follow_up(actor, alert, ReleaseKind.UPDATE, with_titles(alert, bodies))
    return send_follow_up(session, actor, written, idempotency_key, wording_reason=wording_reason)


def correct_alert(
    session: Session,
    actor: Actor,
    alert: Alert,
    texts: Mapping[str, Wording],
    idempotency_key: str,
    wording_reason: str | None = None,
) -> AlertRelease:
    """Replace the title and text of an open alert, and send the new ones, marked as a correction.

    It is one broadcast: to all who received the alert or news of it, or may have, and to those who
    were still waiting for it. The releases keep what was sent before. Returns and raises as
    :func:`send_follow_up`.
    """
    written = write_follow_up(actor, alert, ReleaseKind.CORRECTION, texts)
    return send_follow_up(session, actor, written, idempotency_key, wording_reason=wording_reason)


def close_alert(
    session: Session,
    actor: Actor,
    alert: Alert,
    bodies: Mapping[str, str],
    idempotency_key: str,
    wording_reason: str | None = None,
) -> AlertRelease:
    """Close an alert and tell exactly its recipients how it ended; ``bodies`` by language.

    Returns and raises as :func:`send_follow_up`.
    """
    written = write_follow_up(actor, alert, ReleaseKind.CLOSURE, with_titles(alert, bodies))
    return send_follow_up(session, actor, written, idempotency_key, wording_reason=wording_reason)


def audience_of(session: Session, alert: Alert, kind: ReleaseKind) -> Audience:
    """Who gets what follows an alert: the same for the check and the sending."""
    match kind:
        case ReleaseKind.CORRECTION:
            return correction_audience(session, alert)
        case ReleaseKind.CLOSURE:
            return recipients_audience(session, alert)
        case ReleaseKind.WITHDRAWAL:
            return everybody_told(session, alert)
        case _:
            return area_audience(session, alert)


def ready_texts(
    alert: Alert, kind: ReleaseKind, texts: Mapping[str, Wording]
) -> dict[str, Wording]:
    """The texts as they are sent. Raises InvalidAlert."""
    if kind is ReleaseKind.CORRECTION:
        return corrected_texts(alert, texts)
    return follow_up_texts(alert, {language: text.body for language, text in texts.items()})


def with_titles(alert: Alert, bodies: Mapping[str, str]) -> dict[str, Wording]:
    """New bodies under the alert's titles; a language without a new body is left out."""
    return {
        language: Wording(alert.text(language).title, body.strip())
        for language, body in bodies.items()
        if body.strip()
    }


def follow_up_texts(alert: Alert, bodies: Mapping[str, str]) -> dict[str, Wording]:
    """The same, checked. Raises InvalidAlert."""
    texts = with_titles(alert, bodies)
    fields = check_texts(texts) or check_gaps(texts)
    if fields:
        raise InvalidAlert(next(iter(fields.values()))[0], fields=fields)
    return texts


def _as_json(texts: Mapping[str, Wording]) -> dict[str, dict[str, str]]:
    return {language: asdict(wording) for language, wording in texts.items()}
