"""Unknown deliveries: the provider is asked before anything is retried."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from database import SealedText, current_database, utcnow
from dispatch.hooks import process_of
from dispatch.ledger.changes import Change, Locked, lock_deliveries, write_changes
from dispatch.models import (
    Broadcast,
    BroadcastContent,
    BroadcastStatus,
    Contact,
    Delivery,
    DeliveryState,
)
from dispatch.outbox import OutboxMessage
from dispatch.providers.base import AnswerKind, StatusAnswer, StatusQuery
from dispatch.providers.directory import ask_provider, provider_of
from dispatch.sending.retries import MAX_DEFERRALS

log = structlog.get_logger(__name__)

ASKED_AT_ONCE = 200
ROUNDS = 10
"""How often so many are asked about per sweep."""
NOT_FOUND_AFTER = timedelta(seconds=60)
"""If a provider does not know a message this long after the attempt, it never received it."""
ASK_AGAIN = timedelta(seconds=40)
GIVE_UP_AFTER = timedelta(hours=24)
UNANSWERED = "unanswered"
_WORKER_LOST = "worker_lost"


def lost_code(owner: str | None) -> str:
    """The error code of a delivery whose worker was lost: it names the process."""
    process = process_of(owner or "")
    return f"{_WORKER_LOST}:{process}"[:32] if process else _WORKER_LOST


def _lost_by(error_code: str | None) -> str | None:
    word, _colon, process = (error_code or "").partition(":")
    return process or None if word == _WORKER_LOST else None


UnitOfWork = Callable[[], AbstractContextManager[Session]]


def ask_about_unknown(provider: str, unit_of_work: UnitOfWork) -> int:
    """Ask a provider about unknown deliveries; returns how many have a known state now.

    Needs an app context. No session is open while the provider is asked; its answers are
    written in a ``unit_of_work``.
    """
    return _ask(provider, Delivery.next_attempt_at <= utcnow(), unit_of_work)


def ask_about_lost(provider: str) -> int:
    """Ask about deliveries that dead processes of this host had claimed, without waiting.

    Dispatchers without the lease do this too: where the provider cannot be asked, only the host
    on which a process died can tell what it had sent.
    """
    lost = [f"{_WORKER_LOST}:{process}" for process in provider_of(provider).journaled_processes()]
    if not lost:
        return 0
    return _ask(provider, Delivery.error_code.in_(lost), current_database().unit_of_work)


def _ask(provider: str, which: ColumnElement[bool], unit_of_work: UnitOfWork) -> int:
    settled = 0
    for _round in range(ROUNDS):
        with current_database().unit_of_work(writes=False) as session:
            questions = _questions(session, provider, which)
        if not questions:
            break
        findings = _each_once(ask_provider(provider, questions))
        with unit_of_work() as session:
            settled += _note_findings(session, provider, questions, findings)
        if len(questions) < ASKED_AT_ONCE:
            break
    return settled


def _each_once(findings: Sequence[StatusAnswer]) -> list[StatusAnswer]:
    """Give a message found for two deliveries (same text and number) to the first of them.

    The other is asked about again once the ledger knows which delivery the message belongs to.
    """
    taken: set[str] = set()
    answers: list[StatusAnswer] = []
    for finding in findings:
        reference = finding.provider_ref
        if reference is not None and reference in taken:
            answers.append(StatusAnswer(AnswerKind.NOT_NOW))
            continue
        if reference is not None:
            taken.add(reference)
        answers.append(finding)
    return answers


def _questions(session: Session, provider: str, which: ColumnElement[bool]) -> list[StatusQuery]:
    rows = session.execute(
        select(Delivery.id, Delivery.contact_id, Delivery.attempts, Delivery.attempted_at,
               Delivery.error_code, Contact.address, BroadcastContent.body,
               OutboxMessage.address.label("outbox_address"),
               OutboxMessage.body.label("outbox_body"))
        .outerjoin(Contact, Contact.id == Delivery.contact_id)
        .outerjoin(BroadcastContent, BroadcastContent.id == Delivery.content_id)
        .outerjoin(OutboxMessage, and_(Delivery.contact_id.is_(None),
                                       OutboxMessage.broadcast_id == Delivery.broadcast_id))
        .where(
            Delivery.state == DeliveryState.UNKNOWN,
            Delivery.next_attempt_at.is_not(None),
            Delivery.provider == provider,
            which,
        )
        .order_by(Delivery.next_attempt_at)
        .limit(ASKED_AT_ONCE)
    ).all()  # fmt: skip
    known = _known_refs(session, {row.contact_id for row in rows})
    return [
        StatusQuery(row.id, row.attempts, row.attempted_at,
                 _opened(row.address, row.outbox_address), _opened(row.body, row.outbox_body),
                 frozenset(known[row.contact_id]), lost_by=_lost_by(row.error_code))
        for row in rows
    ]  # fmt: skip


def _known_refs(session: Session, contacts: set[int | None]) -> dict[int | None, set[str]]:
    """The provider's references of all messages, by the contact they went to.

    Messages in the outbox can't be matched by address: None has those of the last few days.
    """
    refs = select(Delivery.contact_id, Delivery.provider_ref).where(
        Delivery.provider_ref.is_not(None)
    )
    known: dict[int | None, set[str]] = defaultdict(set)
    for contact_id, reference in session.execute(refs.where(Delivery.contact_id.in_(contacts))):
        known[contact_id].add(str(reference))
    if None in contacts:
        recent = refs.join(OutboxMessage, OutboxMessage.broadcast_id == Delivery.broadcast_id)
        known[None].update(str(reference) for _nobody, reference in session.execute(recent))
    return known


def _opened(*values: SealedText | None) -> str:
    """The first value that is a text; empty if there is none or it cannot be opened."""
    return next((value for value in values if isinstance(value, str)), "")


def _note_findings(
    session: Session,
    provider: str,
    questions: Sequence[StatusQuery],
    findings: Sequence[StatusAnswer],
) -> int:
    now = utcnow()
    rows = lock_deliveries(session, [question.delivery_id for question in questions])
    open_ones = set(
        session.scalars(
            select(Broadcast.id).where(
                Broadcast.id.in_({row.broadcast_id for row in rows.values()}),
                Broadcast.status != BroadcastStatus.STOPPED,
                or_(Broadcast.expires_at.is_(None), Broadcast.expires_at > now),
            )
        )
    )
    changes = []
    for question, finding in zip(questions, findings, strict=True):
        row = rows.get(question.delivery_id)
        if row is None or row.attempts != question.attempt:
            continue
        if row.state is DeliveryState.UNKNOWN:
            waited = now - question.attempted_at
            changes.append(
                change_for_finding(row, finding, now, waited, row.broadcast_id in open_ones)
            )
    write_changes(session, changes)
    settled = sum(change.state is not DeliveryState.UNKNOWN for change in changes)
    log.info("unknown_asked", provider=provider, asked=len(questions), settled=settled)
    return settled


def change_for_finding(
    row: Locked, finding: StatusAnswer, now: datetime, waited: timedelta, is_open: bool
) -> Change:
    """The change that a provider's answer makes to an unknown delivery.

    It is retried only if the provider certainly never received it.
    """
    if finding.certainty is AnswerKind.FOUND:
        return Change(
            row,
            finding.state,
            provider_ref=finding.provider_ref,
            error_code=finding.code,
            segments=finding.segments,
        )
    if finding.certainty is AnswerKind.NOT_FOUND and waited >= NOT_FOUND_AFTER:
        if not is_open:
            return Change(row, DeliveryState.CANCELLED, error_code="not_sent")
        if row.deferrals + 1 >= MAX_DEFERRALS:
            return Change(row, DeliveryState.FAILED, error_code="not_sent")
        return Change(
            row, DeliveryState.QUEUED, next_attempt_at=now, error_code="not_sent", deferred=True
        )
    if finding.certainty is AnswerKind.CANNOT_TELL or waited >= GIVE_UP_AFTER:
        return Change(row, DeliveryState.FAILED, error_code=UNANSWERED)
    return Change(row, DeliveryState.UNKNOWN, next_attempt_at=now + ASK_AGAIN)
