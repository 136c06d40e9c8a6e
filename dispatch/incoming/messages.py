"""Inbound messages: recorded once, passed down the chain of handlers, then forgotten.

The reply is written in the same transaction as the handler's changes, and is sent like any other
message, with rate, retries and delivery report. It always goes through the outbox: the sender
need not be a contact, and the database never shows who wrote.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import timedelta

import structlog
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from database import Unopenable, insert_or_ignore, utcnow, whole_hour
from dispatch.addresses import AddressError, parse_sender
from dispatch.broadcasts import Content, ContentError, send_to_address
from dispatch.contacts import ensure_contact, note_opt_out
from dispatch.hooks import (
    Inbound,
    InboundHandler,
    Reply,
    current_hooks,
    register_inbound,
)
from dispatch.models import Channel, InboundRecord, Opted, SuppressionReason
from dispatch.reply_limits import ReplyKind, may_reply
from web.languages.choice import DEFAULT_LANGUAGE, speaking
from web.problems.faults import describe_fault
from web.texts.language import language_of

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
REPLY_REFERENCE = "reply"
REPLY_LASTS = timedelta(days=1)
"""A reply that could not be sent within this time is of no use any more."""
SUBJECT = "Varsko"
"""The subject of an e-mail reply without one of its own."""


class NoHandler(Exception):
    """No handler in the chain took the message."""


def receive_inbound(
    session: Session,
    provider: str,
    provider_ref: str,
    inbound: Inbound,
) -> None:
    """Handle a message once, and send the reply from the number it was sent to.

    The same reference again changes nothing. An opt-out that the provider tells of is noted at
    once. A message whose handler fails is stored, sealed, and passed to the handlers again later.
    """
    number = _store(session, provider, provider_ref, inbound)
    if number is None:
        log.info("inbound_repeated", provider=provider)
        return
    if inbound.opted is Opted.STOP:
        _note_stop(session, inbound)
    fault = _hand_down(session, provider, inbound)
    if fault is None:
        log.info("inbound_handled", channel=inbound.channel.value)
        return
    record = session.get_one(InboundRecord, number)
    record.sender, record.text, record.handled_at = inbound.sender, inbound.text, None
    record.received_at = inbound.received_at
    _keep(session, record, fault)


def retry_unhandled(session: Session) -> int:
    """Pass one unhandled message to the handlers again; returns 1, or 0 if none is due."""
    record = session.scalars(
        select(InboundRecord)
        .where(InboundRecord.handled_at.is_(None), InboundRecord.next_attempt_at <= utcnow())
        .order_by(InboundRecord.received_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if record is None or record.sender is None or record.text is None:
        return 0
    sender, text = record.sender, record.text
    if isinstance(sender, Unopenable) or isinstance(text, Unopenable):
        _keep(session, record, "unopenable")
        return 1
    inbound = Inbound(
        record.channel, sender, record.recipient, text, record.received_at, record.opted
    )
    fault = _hand_down(session, record.provider, inbound)
    if fault is not None:
        _keep(session, record, fault)
        return 1
    record.sender = record.text = record.next_attempt_at = None
    record.received_at = record.handled_at = whole_hour()
    session.flush()
    log.info("inbound_handled", channel=record.channel.value)
    return 1


def _store(session: Session, provider: str, provider_ref: str, inbound: Inbound) -> int | None:
    """The id of the new row, or None if this message is already recorded.

    A concurrent duplicate waits for this transaction. The row says that the message was handled:
    that is true once this transaction commits, or corrected before. So sender and text are never
    stored unless necessary. Its id is random and its times are whole hours: a tip of the same
    moment, or in the same place of the order, cannot be matched with it.
    """
    made: int | None = session.execute(
        insert_or_ignore(session, InboundRecord, "provider", "provider_ref")
        .values(
            id=secrets.randbelow(2**62),
            provider=provider,
            provider_ref=provider_ref,
            channel=inbound.channel,
            recipient=inbound.recipient,
            opted=inbound.opted,
            attempts=0,
            received_at=whole_hour(inbound.received_at),
            handled_at=whole_hour(),
        )
        .returning(InboundRecord.id)
    ).scalar()
    return made


def _note_stop(session: Session, inbound: Inbound) -> None:
    """Remember an opt-out that the provider has acted on, also a stranger's."""
    try:
        address = parse_sender(inbound.channel, inbound.sender)
    except AddressError:
        return
    contact = ensure_contact(session, inbound.channel, address)
    note_opt_out(session, contact, SuppressionReason.PROVIDER_OPT_OUT, inbound.received_at)


