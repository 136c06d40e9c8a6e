"""Filing tips on cases."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import structlog
from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select
from sqlalchemy.orm import Session

from alerts.models import Alert
from cases.hooks import Correction
from cases.journal_prefixes import owner_of
from cases.lookup import case_of_appeal
from cases.models import Case
from cases.opening import lock_case
from staff.actor import Actor
from tips.models import CaseSender, Placement, Tip, TipDistrict, TipEvent, TipEventKind

log = structlog.get_logger(__name__)


def place_waiting(session: Session, alert: Alert) -> None:
    """File the tips that were waiting for a published alert's case, within its districts only.

    An alert without a case reference has no case: its tips wait in the unassigned queue, and so
    does every tip that may be another district's to decide on.
    """
    case = case_of_appeal(session, alert.code)
    if case is not None:
        _take_from_queue(session, case, [alert.code])


def follow_correction(session: Session, correction: Correction) -> None:
    """Move the tips of a moved appeal along with it, and file those that were waiting."""
    case, codes = correction.case, correction.alert_codes
    if correction.left is not None:
        came = select(Tip).where(Tip.case_id == correction.left, Tip.alert_code.in_(codes))
        for tip in session.scalars(came.order_by(Tip.id).with_for_update(of=Tip)):
            place_on_case(session, tip, case, Placement.STAFF, actor=correction.actor)
    _take_from_queue(session, case, codes)


def _take_from_queue(session: Session, case: Case, alert_codes: Collection[str]) -> None:
    answers = and_(
        Tip.alert_code.in_(alert_codes),
        or_(Tip.stated_reference.is_(None), Tip.stated_reference == case.reference),
    )
    waiting = session.scalars(
        select(Tip)
        .where(
            Tip.case_id.is_(None),
            Tip.choice_id.is_(None),
            or_(answers, _waits_for(session, case)),
        )
        .order_by(Tip.id)
        .with_for_update(of=Tip)
    )
    for tip in waiting:
        place_on_case(session, tip, case, Placement.REFERENCE)


def _waits_for(session: Session, case: Case) -> ColumnElement[bool]:
    """The condition on ``Tip`` that it names the case and is not another district's to decide on.

    If the number belongs to one of the case's districts, that is enough, unless the tip seems to
    concern other districts only. If the number's owner is unknown, the tip itself must concern
    the case's districts and no others. If the number is another district's, no tip matches.
    """
    codes = case.district_codes
    inside = exists().where(TipDistrict.tip_id == Tip.id, TipDistrict.code.in_(codes))
    outside = exists().where(TipDistrict.tip_id == Tip.id, TipDistrict.code.not_in(codes))
    states = Tip.stated_reference == case.reference
    owner = owner_of(session, case.reference)
    if owner is None:
        return and_(states, inside, ~outside)
    return and_(states, or_(inside, ~outside)) if owner in codes else false()


def place_on_case(
    session: Session,
    tip: Tip,
    case: Case,
    placement: Placement,
    *,
    actor: Actor | None = None,
    note: str | None = None,
) -> None:
    """File a tip on a case, from the unassigned queue or another case, and record it.

    Each case numbers its senders separately, so that comparing two cases does not show who wrote
    to both.
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
    tip.placement = placement
    tip.choice_id = None
    tip.districts.clear()
    if tip.sender_hash is not None:
        _number_sender(session, case, tip.sender_hash)
    session.flush()
    if actor is not None:
        log.info("tip_filed", tip=tip.id, case=case.id, placement=placement.value)


def _number_sender(session: Session, case: Case, sender_hash: bytes) -> None:
    lock_case(session, case)
    if session.get(CaseSender, (case.id, sender_hash)) is not None:
        return
    highest = session.scalar(
        select(func.max(CaseSender.number)).where(CaseSender.case_id == case.id)
    )
    session.add(CaseSender(case_id=case.id, sender_hash=sender_hash, number=(highest or 0) + 1))


def set_districts(tip: Tip, codes: Iterable[str]) -> None:
    """Set which police districts an unassigned tip may concern; none means all of them."""
    wanted = set(codes)
    tip.districts[:] = [known for known in tip.districts if known.code in wanted]
    present = {known.code for known in tip.districts}
    tip.districts += [TipDistrict(code=code) for code in sorted(wanted - present)]
