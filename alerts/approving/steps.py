"""The steps on the way to approval: asking for it, taking it back, and deciding.

An alert takes them, and so does what follows it.

Each takes the lock on the alert's row, so of two who decide at once, the second is told.
"""

from __future__ import annotations

from typing import TypeVar

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from alerts.approving.approval import (
    authors_of,
    content_of,
    last_step,
    reason_for_wording,
    standing_fault,
)
from alerts.composing.reasons import says_why
from alerts.composing.rules import require_no_gaps, require_valid
from alerts.composing.saving import require_ready
from alerts.composing.wording_check import check_texts_of, require_reason
from alerts.draft import AlertDraft, texts_of
from alerts.errors import DraftChanged, IllegalMove, InvalidAlert, OwnWork
from alerts.lifecycle import alert_of, allows, allows_follow_up, lock, move, refuse
from alerts.models import Alert, AlertStatus, ApprovalStep, FollowUp, StepKind, Work
from alerts.state_names import STEP_NAMES, name_fields
from alerts.wording.check import Finding
from audit.trail import record
from staff.actor import Actor, NotAllowed, require_districts, require_permission
from staff.permissions import Permission
from web.texts.filters import format_datetime

WHY_NOT_WAIT = _l(
    "Skriv med mindst tre ord, hvorfor det ikke kan vente, og hvem du har prøvet at få fat i."
)

W = TypeVar("W", Alert, FollowUp, Work)

LONGEST_COMMENT = 2000

LEADS_TO: dict[StepKind, AlertStatus] = {
    StepKind.SUBMITTED: AlertStatus.SUBMITTED,
    StepKind.TAKEN_BACK: AlertStatus.DRAFT,
    StepKind.APPROVED: AlertStatus.APPROVED,
    StepKind.RETURNED: AlertStatus.RETURNED,
    StepKind.REJECTED: AlertStatus.REJECTED,
}


def submit_alert(
    session: Session,
    actor: Actor,
    alert: W,
    comment: str = "",
    *,
    seen: str | None = None,
    wording_reason: str | None = None,
) -> W:
    """Ask for approval of an alert, or of what follows it; ``seen`` is what was read.

    ``wording_reason`` says why its texts say what the rules of wording call grave: the approver
    reads it. Raises IllegalMove, DraftChanged, InvalidAlert, WordingReasonMissing or NotAllowed.
    """
    lock(session, alert)
    require_permission(actor, Permission.ALERT_COMPOSE)
    require_districts(actor, alert_of(alert).district_codes)
    _require_possible(alert, StepKind.SUBMITTED)
    if seen is not None:
        _require_seen(session, alert, seen)
    _require_ready(session, actor, alert)
    reason = require_reason(
        findings_of(session, alert), reason_for_wording(session, alert) or wording_reason
    )
    return _take(session, actor, alert, StepKind.SUBMITTED, comment.strip(), reason)


def take_back_alert(session: Session, actor: Actor, alert: W) -> W:
    """Make a draft again of what waits for approval, has it, or was returned.

    Raises IllegalMove or NotAllowed.
    """
    lock(session, alert)
    require_permission(actor, Permission.ALERT_COMPOSE)
    require_districts(actor, alert_of(alert).district_codes)
    _require_possible(alert, StepKind.TAKEN_BACK)
    return _take(session, actor, alert, StepKind.TAKEN_BACK)


def approve_alert(session: Session, actor: Actor, alert: W, comment: str = "", *, seen: str) -> W:
    """Approve exactly the content whose fingerprint is ``seen``; a ``comment`` is kept with it.

    Raises IllegalMove, DraftChanged, InvalidAlert, OwnWork or NotAllowed.
    """
    return _decide(session, actor, alert, StepKind.APPROVED, seen, comment)


def return_alert(session: Session, actor: Actor, alert: W, comment: str, *, seen: str) -> W:
    """Give it back to be changed; ``comment`` says how. An approval can be withdrawn so, too.

    Raises as :func:`approve_alert`.
    """
    return _decide(session, actor, alert, StepKind.RETURNED, seen, comment)


def reject_alert(session: Session, actor: Actor, alert: W, comment: str, *, seen: str) -> W:
    """Decide that it is never sent; ``comment`` says why. Raises as :func:`approve_alert`."""
    return _decide(session, actor, alert, StepKind.REJECTED, seen, comment)


