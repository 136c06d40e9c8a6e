"""Letting accounts that were closed long ago forget whose they were.

The row stays, with its number, so that what it did on tips, cases and alerts keeps an author. The
audit trail has names of its own, which go with its entries.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from audit.trail import record
from staff.models import Staff
from staff.sign_in.passwords import hash_password, temporary_password

ACCOUNTS_AT_ONCE = 20


def count_departed_staff(session: Session, before: datetime) -> int:
    """How many accounts are to forget whose they were."""
    return session.scalar(select(func.count()).where(_has_left(before))) or 0


def forget_departed_staff(session: Session, before: datetime) -> int:
    """Anonymise some accounts that were closed before a time; returns how many."""
    departed = session.scalars(
        select(Staff)
        .where(_has_left(before))
        .order_by(Staff.id)
        .limit(ACCOUNTS_AT_ONCE)
        .with_for_update(of=Staff, skip_locked=True)
    ).all()
    for staff in departed:
        staff.anonymise()
        staff.password = hash_password(temporary_password())
        record(session, None, "staff.anonymised", "staff", staff.id)
    session.flush()
    return len(departed)


def _has_left(before: datetime) -> ColumnElement[bool]:
    return and_(
        Staff.active.is_(False), Staff.deactivated_at < before, Staff.anonymised_at.is_(None)
    )
