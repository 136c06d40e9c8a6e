"""Overdue delivery reports: the provider is asked about messages it accepted long ago.

A callback can be lost (we or the proxy were down). The provider's answer is applied like a
delivery report; if it does not know either, it is asked again a few hours later, for as long as
it keeps its messages.
"""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from database import current_database, utcnow
from dispatch.ledger.changes import Change, lock_deliveries, write_changes
from dispatch.models import Broadcast, Delivery, DeliveryState, Tally
from dispatch.providers.base import AnswerKind, StatusAnswer, StatusQuery
from dispatch.providers.directory import PROVIDERS, ask_provider
from dispatch.scheduling.unknown_deliveries import UnitOfWork

log = structlog.get_logger(__name__)

OVERDUE_AFTER = timedelta(minutes=30)
"""By then most reports have come; a phone that is switched off takes longer."""
ASK_AGAIN = timedelta(hours=6)
GIVE_UP_AFTER = timedelta(days=3)
CHASED_AT_ONCE = 500
"""Messages asked about per minute."""


def chase_receipts(provider: str, unit_of_work: UnitOfWork) -> int:
    """Ask about messages without a delivery report; returns how many are final now.

    Needs an app context. No session is open while the provider is asked; its answers are
    written in a ``unit_of_work``.
    """
    if not PROVIDERS[provider].reports_arrival:
        return 0
    with current_database().unit_of_work(writes=False) as session:
        questions = _questions(session, provider)
    if not questions:
        return 0
    findings = ask_provider(provider, questions)
    with unit_of_work() as session:
        settled = _note(session, questions, findings)
    log.warning("receipts_overdue", provider=provider, asked=len(questions), settled=settled)
    return settled


def _questions(session: Session, provider: str) -> list[StatusQuery]:
    now = utcnow()
    # One broadcast at a time, so that the index by broadcast finds the deliveries.
    candidates = session.scalars(
        select(Broadcast.id)
        .join(Tally, Tally.broadcast_id == Broadcast.id)
        .where(
            Tally.sent > 0,
            Tally.channel == PROVIDERS[provider].channel,
            Broadcast.started_at.between(now - GIVE_UP_AFTER, now - OVERDUE_AFTER),
        )
        .order_by(Broadcast.id)
    ).all()
    questions: list[StatusQuery] = []
    for broadcast_id in candidates:
        rows = session.execute(
            select(Delivery.id, Delivery.attempts, Delivery.attempted_at, Delivery.provider_ref)
            .where(
                Delivery.broadcast_id == broadcast_id,
                Delivery.state == DeliveryState.SENT,
                Delivery.provider == provider,
                Delivery.provider_ref.is_not(None),
                Delivery.attempted_at.between(now - GIVE_UP_AFTER, now - OVERDUE_AFTER),
                or_(Delivery.next_attempt_at.is_(None), Delivery.next_attempt_at <= now),
            )
            .limit(CHASED_AT_ONCE - len(questions))
        )
        questions += [
            StatusQuery(
                row.id, row.attempts, row.attempted_at, "", "", provider_ref=row.provider_ref
            )
            for row in rows
        ]
        if len(questions) >= CHASED_AT_ONCE:
            break
    return questions


def _note(session: Session, questions: list[StatusQuery], findings: list[StatusAnswer]) -> int:
    rows = lock_deliveries(session, [question.delivery_id for question in questions])
    changes: list[Change] = []
    open_ones: list[int] = []
    for question, finding in zip(questions, findings, strict=True):
        row = rows.get(question.delivery_id)
        if row is None or row.state is not DeliveryState.SENT or row.attempts != question.attempt:
            continue
        if finding.certainty is AnswerKind.FOUND and finding.state is not DeliveryState.SENT:
            changes.append(Change(row, finding.state, error_code=finding.code))
        else:
            open_ones.append(row.id)
    write_changes(session, changes)
    session.execute(
        update(Delivery)
        .where(Delivery.id.in_(open_ones))
        .values(next_attempt_at=utcnow() + ASK_AGAIN)
        .execution_options(synchronize_session=False)
    )
    return len(changes)
