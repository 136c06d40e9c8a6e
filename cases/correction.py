"""Correcting a case whose number, districts or appeals are wrong; for administrators.

Every correction has a reason, is recorded in the case's history and in the audit trail, and
moves what belongs to the case along with it. Correcting a case gives no access to its tips.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import structlog
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from audit.trail import record
from cases.errors import CaseNotFound, InvalidCorrection
from cases.hooks import Correction, announce
from cases.journal_prefixes import district_names
from cases.lookup import any_case, cases_with
from cases.models import Case, CaseAppeal, CaseChange, CaseChangeKind
from cases.opening import case_of_districts, lock_case, new_case
from cases.references import parse_case_reference
from staff.actor import Actor
from staff.districts import check_districts

log = structlog.get_logger(__name__)


def change_reference(
    session: Session, actor: Actor, case_id: int, reference: str, reason: str
) -> Case:
    """Correct a case's number; its appeals show the new one from now on.

    Raises CaseNotFound, or InvalidCorrection if one of its districts already has a case with
    that number.
    """
    case = _locked_case(session, case_id)
    wanted = _parse(reference)
    before = case.reference
    if wanted == before:
        raise _invalid("reference", _("Sagen har allerede det nummer."))
    _require_free(session, case, wanted, case.district_codes)
    case.reference = wanted
    for district in case.districts:
        district.reference = wanted
    _record_change(session, actor, case, CaseChangeKind.REFERENCE, before, wanted, reason)
    record(session, actor, "case.reference_changed", "case", case.id, before=before, after=wanted)
    codes = [appeal.alert_code for appeal in case.appeals]
    announce(session, Correction(case, actor, codes))
    return case


def change_districts(
    session: Session, actor: Actor, case_id: int, districts: Collection[str], reason: str
) -> Case:
    """Set which police districts a case belongs to: only their investigators can see it.

    Raises CaseNotFound, Invalid for an unknown district, or InvalidCorrection.
    """
    case = _locked_case(session, case_id)
    wanted = frozenset(districts)
    before = case.district_codes
    if not wanted:
        raise _invalid("districts", _("Vælg mindst én politikreds."))
    check_districts(session, wanted)
    if wanted == before:
        raise _invalid("districts", _("Sagen hører allerede til de kredse."))
    _require_free(session, case, case.reference, wanted)
    case.districts[:] = [district for district in case.districts if district.code in wanted]
    case.add_districts(sorted(wanted - before))
    _record_change(
        session, actor, case, CaseChangeKind.DISTRICTS,
        ", ".join(sorted(before)), ", ".join(sorted(wanted)), reason,
    )  # fmt: skip
    record(
        session, actor, "case.districts_changed", "case", case.id,
        before=sorted(before), after=sorted(wanted),
    )  # fmt: skip
    announce(session, Correction(case, actor))
    return case


def move_appeal(
    session: Session, actor: Actor, alert_code: str, reference: str, districts: Collection[str],
    reason: str,
) -> Case:  # fmt: skip
    """Move an appeal, and the tips received on it, to these districts' case with this number.

    Opens the case if there is none. ``districts`` defaults to those of the appeal's current case.
    Raises CaseNotFound, Invalid for an unknown district, or InvalidCorrection.
    """
    appeal = session.scalar(select(CaseAppeal).where(CaseAppeal.alert_code == alert_code))
    if appeal is None:
        raise CaseNotFound(_("Varslet %(code)s hører ikke til en sag.", code=alert_code))
    old = _locked_case(session, appeal.case_id)
    wanted = _parse(reference)
    codes = frozenset(districts) or old.district_codes
    check_districts(session, codes)
    case = case_of_districts(session, wanted, codes) or new_case(
        session, wanted, appeal.title, codes
    )
    if case.id == old.id:
        raise _invalid("reference", _("Varslet ligger allerede på den sag."))
    lock_case(session, case)
    appeal.case_id = case.id
    for side, kind in ((old, CaseChangeKind.APPEAL_LEFT), (case, CaseChangeKind.APPEAL_JOINED)):
        _record_change(
            session, actor, side, kind, old.reference, case.reference, reason, alert_code
        )
    record(session, actor, "case.appeal_moved", "case", old.id, alert=alert_code, after=case.id)
    session.flush()
    session.expire(old, ["appeals"])
    session.expire(case, ["appeals"])
    announce(session, Correction(case, actor, [alert_code], left=old.id))
    return case


def history_of(session: Session, case: Case) -> Sequence[CaseChange]:
    """The corrections of a case, latest first."""
    return session.scalars(
        select(CaseChange)
        .where(CaseChange.case_id == case.id)
        .options(selectinload(CaseChange.staff))
        .order_by(CaseChange.id.desc())
    ).all()


def find_to_correct(session: Session, reference: str) -> list[Case]:
    """Every case with this number, in any format; raises InvalidCorrection if it is malformed."""
    return cases_with(session, _parse(reference))


def _locked_case(session: Session, case_id: int) -> Case:
    case = any_case(session, case_id)
    lock_case(session, case)
    session.refresh(case)
    return case


def _parse(reference: str) -> str:
    parsed = parse_case_reference(reference)
    if parsed is None:
        raise _invalid(
            "reference",
            _("»%(typed)s« er ikke et sagsnummer. Skriv det som 0900-10161-00018-24.",
              typed=reference.strip()[:40]),
        )  # fmt: skip
    return parsed


def _require_free(session: Session, case: Case, reference: str, districts: Collection[str]) -> None:
    """Raise InvalidCorrection if a district already has another case with this number."""
    taken = {
        code
        for other in cases_with(session, reference)
        if other.id != case.id
        for code in other.district_codes & frozenset(districts)
    }
    if taken:
        raise _invalid(
            "reference",
            _("%(district)s har allerede sag %(reference)s. Flyt varslerne til den i stedet.",
              district=", ".join(district_names(session, taken)), reference=reference),
        )  # fmt: skip


def _record_change(
    session: Session, actor: Actor, case: Case, kind: CaseChangeKind, before: str, after: str,
    reason: str, alert_code: str | None = None,
) -> None:  # fmt: skip
    session.add(
        CaseChange(
            case_id=case.id, staff_id=actor.staff_id, kind=kind, before=before, after=after,
            reason=reason, alert_code=alert_code,
        )
    )  # fmt: skip
    session.flush()
    log.info("case_corrected", case=case.id, kind=kind.value)


def _invalid(name: str, message: str) -> InvalidCorrection:
    return InvalidCorrection(message, fields={name: [message]})
