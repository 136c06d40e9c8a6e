"""Whether an alert is approved as it is now, if it must be: for pages, the API and the release."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.approving.rules import ApprovalRules, Reach, Reason, reasons_for_approval
from alerts.draft import AlertDraft
from alerts.errors import ApprovalMissing
from alerts.models import Alert, AlertStatus, ApprovalStep, StepKind
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


def approval_of(
    session: Session, alert: Alert, recipients: int, *, locking: bool = False
) -> Approval:
    """Whether the alert must be approved when it reaches so many, and whether it is.

    ``locking`` keeps the approver's account as it is until the transaction ends.
    """
    reach = Reach(
        recipients=recipients,
        severity=alert.severity if "severity" in alert.kind.row.fields else None,
        districts=len(alert.districts),
        whole_districts=len(whole_districts(session, Target.from_json(alert.target))),
    )
    reasons = reasons_for_approval(ApprovalRules.of(current_config()), reach)
    return Approval(reasons, _fault(session, alert, locking))


def require_approval(session: Session, alert: Alert, recipients: int) -> None:
    """Raise :class:`ApprovalMissing` if it must be approved and is not. Needs the alert's lock."""
    approval = approval_of(session, alert, recipients, locking=True)
    if approval.is_missing:
        raise ApprovalMissing(
            approval.fault, reasons=[reason.kind.value for reason in approval.reasons]
        )


def _fault(session: Session, alert: Alert, locking: bool) -> str | None:
    step = last_step(alert)
    as_it_is = step is not None and step.fingerprint == AlertDraft.of(alert).fingerprint()
    if step is not None and as_it_is and step.kind is StepKind.UNAPPROVED:
        return None
    is_approved = alert.status is AlertStatus.APPROVED
    if step is None or not as_it_is or not is_approved or step.kind is not StepKind.APPROVED:
        return str(_("En anden skal godkende varslet, før det kan sendes."))
    if step.staff_id in authors_of(alert):
        return str(
            _("Den, der har godkendt varslet, har også skrevet på det. En anden skal godkende.")
        )
    lost = standing_fault(session, step.staff_id, alert, locking=locking)
    return lost and str(
        _(
            "Godkendelsen gælder ikke mere: %(why)s Tag varslet tilbage, og send det til"
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


def authors_of(alert: Alert) -> frozenset[int]:
    """The staff who may not approve it: who wrote it, changed it last, or asked for approval."""
    asked = [step.staff_id for step in alert.approval_steps if step.kind is StepKind.SUBMITTED]
    return frozenset({alert.created_by, alert.edited_by or alert.created_by, *asked[-1:]})


def last_step(alert: Alert) -> ApprovalStep | None:
    """The newest step, if there is one."""
    return alert.approval_steps[-1] if alert.approval_steps else None


def changed_since_decision(alert: Alert) -> list[str]:
    """The fields that were changed since somebody last approved or returned it."""
    decided = [
        step for step in alert.approval_steps if step.kind in {StepKind.APPROVED, StepKind.RETURNED}
    ]
    return AlertDraft.of(alert).changed_since(decided[-1].version) if decided else []
