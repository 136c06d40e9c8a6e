"""Messages that come in: taken once, handed down the chain of handlers, then forgotten.

The reply goes back in the answer to the provider and leaves no row in the ledger: the database
never shows that a contact was answered at the moment a tip came in.
"""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from database import after_commit, insert_or_ignore, utcnow
from dispatch.hooks import (
    Inbound,
    InboundHandler,
    Reply,
    current_hooks,
    register_inbound,
)
from dispatch.models import InboundRecord
from dispatch.providers.base import Message, Text
from dispatch.providers.directory import provider_of
from dispatch.segments import count_segments
from web.languages.choice import DEFAULT_LANGUAGE
from web.problems.faults import describe_fault

__all__ = [
    "Inbound",
    "InboundHandler",
    "Reply",
    "receive_inbound",
    "register_inbound",
    "retry_unhandled",
]

log = structlog.get_logger(__name__)

FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)


def receive_inbound(
    session: Session,
    provider: str,
    provider_ref: str,
    inbound: Inbound,
    *,
    is_answered: bool = False,
    answers_itself: bool = True,
) -> str:
    """Take a message once: the text of the reply for the provider's response, or nothing.

    The same reference again gets the same reply. A message whose handler fails stays, sealed,
    and is handed down again later. ``is_answered``: the provider has replied already. Without
    ``answers_itself`` its response can hold no reply: that goes out by itself, once.
    """
    record = _store(session, provider, provider_ref, inbound)
    if record is None:
        earlier = session.scalars(
            select(InboundRecord).where(
                InboundRecord.provider == provider, InboundRecord.provider_ref == provider_ref
            )
        ).one()
        log.info("inbound_repeated", inbound=earlier.id)
        reply = earlier.reply or ""
        return reply if answers_itself and not is_answered else ""
    found = _hand_down(session, record, inbound)
    if found is None or not found.text or is_answered:
        return ""
    if answers_itself:
        return found.text
    _send_reply(session, provider, inbound, found)
    return ""


def retry_unhandled(session: Session) -> int:
    """Hand down one message that no handler could take before: 1, or 0 if none is due."""
    record = session.scalars(
        select(InboundRecord)
        .where(InboundRecord.handled_at.is_(None), InboundRecord.next_attempt_at <= utcnow())
        .order_by(InboundRecord.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if record is None or record.sender is None or record.text is None:
        return 0
    inbound = Inbound(
        record.channel, record.sender, record.recipient, record.text, record.received_at
    )
    reply = _hand_down(session, record, inbound)
    if reply is not None and reply.text:
        # The provider's request was answered long ago: this goes out by itself, once.
        _send_reply(session, record.provider, inbound, reply)
    return 1


def _send_reply(session: Session, provider: str, inbound: Inbound, reply: Reply) -> None:
    """Answer from the number that was written to, once this transaction is committed."""
    message = _answer(inbound, reply)
    after_commit(session, lambda: provider_of(provider).send([message], inbound.recipient))


def _store(
    session: Session, provider: str, provider_ref: str, inbound: Inbound
) -> InboundRecord | None:
    """The new row, or None if this message is known. A twin under way is waited for."""
    made = session.execute(
        insert_or_ignore(session, InboundRecord, "provider", "provider_ref")
        .values(
            provider=provider,
            provider_ref=provider_ref,
            channel=inbound.channel,
            sender=inbound.sender,
            recipient=inbound.recipient,
            text=inbound.text,
            attempts=0,
            received_at=inbound.received_at,
        )
        .returning(InboundRecord.id)
    ).scalar()
    return None if made is None else session.get_one(InboundRecord, made)


def _hand_down(session: Session, record: InboundRecord, inbound: Inbound) -> Reply | None:
    """The first reply of the chain; None if nobody could take the message."""
    try:
        with session.begin_nested():
            reply = _first_reply(session, inbound)
    except Exception as error:
        _keep(record, describe_fault(error))
        session.flush()
        return None
    if reply is None:
        _keep(record, "no handler")
    else:
        record.sender = record.text = record.next_attempt_at = None
        record.reply, record.handled_at = reply.text, utcnow()
        log.info("inbound_handled", inbound=record.id, channel=record.channel.value)
    session.flush()
    return reply


def _first_reply(session: Session, inbound: Inbound) -> Reply | None:
    for handler in current_hooks().inbound_handlers:
        reply = handler(session, inbound)
        if reply is not None:
            session.flush()
            return reply
    return None


def _keep(record: InboundRecord, fault: str) -> None:
    record.attempts += 1
    wait = min(FIRST_WAIT * 2 ** min(record.attempts - 1, 10), LONGEST_WAIT)
    record.next_attempt_at = utcnow() + wait
    log.error("inbound_unhandled", inbound=record.id, attempts=record.attempts, fault=fault)


def _answer(inbound: Inbound, reply: Reply) -> Message:
    segments = count_segments(reply.text).segments
    text = Text(0, DEFAULT_LANGUAGE, reply.text, "Varsko", None, segments, is_bulk=False)
    return Message(0, 0, 0, inbound.sender, text)
