"""Whether an alert is approved as it is now, if it must be: for pages, the API and the release."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alerts.approving.rules import ApprovalRules, Reach, Reason, reasons_for_approval
from alerts.draft import AlertDraft, Content, FollowUpContent, texts_of
from alerts.errors import ApprovalMissing
from alerts.lifecycle import alert_of
from alerts.models import (
    Alert,
    AlertRelease,
    AlertStatus,
    ApprovalStep,
    ReleaseKind,
    StepKind,
    Work,
)
from areas.targets.target import Target
from areas.targets.whole_districts import whole_districts
from config import current_config
from staff.models import Staff
from staff.permissions import Permission


@dataclass(frozen=True)
class Approval:
    """Why an alert must be approved (nothing: it need not), and what is still missing for it."""

    reasons: Sequence[Reason]
    fault: str | None

    @property
    def is_due(self) -> bool:
        """Whether somebody else must approve it."""
        return bool(self.reasons)

    @property
    def is_missing(self) -> bool:
        """Whether it cannot be sent for want of approval."""
        return self.is_due and self.fault is not None


def content_of(session: Session, work: Work) -> Content:
    """What is read and approved, as it is now."""
    if isinstance(work, Alert):
        return AlertDraft.of(work)
    last = select(func.max(AlertRelease.number)).where(AlertRelease.alert_id == work.alert.id)
    return FollowUpContent(
        follow_up=work.kind,
        texts=texts_of(work),
        alert=AlertDraft.of(work.alert).fingerprint(),
        sent=session.scalar(last) or 0,
    )


def approval_of(
    session: Session, work: Work, recipients: int, *, locking: bool = False
) -> Approval:
    """Whether it must be approved when it reaches so many, and whether it is.

    The rules are the same for an alert and for what follows it; a withdrawal never waits.
    ``locking`` keeps the approver's account as it is until the transaction ends.
    """
    if not isinstance(work, Alert) and work.kind is ReleaseKind.WITHDRAWAL:
        return Approval([], None)  # What is wrong must not stand until somebody has time.
    alert = alert_of(work)
    reach = Reach(
        recipients=recipients,
        severity=alert.severity if "severity" in alert.kind.row.fields else None,
        districts=len(alert.districts),
        whole_districts=len(whole_districts(session, Target.from_json(alert.target))),
    )
    reasons = reasons_for_approval(ApprovalRules.of(current_config()), reach)
    return Approval(reasons, _fault(session, work, locking))


def require_approval(session: Session, work: Work, recipients: int) -> None:
    """Raise :class:`ApprovalMissing` if it must be approved and is not. Needs the alert's lock."""
    approval = approval_of(session, work, recipients, locking=True)
    if approval.is_missing:
        raise ApprovalMissing(
            approval.fault, reasons=[reason.kind.value for reason in approval.reasons]
        )


def _fault(session: Session, work: Work, locking: bool) -> str | None:
    step = last_step(work)
    as_it_is = step is not None and step.fingerprint == content_of(session, work).fingerprint()
    if step is not None and as_it_is and step.kind is StepKind.UNAPPROVED:
        return None
    is_approved = (
        work.status is AlertStatus.APPROVED and step is not None and step.kind is StepKind.APPROVED
    )
    if step is None or not is_approved:
        return str(_("En anden skal godkende det, før det kan sendes."))
    if not as_it_is:
        return str(
            _(
                "Varslet, eller det, der er sendt om det, er ændret, siden det blev godkendt. Tag"
                " det tilbage, læs det igen, og send det til godkendelse igen."
            )
        )
    if step.staff_id in authors_of(work):
        return str(_("Den, der har godkendt det, har også skrevet på det. En anden skal godkende."))
    lost = standing_fault(session, step.staff_id, alert_of(work), locking=locking)
    return lost and str(
        _(
            "Godkendelsen gælder ikke mere: %(why)s Tag det tilbage, og send det til"
            " godkendelse igen.",
            why=lost,
        )
    )


def standing_fault(
    session: Session, staff_id: int, alert: Alert, *, locking: bool = False
) -> str | None:
    """Why this person cannot approve the alert, by their account as it is now; None if they can.

    Of an alert to several districts, it is enough to work for one of them.
    """
    query = select(Staff).where(Staff.id == staff_id).execution_options(populate_existing=True)
    if locking:
        query = query.with_for_update(read=True, of=Staff)
    staff = session.scalars(query).one()
    if not staff.active:
        return str(_("%(name)s har ikke længere en aktiv konto.", name=staff.name))
    if Permission.ALERT_APPROVE not in staff.permissions:
        return str(_("%(name)s har ikke længere ret til at godkende.", name=staff.name))
    if staff.district_codes.isdisjoint(alert.district_codes):
        return str(_("%(name)s arbejder ikke for nogen af varslets politikredse.", name=staff.name))
    return None


def authors_of(work: Work) -> frozenset[int]:
    """The staff who may not approve it: who wrote it, changed it last, or asked for approval."""
    asked = [step.staff_id for step in work.approval_steps if step.kind is StepKind.SUBMITTED]
    return frozenset({work.created_by, work.edited_by or work.created_by, *asked[-1:]})


def last_step(work: Work) -> ApprovalStep | None:
    """The newest step, if there is one."""
    return work.approval_steps[-1] if work.approval_steps else None


def standing_return(work: Work) -> ApprovalStep | None:
    """The last time an approver gave it back, unless one has approved it since."""
    decided = [
        step for step in work.approval_steps if step.kind in {StepKind.APPROVED, StepKind.RETURNED}
    ]
    return decided[-1] if decided and decided[-1].kind is StepKind.RETURNED else None


def reason_for_wording(session: Session, work: Work) -> str | None:
    """Why its texts say what the rules of wording call grave, as it was submitted; None if changed.

    The texts are what counts: when it goes, and where, does not change them.
    """
    asked = [step for step in work.approval_steps if step.kind is StepKind.SUBMITTED]
    if not asked or "texts" in content_of(session, work).changed_since(asked[-1].version):
        return None
    return asked[-1].wording_reason


def earlier_reason(work: Work) -> str:
    """The last reason that was written for its wording, to be confirmed for a text that changed."""
    written = [step.wording_reason for step in work.approval_steps if step.wording_reason]
    return written[-1] if written else ""


def changed_since_decision(session: Session, work: Work) -> list[str]:
    """The fields that were changed since somebody last approved or returned it."""
    decided = [
        step for step in work.approval_steps if step.kind in {StepKind.APPROVED, StepKind.RETURNED}
    ]
    return content_of(session, work).changed_since(decided[-1].version) if decided else []
