"""Opening a case by an appeal, closing it, and working on it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from audit.trail import record
from cases.errors import CaseOfAnotherDistrict
from cases.lookup import find_case
from cases.models import Case, CaseAppeal, CaseDistrict, CaseStatus
from staff.actor import Actor

log = structlog.get_logger(__name__)

TITLE_LENGTH = 200


@dataclass(frozen=True)
class Appeal:
    """A published alert that refers to a case; ``districts`` are those its target lies in."""

    alert_code: str
    reference: str
    title: str
    districts: Sequence[str]


def open_case(session: Session, appeal: Appeal) -> Case:
    """Tie an appeal to the case it refers to, opening or reopening that case.

    A case is shared with further districts only by an appeal that one of its own districts has a
    part in; for any other this raises :class:`CaseOfAnotherDistrict`.
    """
    case = _ensure_case(session, appeal.reference, appeal.title)
    lock_case(session, case)
    known = case.district_codes
    if known and known.isdisjoint(appeal.districts):
        raise CaseOfAnotherDistrict(
            _(
                "Sagsnummeret %(reference)s hører til en sag i en anden politikreds. "
                "Tjek nummeret, eller lad kredsen selv sende varslet.",
                reference=case.reference,
            )
        )
    if case.status is CaseStatus.CLOSED:
        case.status = CaseStatus.OPEN
        record(session, None, "case.reopened", "case", case.id, alert=appeal.alert_code)
    new = [code for code in appeal.districts if code not in known]
    case.districts += [CaseDistrict(code=code) for code in new]
    if new and known:
        # Investigators of other districts can read the case's tips from now on.
        record(
            session, None, "case.shared", "case", case.id,
            alert=appeal.alert_code, districts=new,
        )  # fmt: skip
    tied = select(CaseAppeal).where(CaseAppeal.alert_code == appeal.alert_code)
    if session.scalar(tied) is None:
        session.add(CaseAppeal(case_id=case.id, alert_code=appeal.alert_code))
    session.flush()
    return case


def close_case(session: Session, actor: Actor, case_id: int) -> Case:
    """Note that nobody works on the case any more. Late tips still come in."""
    return _set_status(session, actor, case_id, CaseStatus.CLOSED, "case.closed")


def reopen_case(session: Session, actor: Actor, case_id: int) -> Case:
    """Work on a closed case again."""
    return _set_status(session, actor, case_id, CaseStatus.OPEN, "case.reopened")


def _set_status(
    session: Session, actor: Actor, case_id: int, status: CaseStatus, action: str
) -> Case:
    found = find_case(session, actor, case_id)
    if found.status is not status:
        found.status = status
        record(session, actor, action, "case", found.id)
        log.info("case_status_changed", case=found.id, status=status.value)
    return found


def _ensure_case(session: Session, reference: str, title: str) -> Case:
    """The case with this reference, opened now if there is none. Two at once open only one."""
    find = select(Case).where(Case.reference == reference)
    case = session.scalar(find)
    if case is not None:
        return case
    try:
        with session.begin_nested():
            case = Case(reference=reference, title=title[:TITLE_LENGTH])
            session.add(case)
    except IntegrityError:
        return session.scalars(find).one()
    record(session, None, "case.opened", "case", case.id)
    log.info("case_opened", case=case.id)
    return case


def lock_case(session: Session, case: Case) -> None:
    """Hold the case's row until the transaction ends."""
    session.execute(select(Case.id).where(Case.id == case.id).with_for_update())
