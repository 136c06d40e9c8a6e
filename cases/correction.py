"""Correcting a case whose number, district or appeals are wrong: an administrator's work.

Every correction has a reason, is kept in the case's history and in the audit trail, and moves
what belongs to the case along with it. Nobody who corrects a case reads its tips by that.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import structlog
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from audit.trail import record
from cases.districts import district_names
from cases.errors import CaseNotFound, InvalidCorrection
from cases.hooks import Correction, announce
from cases.lookup import any_case, cases_with
from cases.models import Case, CaseAppeal, CaseChange, CaseChangeKind
from cases.opening import lock_case, new_case, own_case
from cases.references import parse_case_reference
from staff.actor import Actor
from staff.districts import check_districts

log = structlog.get_logger(__name__)


def change_reference(
    session: Session, actor: Actor, case_id: int, reference: str, reason: str
) -> Case:
    """Give a case the number that it should have had; its appeals show it from now on.

    Raises CaseNotFound, or InvalidCorrection if one of its districts has a case with it already.
    """
    case = _hold(session, case_id)
    wanted = _parse(reference)
    before = case.reference
    if wanted == before:
        raise _refuse("reference", _("Sagen har allerede det nummer."))
    _require_free(session, case, wanted, case.district_codes)
    case.reference = wanted
    for district in case.districts:
        district.reference = wanted
    _keep(session, actor, case, CaseChangeKind.REFERENCE, before, wanted, reason)
    record(session, actor, "case.reference_changed", "case", case.id, before=before, after=wanted)
    codes = [appeal.alert_code for appeal in case.appeals]
    announce(session, Correction(case, actor, codes))
    return case


def change_districts(
    session: Session, actor: Actor, case_id: int, districts: Collection[str], reason: str
) -> Case:
    """Say which police districts a case belongs to: only their investigators see it from now on.

    Raises CaseNotFound, Invalid for an unknown district, or InvalidCorrection.
    """
    case = _hold(session, case_id)
    wanted = frozenset(districts)
    before = case.district_codes
    if not wanted:
        raise _refuse("districts", _("Vælg mindst én politikreds."))
    check_districts(session, wanted)
    if wanted == before:
        raise _refuse("districts", _("Sagen hører allerede til de kredse."))
    _require_free(session, case, case.reference, wanted)
    case.districts[:] = [district for district in case.districts if district.code in wanted]
    case.add_districts(sorted(wanted - before))
    _keep(
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
    """Put an appeal, and the tips that came on it, on the case of these districts with a number.

    The case is opened if there is none. Without ``districts`` it is one of those that the appeal's
    case belongs to. Raises CaseNotFound, Invalid for an unknown district, or InvalidCorrection.
    """
    appeal = session.scalar(select(CaseAppeal).where(CaseAppeal.alert_code == alert_code))
    if appeal is None:
        raise CaseNotFound(_("Varslet %(code)s hører ikke til en sag.", code=alert_code))
    old = _hold(session, appeal.case_id)
    wanted = _parse(reference)
    codes = frozenset(districts) or old.district_codes
    check_districts(session, codes)
    case = own_case(session, wanted, codes) or new_case(session, wanted, appeal.title, codes)
    if case.id == old.id:
        raise _refuse("reference", _("Varslet ligger allerede på den sag."))
    lock_case(session, case)
    appeal.case_id = case.id
    for side, kind in ((old, CaseChangeKind.APPEAL_LEFT), (case, CaseChangeKind.APPEAL_JOINED)):
        _keep(session, actor, side, kind, old.reference, case.reference, reason, alert_code)
    record(session, actor, "case.appeal_moved", "case", old.id, alert=alert_code, after=case.id)
    session.flush()
    session.expire(old, ["appeals"])
    session.expire(case, ["appeals"])
    announce(session, Correction(case, actor, [alert_code], left=old.id))
    return case


def history_of(session: Session, case: Case) -> Sequence[CaseChange]:
    """The corrections of a case, the latest first."""
    return session.scalars(
        select(CaseChange)
        .where(CaseChange.case_id == case.id)
        .options(selectinload(CaseChange.staff))
        .order_by(CaseChange.id.desc())
    ).all()


def find_to_correct(session: Session, reference: str) -> list[Case]:
    """Every case with this number, in any spelling; raises InvalidCorrection if it is none."""
    return cases_with(session, _parse(reference))


def _hold(session: Session, case_id: int) -> Case:
    case = any_case(session, case_id)
    lock_case(session, case)
    session.refresh(case)
    return case


def _parse(reference: str) -> str:
    parsed = parse_case_reference(reference)
    if parsed is None:
        raise _refuse(
            "reference",
            _("»%(typed)s« er ikke et sagsnummer. Skriv det som 0900-10161-00018-24.",
              typed=reference.strip()[:40]),
        )  # fmt: skip
    return parsed


def _require_free(session: Session, case: Case, reference: str, districts: Collection[str]) -> None:
    """Within a district a number names one case."""
    taken = {
        code
        for other in cases_with(session, reference)
        if other.id != case.id
        for code in other.district_codes & frozenset(districts)
    }
    if taken:
        raise _refuse(
            "reference",
            _("%(district)s har allerede sag %(reference)s. Flyt varslerne til den i stedet.",
              district=", ".join(district_names(session, taken)), reference=reference),
        )  # fmt: skip


def _keep(
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


def _refuse(name: str, message: str) -> InvalidCorrection:
    return InvalidCorrection(message, fields={name: [message]})
