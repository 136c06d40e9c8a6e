"""Calling by SMS those who can approve what cannot wait until they look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.approving.approval import authors_of
from alerts.errors import NobodyToCall
from alerts.lifecycle import alert_of, lock, refuse
from alerts.models import Alert, AlertStatus, Work
from audit.models import AuditEntry
from audit.trail import record
from callout.phones import reachable, send_to_staff
from config import current_config
from database import utcnow
from staff.actor import Actor, require_districts, require_permission
from staff.models import Staff, StaffDistrict
from staff.permissions import Permission
from web.languages.choice import DEFAULT_LANGUAGE, speaking
from web.languages.public_addresses import public_address
from web.texts.filters import format_time

CALLED = "alert.approvers_called"
NOT_AGAIN = timedelta(minutes=5)
"""How long after a call the same people are not called about the same thing again."""


@dataclass(frozen=True)
class Approvers:
    """Who can approve something now: ``reached`` by phone, and those who are ``not_reached``.

    ``called_at`` and ``called``: when somebody last called them about it, and whom.
    """

    reached: Sequence[Staff]
    not_reached: Sequence[Staff]
    called_at: datetime | None
    called: Sequence[Staff]

    @property
    def may_be_called(self) -> bool:
        """Whether somebody can be reached, and was not just called."""
        is_free = self.called_at is None or utcnow() > self.called_at + NOT_AGAIN
        return bool(self.reached) and is_free


def approvers_of(session: Session, work: Work) -> Approvers:
    """Those who can approve it: in one of its districts, and not its authors."""
    alert, authors = alert_of(work), authors_of(work)
    of_district = select(StaffDistrict.staff_id).where(
        StaffDistrict.district_code.in_(alert.district_codes)
    )
    active = session.scalars(
        select(Staff).where(Staff.active, Staff.id.in_(of_district)).order_by(Staff.name)
    )
    able = [
        staff
        for staff in active
        if Permission.ALERT_APPROVE in staff.permissions and staff.id not in authors
    ]
    ids = set(reachable(session, [staff.id for staff in able]))
    last = _last_call(session, work)
    return Approvers(
        [staff for staff in able if staff.id in ids],
        [staff for staff in able if staff.id not in ids],
        last.at if last else None,
        [session.get_one(Staff, id_) for id_ in last.detail["staff"]] if last else [],
    )


def call_approvers(session: Session, actor: Actor, work: Work) -> Sequence[Staff]:
    """Send an SMS with its address to all who can approve it; whom.

    It names the kind and who asks, and nothing of the text. Raises IllegalMove if it does not wait
    for approval, NobodyToCall, or NotAllowed.
    """
    lock(session, work)
    require_permission(actor, Permission.ALERT_COMPOSE)
    alert = alert_of(work)
    require_districts(actor, alert.district_codes)
    if work.status is not AlertStatus.SUBMITTED:
        raise refuse(work)
    approvers = approvers_of(session, work)
    if not approvers.reached:
        raise NobodyToCall(_("Ingen af dem, der kan godkende det, har en mobil i Varsko."))
    if not approvers.may_be_called:
        raise NobodyToCall(
            _(
                "De er tilkaldt kl. %(time)s. Du kan tilkalde dem igen efter %(minutes)s minutter.",
                time=format_time(approvers.called_at),
                minutes=int(NOT_AGAIN.total_seconds() // 60),
            )
        )
    with speaking(DEFAULT_LANGUAGE):
        body = _(
            "%(name)s beder dig godkende noget, der haster (%(kind)s): %(url)s",
            name=session.get_one(Staff, actor.staff_id).name,
            kind=alert.kind.row.name,
            url=public_address(current_config(), _page_of(work)),
        )
    told = send_to_staff(session, [staff.id for staff in approvers.reached], body, CALLED)
    called = [staff for staff in approvers.reached if staff.id in told]
    record(
        session, actor, CALLED, "alert", alert.id, code=alert.code, work=_key(work),
        staff=[staff.id for staff in called],
    )  # fmt: skip
    return called


def _last_call(session: Session, work: Work) -> AuditEntry | None:
    entries = session.scalars(
        select(AuditEntry)
        .where(AuditEntry.subject == "alert", AuditEntry.subject_id == str(alert_of(work).id))
        .where(AuditEntry.action == CALLED)
        .order_by(AuditEntry.id.desc())
    )
    return next((entry for entry in entries if entry.detail["work"] == _key(work)), None)


def _key(work: Work) -> str:
    """What the trail calls it: one submission, so that another one can be called for at once."""
    step = work.approval_steps[-1].id if work.approval_steps else 0
    return f"{'alert' if isinstance(work, Alert) else work.id}:{step}"


def _page_of(work: Work) -> str:
    code = alert_of(work).code
    return f"/staff/alerts/{code}" + (
        "/preview" if isinstance(work, Alert) else f"/follow-ups/{work.id}"
    )
