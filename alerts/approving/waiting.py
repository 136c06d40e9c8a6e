"""What waits for an approver, what an author was answered, and what was sent without approval."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import ColumnElement, ScalarSelect, and_, case, func, or_, select
from sqlalchemy.orm import Session

from alerts.approving.approval import authors_of
from alerts.models import Alert, AlertDistrict, AlertStatus, ApprovalStep, Severity, StepKind
from database import utcnow
from staff.actor import Actor

MOST = 20
REJECTED_FOR = timedelta(days=7)
UNAPPROVED_FOR = timedelta(days=14)
"""How long the front page shows what was rejected, and what was sent without approval."""


def waiting_for(session: Session, actor: Actor) -> list[Alert]:
    """The submitted alerts that this person can decide about: the most severe, then the oldest."""
    rank = case({each.value: at for at, each in enumerate(Severity)}, value=Alert.severity)
    query = (
        select(Alert)
        .join(ApprovalStep, ApprovalStep.id == _last_step())
        .where(Alert.status == AlertStatus.SUBMITTED, _in_districts(actor.districts))
        .order_by(rank, ApprovalStep.at, Alert.id)
    )
    found = [alert for alert in session.scalars(query) if actor.staff_id not in authors_of(alert)]
    return found[:MOST]


def answered(session: Session, actor: Actor) -> list[ApprovalStep]:
    """The decisions about this person's alerts that wait for their next step, newest first.

    What was rejected needs none: it is shown for a week.
    """
    decided = {
        StepKind.APPROVED: AlertStatus.APPROVED,
        StepKind.RETURNED: AlertStatus.RETURNED,
        StepKind.REJECTED: AlertStatus.REJECTED,
    }
    current = or_(
        *(and_(ApprovalStep.kind == kind, Alert.status == now) for kind, now in decided.items())
    )
    mine = or_(
        Alert.created_by == actor.staff_id,
        Alert.edited_by == actor.staff_id,
        Alert.approval_steps.any(
            and_(ApprovalStep.kind == StepKind.SUBMITTED, ApprovalStep.staff_id == actor.staff_id)
        ),
    )
    is_fresh = or_(Alert.status != AlertStatus.REJECTED, ApprovalStep.at > utcnow() - REJECTED_FOR)
    query = (
        select(ApprovalStep)
        .join(Alert, Alert.id == ApprovalStep.alert_id)
        .where(ApprovalStep.id == _last_step(), current, mine, is_fresh)
        .where(_in_districts(actor.districts))
        .order_by(ApprovalStep.at.desc())
        .limit(MOST)
    )
    return list(session.scalars(query))


def sent_unapproved(session: Session, actor: Actor) -> list[ApprovalStep]:
    """What was lately sent without approval in this person's districts, the newest first.

    Administrators without districts look after all of them.
    """
    query = (
        select(ApprovalStep)
        .join(Alert, Alert.id == ApprovalStep.alert_id)
        .where(
            ApprovalStep.kind == StepKind.UNAPPROVED,
            ApprovalStep.at > utcnow() - UNAPPROVED_FOR,
        )
        .order_by(ApprovalStep.at.desc())
        .limit(MOST)
    )
    if actor.districts:
        query = query.where(_in_districts(actor.districts))
    return list(session.scalars(query))


def _in_districts(districts: Collection[str]) -> ColumnElement[bool]:
    return Alert.id.in_(
        select(AlertDistrict.alert_id).where(AlertDistrict.district_code.in_(districts))
    )


def _last_step() -> ScalarSelect[int]:
    return (
        select(func.max(ApprovalStep.id))
        .where(ApprovalStep.alert_id == Alert.id)
        .correlate(Alert)
        .scalar_subquery()
    )