def _hand_down(session: Session, provider: str, inbound: Inbound) -> str | None:
    """Handle a message and send the reply; returns the fault if that failed, changing nothing."""
    try:
        with session.begin_nested():
            reply = _ask_handlers(session, inbound)
            if reply.text and inbound.opted is None:
                reply = _within_limits(session, inbound, reply)
                if reply.text:
                    _send_reply(session, provider, inbound, reply)
    except Exception as error:
        return describe_fault(error)
    return None


def _ask_handlers(session: Session, inbound: Inbound) -> Reply:
    """The reply of the first handler that takes the message, after what others want to add."""
    beginnings: list[Reply] = []
    for handler in current_hooks().inbound_handlers:
        reply = handler(session, inbound)
        if reply is None:
            continue
        if reply.passes_on:
            beginnings.append(reply)
            continue
        session.flush()
        if reply.kind is ReplyKind.WARNING:
            return reply  # Whoever may be in danger reads of that, and of nothing else.
        if reply.is_receipt and any(said.says_kept for said in beginnings):
            reply = replace(reply, text="")
        else:
            beginnings = [said for said in beginnings if not said.says_kept]
        said = [text.text for text in (*beginnings, reply) if text.text]
        return replace(reply, text=" ".join(said))
    raise NoHandler()


def _within_limits(session: Session, inbound: Inbound, reply: Reply) -> Reply:
    """The reply, if the sender is a person in Denmark and has not had too many.

    Instead of the first that is too many they are told so: silence says that nothing was received.
    """
    try:
        sender = f"{inbound.channel}:{parse_sender(inbound.channel, inbound.sender)}"
    except AddressError as error:
        log.info("reply_withheld", reason=error.reason)
        return Reply("")
    if may_reply(session, sender, reply.kind):
        return reply
    log.info("reply_withheld", reason="limit")
    if not may_reply(session, sender, ReplyKind.LAST):
        return Reply("")
    with speaking(language_of(reply.text)):
        return Reply(
            _(
                "Du har fået mange svar, så i denne time svarer vi ikke på mere. Det, du skriver,"
                " bliver stadig læst og fulgt. STOP virker altid. Akut fare: ring 112."
            )
        )


def _send_reply(session: Session, provider: str, inbound: Inbound, reply: Reply) -> None:
    """Reply on the same channel; by SMS, from the number the message was sent to."""
    subject, sender = None, None
    if inbound.channel is Channel.EMAIL:
        subject = reply.subject or SUBJECT
    else:
        sender = (provider, inbound.recipient)
    content = Content(inbound.channel, DEFAULT_LANGUAGE, reply.text, subject)
    expires_at = utcnow() + REPLY_LASTS
    try:
        send_to_address(
            session, inbound.sender, content, REPLY_REFERENCE, expires_at, sender=sender
        )
    except ContentError as error:
        # Handling the message matters more than the reply.
        log.error("reply_unsendable", fault=describe_fault(error))


def _keep(session: Session, record: InboundRecord, fault: str) -> None:
    record.attempts += 1
    wait = min(FIRST_WAIT * 2 ** min(record.attempts - 1, 10), LONGEST_WAIT)
    record.next_attempt_at = utcnow() + wait
    session.flush()
    log.error("inbound_unhandled", inbound=record.id, attempts=record.attempts, fault=fault)
