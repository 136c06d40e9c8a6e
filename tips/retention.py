"""Deleting tips some time after their case was closed, and cases that nothing is left of.

Tips that nobody has read stay, however old they are, and so do the tips of open cases. A tip that
came to its case after it was closed is kept as long as if the case had been closed then.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select
from sqlalchemy.orm import Session

from alerts.models import Alert
from cases.models import Case, CaseAppeal, CaseStatus
from config import current_config
from database import among
from tips.models import CaseSender, Tip, TipEvent, TipEventKind, TipStatus

TIPS_AT_ONCE = 1_000
CASES_AT_ONCE = 200


def kept_until(case: Case) -> datetime | None:
    """When the tips now on a closed case are deleted at the earliest; None for an open one."""
    if case.closed_at is None:
        return None
    return case.closed_at + timedelta(days=current_config().keep_tips_days)


def count_old_tips(session: Session, before: datetime) -> int:
    """How many tips are to be deleted."""
    return session.scalar(select(func.count()).where(_is_old(before), _is_read())) or 0


def count_unread_tips(session: Session, before: datetime) -> int:
    """How many tips are as old, and stay because nobody has read them."""
    return session.scalar(select(func.count()).where(_is_old(before), ~_is_read())) or 0


def forget_tips(session: Session, before: datetime) -> int:
    """Delete some tips, with their history and what recognised their senders; returns how many."""
    found = session.execute(
        select(Tip.id, Tip.case_id)
        .where(_is_old(before), _is_read())
        .order_by(Tip.id)
        .limit(TIPS_AT_ONCE)
        .with_for_update(of=Tip, skip_locked=True)
    ).all()
    # One that is being reopened, or gets a tip right now, is left for the next time.
    cases = _lock_closed(session, {row.case_id for row in found if row.case_id}, before)
    ids = [row.id for row in found if row.case_id is None or row.case_id in cases]
    if ids:
        session.execute(
            delete(Tip)
            .where(among(session, Tip.id, ids))
            .execution_options(synchronize_session=False)
        )
        _forget_senders(session, cases)
    return len(ids)


def count_empty_cases(session: Session, before: datetime) -> int:
    """How many cases are to be deleted."""
    return session.scalar(select(func.count()).where(_is_empty(before))) or 0


def forget_empty_cases(session: Session, before: datetime) -> int:
    """Delete some closed cases of which neither tips nor alerts are left; returns how many."""
    ids = session.scalars(
        select(Case.id)
        .where(_is_empty(before))
        .order_by(Case.id)
        .limit(CASES_AT_ONCE)
        .with_for_update(of=Case, skip_locked=True)
    ).all()
    session.execute(
        delete(Case).where(Case.id.in_(ids)).execution_options(synchronize_session=False)
    )
    return len(ids)


def _is_closed(before: datetime) -> ColumnElement[bool]:
    return and_(Case.status == CaseStatus.CLOSED, Case.closed_at < before)


def _is_read() -> ColumnElement[bool]:
    return Tip.status != TipStatus.NEW


def _is_old(before: datetime) -> ColumnElement[bool]:
    """Tips of cases that were closed before a time, and those of no case, that came before it."""
    came_later = exists().where(
        TipEvent.tip_id == Tip.id, TipEvent.kind == TipEventKind.FILED, TipEvent.at >= before
    )
    return and_(
        or_(Tip.case_id.is_(None), exists().where(Case.id == Tip.case_id, _is_closed(before))),
        Tip.received_at < before,
        ~came_later,
    )


def _is_empty(before: datetime) -> ColumnElement[bool]:
    return and_(
        _is_closed(before),
        ~exists().where(Tip.case_id == Case.id),
        ~exists().where(TipEvent.from_case_id == Case.id),
        ~exists().where(TipEvent.to_case_id == Case.id),
        ~exists().where(CaseAppeal.case_id == Case.id, CaseAppeal.alert_code == Alert.code),
    )


def _lock_closed(session: Session, case_ids: Collection[int], before: datetime) -> set[int]:
    """Those of these cases that are still closed, and that nobody else has locked."""
    closed = select(Case.id).where(Case.id.in_(case_ids), _is_closed(before)).order_by(Case.id)
    return set(session.scalars(closed.with_for_update(of=Case, skip_locked=True)))


def _forget_senders(session: Session, case_ids: Collection[int]) -> None:
    """Forget by what senders were recognised who have no tip left on these cases."""
    wrote = exists().where(
        Tip.case_id == CaseSender.case_id, Tip.sender_hash == CaseSender.sender_hash
    )
    session.execute(
        delete(CaseSender)
        .where(CaseSender.case_id.in_(case_ids), ~wrote)
        .execution_options(synchronize_session=False)
    )
