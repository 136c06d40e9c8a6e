"""The steps on the way to approval: asking for it, taking it back, and deciding.

Each takes the lock on the alert's row, so of two who decide at once, the second is told.
"""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from alerts.approving.approval import authors_of, last_step, standing_fault
from alerts.composing.rules import require_no_gaps, require_valid
from alerts.composing.saving import require_ready
from alerts.draft import AlertDraft
from alerts.errors import DraftChanged, IllegalMove, InvalidAlert, OwnWork
from alerts.lifecycle import allows, lock, move, refuse
from alerts.models import Alert, AlertStatus, ApprovalStep, StepKind
from alerts.state_names import STEP_NAMES, name_fields
from audit.trail import record
from staff.actor import Actor, NotAllowed, require_districts, require_permission
from staff.permissions import Permission
from web.texts.filters import format_datetime

LONGEST_COMMENT = 2000
FEWEST_WORDS = 3
"""A reason of one word ("urgent") tells those who read it later nothing."""

LEADS_TO: dict[StepKind, AlertStatus] = {
    StepKind.SUBMITTED: AlertStatus.SUBMITTED,
    StepKind.TAKEN_BACK: AlertStatus.DRAFT,
    StepKind.APPROVED: AlertStatus.APPROVED,
    StepKind.RETURNED: AlertStatus.RETURNED,
    StepKind.REJECTED: AlertStatus.REJECTED,
}


def submit_alert(
    session: Session, actor: Actor, alert: Alert, comment: str = "", *, seen: str | None = None
) -> Alert:
    """Ask for approval; ``seen`` is the fingerprint of what was read.

    Raises IllegalMove, DraftChanged, InvalidAlert or NotAllowed.
    """
    lock(session, alert)
    require_permission(actor, Permission.ALERT_COMPOSE)
    require_districts(actor, alert.district_codes)
    _require_possible(alert, StepKind.SUBMITTED)
    if seen is not None:
        _require_seen(alert, seen)
    require_ready(session, actor, alert)
    return _take(session, actor, alert, StepKind.SUBMITTED, comment.strip())


def take_back_alert(session: Session, actor: Actor, alert: Alert) -> Alert:
    """Make a draft again of what waits for approval, has it, or was returned.

    Raises IllegalMove or NotAllowed.
    """
    lock(session, alert)
    require_permission(actor, Permission.ALERT_COMPOSE)
    require_districts(actor, alert.district_codes)
    _require_possible(alert, StepKind.TAKEN_BACK)
    return _take(session, actor, alert, StepKind.TAKEN_BACK)


def approve_alert(
    session: Session, actor: Actor, alert: Alert, comment: str = "", *, seen: str
) -> Alert:
    """Approve exactly the content whose fingerprint is ``seen``; a ``comment`` is kept with it.

    Raises IllegalMove, DraftChanged, InvalidAlert, OwnWork or NotAllowed.
    """
    return _decide(session, actor, alert, StepKind.APPROVED, seen, comment)


def return_alert(session: Session, actor: Actor, alert: Alert, comment: str, *, seen: str) -> Alert:
    """Give it back to be changed; ``comment`` says how. An approval can be withdrawn so, too.

    Raises as :func:`approve_alert`.
    """
    return _decide(session, actor, alert, StepKind.RETURNED, seen, comment)


def reject_alert(session: Session, actor: Actor, alert: Alert, comment: str, *, seen: str) -> Alert:
    """Decide that it is never sent; ``comment`` says why. Raises as :func:`approve_alert`."""
    return _decide(session, actor, alert, StepKind.REJECTED, seen, comment)


def note_unapproved(session: Session, actor: Actor, alert: Alert, reason: str) -> None:
    """Write down why it is sent without approval. The caller holds the lock, and sends it.

    Raises InvalidAlert or NotAllowed.
    """
    require_permission(actor, Permission.ALERT_PUBLISH_UNAPPROVED)
    reason = reason.strip()
    if len(reason.split()) < FEWEST_WORDS:
        raise _missing("reason", _("Skriv med mindst tre ord, hvorfor det ikke kan vente."))
    _note(alert, actor, StepKind.UNAPPROVED, reason)
    record(
        session, actor, "alert.sent_unapproved", "alert", alert.id, code=alert.code, reason=reason
    )


def _decide(
    session: Session, actor: Actor, alert: Alert, kind: StepKind, seen: str, comment: str = ""
) -> Alert:
    lock(session, alert)
    lost = standing_fault(session, actor.staff_id, alert, locking=True)
    if lost is not None:
        raise NotAllowed(lost)
    if actor.staff_id in authors_of(alert):
        raise OwnWork(_("Du har selv skrevet på varslet. En anden skal tage stilling til det."))
    latest = last_step(alert)
    if latest and (latest.kind, latest.staff_id, latest.fingerprint) == (
        kind,
        actor.staff_id,
        seen,
    ):
        return alert
    _require_possible(alert, kind)
    _require_seen(alert, seen)
    if kind is StepKind.APPROVED:
        require_valid(AlertDraft.of(alert))
        require_no_gaps(AlertDraft.of(alert).texts)
    elif not comment.strip():
        raise _missing("comment", _("Skriv, hvad der skal ændres, eller hvorfor."))
    return _take(session, actor, alert, kind, comment.strip())


def _take(session: Session, actor: Actor, alert: Alert, kind: StepKind, comment: str = "") -> Alert:
    step = _note(alert, actor, kind, comment)
    move(session, alert, LEADS_TO[kind], actor, fingerprint=step.fingerprint)
    return alert


def _note(alert: Alert, actor: Actor, kind: StepKind, comment: str) -> ApprovalStep:
    if len(comment) > LONGEST_COMMENT:
        raise _missing(
            "reason" if kind is StepKind.UNAPPROVED else "comment",
            _("Skriv højst %(most)s tegn.", most=LONGEST_COMMENT),
        )
    content = AlertDraft.of(alert)
    step = ApprovalStep(
        kind=kind,
        fingerprint=content.fingerprint(),
        version=content.version(),
        comment=comment,
        staff_id=actor.staff_id,
    )
    alert.approval_steps.append(step)
    return step


def _require_possible(alert: Alert, kind: StepKind) -> None:
    if allows(alert.status, LEADS_TO[kind]):
        return
    latest = last_step(alert)
    if latest is None or LEADS_TO.get(latest.kind) is not alert.status:
        raise refuse(alert)
    raise IllegalMove(
        _(
            "%(step)s af %(name)s %(time)s.",
            step=STEP_NAMES[latest.kind],
            name=latest.staff.name,
            time=format_datetime(latest.at),
        ),
        state=alert.status.value,
    )


def _require_seen(alert: Alert, seen: str) -> None:
    """Raise DraftChanged, with what has changed as far as is known, if it is not as was read."""
    content = AlertDraft.of(alert)
    if seen == content.fingerprint():
        return
    read = [step.version for step in alert.approval_steps if step.fingerprint == seen]
    changed = content.changed_since(read[-1]) if read else []
    said = _("Rettet, siden du læste det: %(fields)s.", fields=name_fields(changed))
    raise DraftChanged(
        said if changed else _("Det er rettet, siden du læste det. Læs det igen."), changed=changed
    )


def _missing(field: str, text: str) -> InvalidAlert:
    return InvalidAlert(text, fields={field: [text]})
