"""Opening a case for an appeal, closing it and reopening it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import structlog
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from audit.trail import record
from cases.errors import CaseOfAnotherDistrict
from cases.journal_prefixes import owner_of
from cases.lookup import cases_with, find_case
from cases.models import TITLE_LENGTH, Case, CaseAppeal, CaseStatus
from database import utcnow
from staff.actor import Actor

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Appeal:
    """A published alert that refers to a case; ``districts`` are those of its target."""

    alert_code: str
    reference: str
    title: str
    districts: Sequence[str]


def open_case(session: Session, appeal: Appeal) -> Case:
    """Add an appeal to its districts' case with this reference, opening or reopening the case.

    A case of other districts is never touched: if they have one with the same reference, the
    appeal gets a case of its own, because one of the two numbers is mistyped. This raises
    :class:`CaseOfAnotherDistrict` only if the number is known to belong to the other district.
    """
    case = case_of_districts(session, appeal.reference, appeal.districts)
    if case is None:
        require_own_number(session, appeal.reference, appeal.districts)
        case = new_case(session, appeal.reference, appeal.title, appeal.districts)
    lock_case(session, case)
    if case.status is CaseStatus.CLOSED:
        case.reopen()
        record(session, None, "case.reopened", "case", case.id, alert=appeal.alert_code)
    new = joining_districts(session, case, appeal.districts)
    if new:
        case.add_districts(new)
        # From now on investigators of these districts can read the case's tips.
        record(
            session, None, "case.shared", "case", case.id,
            alert=appeal.alert_code, districts=new,
        )  # fmt: skip
    tied = select(CaseAppeal).where(CaseAppeal.alert_code == appeal.alert_code)
    if session.scalar(tied) is None:
        session.add(
            CaseAppeal(
                case_id=case.id, alert_code=appeal.alert_code, title=appeal.title[:TITLE_LENGTH]
            )
        )
    session.flush()
    return case


def case_of_districts(session: Session, reference: str, districts: Collection[str]) -> Case | None:
    """The case with this reference that belongs to any of these districts.

    Of several, the one of the district that owns the number, else the oldest.
    """
    owner = owner_of(session, reference)
    cases = [
        case
        for case in cases_with(session, reference)
        if not case.district_codes.isdisjoint(districts)
    ]
    return min(cases, key=lambda case: (owner not in case.district_codes, case.id), default=None)


def joining_districts(session: Session, case: Case, districts: Collection[str]) -> list[str]:
    """The appeal's districts to add to the case: those without a case of this number."""
    taken = {code for other in cases_with(session, case.reference) for code in other.district_codes}
    return sorted(set(districts) - taken)


def require_own_number(session: Session, reference: str, districts: Collection[str]) -> None:
    """Raise :class:`CaseOfAnotherDistrict` if the number is known to be another district's."""
    owner = owner_of(session, reference)
    if owner is None or owner in districts:
        return
    if any(owner in case.district_codes for case in cases_with(session, reference)):
        raise CaseOfAnotherDistrict(
            _(
                "Sagsnummeret %(reference)s hører til en sag i en anden politikreds. "
                "Tjek nummeret, eller lad kredsen selv sende varslet.",
                reference=reference,
            )
        )


def new_case(session: Session, reference: str, title: str, districts: Collection[str]) -> Case:
    """Open a case, or return the one that the same district has just opened concurrently."""
    try:
        with session.begin_nested():
            case = Case(reference=reference, title=title[:TITLE_LENGTH])
            case.add_districts(sorted(set(districts)))
            session.add(case)
    except IntegrityError:
        found = case_of_districts(session, reference, districts)
        if found is None:
            raise
        return found
    record(session, None, "case.opened", "case", case.id)
    log.info("case_opened", case=case.id)
    return case


def close_case(session: Session, actor: Actor, case_id: int) -> Case:
    """Close a case. It still receives late tips."""
    return _set_status(session, actor, case_id, CaseStatus.CLOSED)


def reopen_case(session: Session, actor: Actor, case_id: int) -> Case:
    """Reopen a closed case."""
    return _set_status(session, actor, case_id, CaseStatus.OPEN)


def confirm_case(session: Session, actor: Actor, case_id: int) -> Case:
    """Note that an open case is still worked on, although nothing happens on it."""
    found = find_case(session, actor, case_id)
    if found.status is CaseStatus.OPEN:
        found.confirmed_at = utcnow()
        record(session, actor, "case.confirmed", "case", found.id)
    return found


def _set_status(session: Session, actor: Actor, case_id: int, status: CaseStatus) -> Case:
    found = find_case(session, actor, case_id)
    if found.status is status:
        return found
    if status is CaseStatus.CLOSED:
        found.close()
        record(session, actor, "case.closed", "case", found.id)
    else:
        found.reopen()
        record(session, actor, "case.reopened", "case", found.id)
    log.info("case_status_changed", case=found.id, status=status.value)
    return found


def lock_case(session: Session, case: Case) -> None:
    """Lock the case's row until the transaction ends."""
    session.execute(select(Case.id).where(Case.id == case.id).with_for_update())
