"""Open cases on which nothing has happened for long: their tips are kept until they are closed.

None is closed, and nothing of it is deleted, by itself: its districts are told.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from alerts.models import Alert, AlertRelease
from cases.lookup import is_visible
from cases.models import Case, CaseAppeal, CaseChange, CaseStatus
from config import current_config
from database import utcnow
from staff.actor import Actor
from tips.models import Tip, TipEvent


def is_quiet(before: datetime) -> ColumnElement[bool]:
    """The condition on an open case that nobody has done anything on it since ``before``.

    What counts: a tip or what was done with one, something sent, a correction, being opened,
    reopened or confirmed.
    """
    return and_(
        Case.status == CaseStatus.OPEN,
        Case.opened_at < before,
        or_(Case.confirmed_at.is_(None), Case.confirmed_at < before),
        ~exists().where(Tip.case_id == Case.id, Tip.received_at >= before),
        ~exists().where(Tip.case_id == Case.id, TipEvent.tip_id == Tip.id, TipEvent.at >= before),
        ~exists().where(CaseChange.case_id == Case.id, CaseChange.at >= before),
        ~exists().where(
            CaseAppeal.case_id == Case.id,
            CaseAppeal.alert_code == Alert.code,
            AlertRelease.alert_id == Alert.id,
            AlertRelease.created_at >= before,
        ),
    )


def quiet_since() -> datetime:
    """Since when nothing must have happened on a case for its districts to be told."""
    return utcnow() - timedelta(days=current_config().quiet_case_days)


def count_quiet_cases(session: Session, before: datetime) -> int:
    """How many cases of all districts have been quiet since ``before``."""
    return session.scalar(select(func.count()).where(is_quiet(before))) or 0


def quiet_cases(session: Session, actor: Actor) -> list[int]:
    """The ids of the actor's cases that are quiet, the oldest first."""
    found = select(Case.id).where(is_visible(actor), is_quiet(quiet_since())).order_by(Case.id)
    return list(session.scalars(found))
