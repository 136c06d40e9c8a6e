"""What waits for an approver, what an author was answered, and what was sent without approval."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from alerts.approving.approval import authors_of
from alerts.lifecycle import allows_follow_up
from alerts.models import (
    Alert,
    AlertDistrict,
    AlertStatus,
    ApprovalStep,
    FollowUp,
    Severity,
    StepKind,
    Work,
)
from database import utcnow
from staff.actor import Actor

MOST = 20
REJECTED_FOR = timedelta(days=7)
UNAPPROVED_FOR = timedelta(days=14)
"""How long the front page shows what was rejected, and what was sent without approval."""


def waiting_for(session: Session, actor: Actor) -> list[Work]:
    """What was submitted and this person can decide about: the most severe, then the oldest."""
    submitted = _submitted(session, actor)
    return [work for work in submitted if actor.staff_id not in authors_of(work)][:MOST]


def asked_for(session: Session, actor: Actor) -> list[Work]:
    """What this person wrote or submitted, and somebody else has still to decide about."""
    submitted = _submitted(session, actor)
    return [work for work in submitted if actor.staff_id in authors_of(work)][:MOST]


def _submitted(session: Session, actor: Actor) -> list[Work]:
    rank = case({each.value: at for at, each in enumerate(Severity)}, value=Alert.severity)
    query = (
        _current_steps()
        .where(_status() == AlertStatus.SUBMITTED, _in_districts(actor.districts))
        .order_by(rank, ApprovalStep.at, ApprovalStep.id)
    )
    return [step.work for step in session.scalars(query) if _can_be_sent(step.work)]


def answered(session: Session, actor: Actor) -> list[ApprovalStep]:
    """The decisions about this person's work that wait for its next step, newest first.

    What was rejected needs none: it is shown for a week.
    """
    decided = {
        StepKind.APPROVED: AlertStatus.APPROVED,
        StepKind.RETURNED: AlertStatus.RETURNED,
        StepKind.REJECTED: AlertStatus.REJECTED,
    }
    current = or_(
        *(and_(ApprovalStep.kind == kind, _status() == now) for kind, now in decided.items())
    )
    earlier = aliased(ApprovalStep)
    asked = exists().where(
        earlier.alert_id == ApprovalStep.alert_id,
        earlier.follow_up_id.is_not_distinct_from(ApprovalStep.follow_up_id),
        earlier.kind == StepKind.SUBMITTED,
        earlier.staff_id == actor.staff_id,
    )
    mine = or_(
        func.coalesce(FollowUp.created_by, Alert.created_by) == actor.staff_id,
        case((FollowUp.id.is_(None), Alert.edited_by), else_=FollowUp.edited_by) == actor.staff_id,
        asked,
    )
    is_fresh = or_(
        ApprovalStep.kind != StepKind.REJECTED, ApprovalStep.at > utcnow() - REJECTED_FOR
    )
    query = (
        _current_steps()
        .where(current, mine, is_fresh, _in_districts(actor.districts))
        .order_by(ApprovalStep.at.desc())
    )
    return [step for step in session.scalars(query) if _can_be_sent(step.work)][:MOST]


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


def _current_steps() -> Select[ApprovalStep]:
    """The last step of each alert, and of each follow-up."""
    later = aliased(ApprovalStep)
    is_last = ~exists().where(
        later.alert_id == ApprovalStep.alert_id,
        later.follow_up_id.is_not_distinct_from(ApprovalStep.follow_up_id),
        later.id > ApprovalStep.id,
    )
    return (
        select(ApprovalStep)
        .join(Alert, Alert.id == ApprovalStep.alert_id)
        .outerjoin(FollowUp, FollowUp.id == ApprovalStep.follow_up_id)
        .where(is_last)
    )


def _status() -> ColumnElement[AlertStatus]:
    """The state of what a step is about."""
    return func.coalesce(FollowUp.status, Alert.status)


def _can_be_sent(work: Work) -> bool:
    """Whether its time is not over: nothing follows an alert that was closed or withdrawn."""
    return isinstance(work, Alert) or allows_follow_up(work.alert, work.kind)