def note_unapproved(session: Session, actor: Actor, work: Work, reason: str) -> None:
    """Write down why it is sent without approval. The caller holds the lock, and sends it.

    Raises InvalidAlert or NotAllowed.
    """
    require_permission(actor, Permission.ALERT_PUBLISH_UNAPPROVED)
    reason = reason.strip()
    if not says_why(reason):
        raise _missing("reason", str(WHY_NOT_WAIT))
    _note(session, work, actor, StepKind.UNAPPROVED, reason)
    alert = alert_of(work)
    what = {} if isinstance(work, Alert) else {"follow_up": work.id, "kind": work.kind.value}
    record(
        session, actor, "alert.sent_unapproved", "alert", alert.id,
        code=alert.code, reason=reason, **what,
    )  # fmt: skip


def findings_of(session: Session, work: Work) -> list[Finding]:
    """What the rules of wording say about its texts."""
    if isinstance(work, Alert):
        return check_texts_of(session, work, AlertDraft.of(work).texts)
    return check_texts_of(session, work.alert, texts_of(work), is_follow_up=not work.kind.is_whole)


def _require_ready(session: Session, actor: Actor, work: Work) -> None:
    """Raise what keeps it from being sent, as it is now."""
    if isinstance(work, Alert):
        require_ready(session, actor, work)
    elif not allows_follow_up(work.alert, work.kind):
        raise refuse(work.alert)
    else:
        require_no_gaps(texts_of(work))


def _decide(
    session: Session, actor: Actor, work: W, kind: StepKind, seen: str, comment: str = ""
) -> W:
    lock(session, work)
    lost = standing_fault(session, actor.staff_id, alert_of(work), locking=True)
    if lost is not None:
        raise NotAllowed(lost)
    if actor.staff_id in authors_of(work):
        raise OwnWork(_("Du har selv skrevet på varslet. En anden skal tage stilling til det."))
    latest = last_step(work)
    if latest and (latest.kind, latest.staff_id, latest.fingerprint) == (
        kind,
        actor.staff_id,
        seen,
    ):
        return work
    _require_possible(work, kind)
    _require_seen(session, work, seen)
    if kind is StepKind.APPROVED:
        _require_approvable(work)
    elif not comment.strip():
        raise _missing("comment", _("Skriv, hvad der skal ændres, eller hvorfor."))
    return _take(session, actor, work, kind, comment.strip())


def _require_approvable(work: Work) -> None:
    if isinstance(work, Alert):
        require_valid(AlertDraft.of(work))
        require_no_gaps(AlertDraft.of(work).texts)
    elif not allows_follow_up(work.alert, work.kind):
        raise refuse(work.alert)


def _take(
    session: Session,
    actor: Actor,
    work: W,
    kind: StepKind,
    comment: str = "",
    wording_reason: str | None = None,
) -> W:
    step = _note(session, work, actor, kind, comment, wording_reason)
    move(session, work, LEADS_TO[kind], actor, fingerprint=step.fingerprint)
    return work


def _note(
    session: Session,
    work: Work,
    actor: Actor,
    kind: StepKind,
    comment: str,
    wording_reason: str | None = None,
) -> ApprovalStep:
    if len(comment) > LONGEST_COMMENT:
        raise _missing(
            "reason" if kind is StepKind.UNAPPROVED else "comment",
            _("Skriv højst %(most)s tegn.", most=LONGEST_COMMENT),
        )
    content = content_of(session, work)
    step = ApprovalStep(
        alert_id=alert_of(work).id,
        kind=kind,
        fingerprint=content.fingerprint(),
        version=content.version(),
        comment=comment,
        wording_reason=wording_reason,
        staff_id=actor.staff_id,
    )
    work.approval_steps.append(step)
    return step


def _require_possible(work: Work, kind: StepKind) -> None:
    if allows(work.status, LEADS_TO[kind]):
        return
    latest = last_step(work)
    if latest is None or LEADS_TO.get(latest.kind) is not work.status:
        raise refuse(work)
    raise IllegalMove(
        _(
            "%(step)s af %(name)s %(time)s.",
            step=STEP_NAMES[latest.kind],
            name=latest.staff.name,
            time=format_datetime(latest.at),
        ),
        state=work.status.value,
    )


def _require_seen(session: Session, work: Work, seen: str) -> None:
    """Raise DraftChanged, with what has changed as far as is known, if it is not as was read."""
    content = content_of(session, work)
    if seen == content.fingerprint():
        return
    read = [step.version for step in work.approval_steps if step.fingerprint == seen]
    changed = content.changed_since(read[-1]) if read else []
    said = _("Rettet, siden du læste det: %(fields)s.", fields=name_fields(changed))
    raise DraftChanged(
        said if changed else _("Det er rettet, siden du læste det. Læs det igen."), changed=changed
    )


def _missing(field: str, text: str) -> InvalidAlert:
    return InvalidAlert(text, fields={field: [text]})
