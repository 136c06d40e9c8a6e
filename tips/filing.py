"""Opening cases and putting tips on them."""

from __future__ import annotations

from collections.abc import Iterable

import structlog
from flask_babel import gettext as _
from sqlalchemy import func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from alerts.models import Alert
from audit.trail import record
from staff.actor import Actor
from tips.errors import CaseOfAnotherDistrict
from tips.models import (
    Case,
    CaseAppeal,
    CaseDistrict,
    CaseSender,
    CaseStatus,
    Tip,
    TipDistrict,
    TipEvent,
    TipEventKind,
)
from tips.routing import Route

log = structlog.get_logger(__name__)

TITLE_LENGTH = 200


def open_case(session: Session, alert: Alert) -> None:
    """Tie a published alert to the case it refers to, opening or reopening that case.

    An alert without a case reference has no case: its tips wait in the unassigned queue. Tips
    that waited for this case, or came on this alert, are put on it. A case is shared with further
    districts only by an alert that one of its own districts has a part in; for any other this
    raises :class:`CaseOfAnotherDistrict`, and the alert is not published.
    """
    if alert.case_reference is None:
        return
    case = _ensure_case(session, alert.case_reference, alert.text("da").title)
    lock_case(session, case)
    known = case.district_codes
    if known and known.isdisjoint(alert.district_codes):
        raise CaseOfAnotherDistrict(
            _(
                "Journalnummeret %(reference)s hører til en sag i en anden politikreds. "
                "Tjek nummeret, eller lad kredsen selv sende varslet.",
                reference=case.reference,
            )
        )
    if case.status is CaseStatus.CLOSED:
        case.status = CaseStatus.OPEN
        record(session, None, "case.reopened", "case", case.id, alert=alert.id)
    new = [code for code in alert.district_codes if code not in known]
    case.districts += [CaseDistrict(code=code) for code in new]
    if new and known:
        # Investigators of other districts can read the case's tips from now on.
        record(session, None, "case.shared", "case", case.id, alert=alert.id, districts=new)
    appeal = session.scalar(select(CaseAppeal).where(CaseAppeal.alert_code == alert.code))
    if appeal is None:
        session.add(CaseAppeal(case_id=case.id, alert_code=alert.code))
    session.flush()
    waiting = session.scalars(
        select(Tip)
        .where(
            Tip.case_id.is_(None),
            Tip.choice_id.is_(None),
            or_(Tip.stated_reference == case.reference, Tip.alert_code == alert.code),
        )
        .order_by(Tip.id)
        .with_for_update(of=Tip)
    )
    for tip in waiting:
        place_on_case(session, tip, case, Route.REFERENCE)


def _ensure_case(session: Session, reference: str, title: str) -> Case:
    """The case with this reference, opened now if there is none. Safe against a racing twin."""
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
    """Hold the case's row until the transaction ends: its senders are numbered one by one."""
    session.execute(select(Case.id).where(Case.id == case.id).with_for_update())


def place_on_case(
    session: Session,
    tip: Tip,
    case: Case,
    route: Route,
    *,
    actor: Actor | None = None,
    note: str | None = None,
) -> None:
    """Put a tip on a case, from the unassigned queue or another case, and write its history.

    The sender gets a number of the case's own, so that no two cases show who wrote to both.
    """
    session.add(
        TipEvent(
            tip_id=tip.id,
            kind=TipEventKind.FILED,
            staff_id=actor.staff_id if actor else None,
            from_case_id=tip.case_id,
            to_case_id=case.id,
            note=note,
        )
    )
    tip.case = case
    tip.case_id = case.id
    tip.route = route
    tip.choice_id = None
    tip.districts.clear()
    if tip.sender_hash is not None:
        _number_sender(session, case, tip.sender_hash)
    session.flush()
    log.info("tip_filed", tip=tip.id, case=case.id, route=route.value)


def _number_sender(session: Session, case: Case, sender_hash: bytes) -> None:
    lock_case(session, case)
    if session.get(CaseSender, (case.id, sender_hash)) is not None:
        return
    highest = session.scalar(
        select(func.max(CaseSender.number)).where(CaseSender.case_id == case.id)
    )
    session.add(CaseSender(case_id=case.id, sender_hash=sender_hash, number=(highest or 0) + 1))


def concern_districts(tip: Tip, codes: Iterable[str]) -> None:
    """Say which police districts an unassigned tip seems to concern; none means all of them."""
    wanted = set(codes)
    tip.districts[:] = [known for known in tip.districts if known.code in wanted]
    present = {known.code for known in tip.districts}
    tip.districts += [TipDistrict(code=code) for code in sorted(wanted - present)]
