"""The question "1 or 2?": asking it, reading the answer, letting it expire."""

from __future__ import annotations

import structlog
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cases.lookup import case_of_appeal
from database import utcnow
from dispatch.hooks import Reply
from tips.filing import place_on_case, set_districts
from tips.intake import replies
from tips.intake.routing import Appeal
from tips.models import CHOICE_LASTS, PendingChoice, Placement, Tip

log = structlog.get_logger(__name__)


def open_choice(session: Session, sender_hash: bytes) -> PendingChoice | None:
    """The sender's unanswered question, locked against a concurrent answer."""
    return session.scalar(
        select(PendingChoice)
        .where(PendingChoice.sender_hash == sender_hash, PendingChoice.expires_at > utcnow())
        .with_for_update()
    )


def ask(session: Session, tip: Tip, candidates: tuple[Appeal, ...]) -> PendingChoice:
    """Record what the sender is asked; an expired question is replaced."""
    sender_hash = tip.sender_hash
    session.execute(
        delete(PendingChoice).where(
            PendingChoice.sender_hash == sender_hash, PendingChoice.expires_at <= utcnow()
        )
    )
    choice = PendingChoice(
        sender_hash=sender_hash,
        candidates=[
            {"alert_code": appeal.code, "districts": sorted(appeal.districts)}
            for appeal in candidates
        ],
        language=tip.language,
        expires_at=utcnow() + CHOICE_LASTS,
    )
    try:
        with session.begin_nested():
            session.add(choice)
    except IntegrityError:
        # A concurrent message from the sender has just been answered with the same question.
        return session.scalars(
            select(PendingChoice).where(PendingChoice.sender_hash == sender_hash)
        ).one()
    return choice


def wait_for(tip: Tip, choice: PendingChoice) -> None:
    """Let a tip wait for the answer, in the queue of every district it may concern."""
    tip.choice_id = choice.id
    set_districts(tip, {code for asked in choice.candidates for code in asked["districts"]})


def answer_choice(session: Session, choice: PendingChoice, number: int) -> Reply:
    """File the waiting tips on the chosen case and thank the sender, or ask again."""
    if not 1 <= number <= len(choice.candidates):
        return Reply(replies.ask_again(choice.language, len(choice.candidates)))
    chosen = choice.candidates[number - 1]
    code: str = chosen["alert_code"]
    case = case_of_appeal(session, code)
    waiting = session.scalars(
        select(Tip).where(Tip.choice_id == choice.id).order_by(Tip.id).with_for_update(of=Tip)
    ).all()
    for tip in waiting:
        tip.alert_code = code
        if case is None:
            tip.choice_id = None
            tip.placement = Placement.CHOICE
            set_districts(tip, chosen["districts"])
        else:
            place_on_case(session, tip, case, Placement.CHOICE)
    session.flush()
    session.delete(choice)
    session.flush()
    log.info("tip_choice_answered", tips=len(waiting), case=case.id if case else None)
    if case is None:
        return Reply(replies.unassigned(choice.language, code, None))
    return Reply(replies.on_case(choice.language, case.reference, code))


def forget_expired_choices(session: Session) -> None:
    """Delete expired questions; their tips wait for an investigator."""
    session.execute(delete(PendingChoice).where(PendingChoice.expires_at <= utcnow()))
