"""Bounces: delivery status notifications from mail servers, and what they change.

RFC 3464 (the report), RFC 3463 (its status codes). A report is sent to the address its mail came
from, which identifies the delivery and the attempt; it is not believed about any other. It
changes a delivery that is not final, once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.policy import compat32

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.contacts import note_opt_out
from dispatch.ledger.changes import Change, Locked, lock_deliveries, write_changes
from dispatch.models import (
    FINAL,
    Channel,
    Contact,
    Delivery,
    DeliveryState,
    SuppressionReason,
)
from dispatch.providers.smtp.conversation import HARD_BOUNCES
from web.problems.faults import describe_fault

log = structlog.get_logger(__name__)

BOUNCED = "bounced"
"""The code of a failure reported without one."""
_STATUS = re.compile(r"\b([45]\.\d{1,3}\.\d{1,3})\b", re.ASCII)
_WORD = re.compile(r"[a-z]+")


@dataclass(frozen=True)
class Bounce:
    """What a notification says about its only recipient."""

    state: DeliveryState
    code: str | None = None


def take_bounce(session: Session, delivery_id: int, attempt: int, raw: bytes) -> bool:
    """Act on a mail to the bounce address of an attempt; False if it changes nothing.

    A failure makes the delivery failed. If the mailbox or its domain does not exist, the contact
    is suppressed as well.
    """
    report = read_bounce(raw)
    row = lock_deliveries(session, [delivery_id]).get(delivery_id) if report else None
    if report is None or row is None or not _applies(row, attempt, report):
        log.info("bounce_without_effect", delivery=delivery_id, is_report=report is not None)
        return False
    write_changes(session, [Change(row, report.state, error_code=report.code)])
    log.info("bounce_taken", delivery=row.id, state=report.state.value, code=report.code)
    if report.code in HARD_BOUNCES:
        contact = session.scalars(
            select(Contact)
            .join(Delivery, Delivery.contact_id == Contact.id)
            .where(Delivery.id == row.id)
        ).one_or_none()
        if contact is not None:
            note_opt_out(session, contact, SuppressionReason.HARD_BOUNCE)
    return True


def _applies(row: Locked, attempt: int, report: Bounce) -> bool:
    """Whether a report on an attempt can change a row; a final state never changes.

    A report on an earlier attempt counts only if it says that the mail was delivered.
    """
    if row.channel is not Channel.EMAIL or row.state in FINAL:
        return False
    return row.attempts == attempt or report.state is DeliveryState.DELIVERED


def read_bounce(raw: bytes) -> Bounce | None:
    """What a mail reports; None if it reports no final state.

    Those are delays, relays into systems that report nothing further, and mails that are not
    notifications at all: automatic replies, answers, spam.
    """
    try:
        return _summary(_recipients(message_from_bytes(raw, policy=compat32)))
    except Exception as error:
        # Malformed mail can make a parser fail in any way.
        log.warning("bounce_unreadable", fault=describe_fault(error))
        return None


def _recipients(mail: Message) -> list[Message]:
    """The groups of fields, one for each recipient."""
    if mail.get_content_type() != "multipart/report" or not mail.is_multipart():
        return []
    return [
        fields
        for part in mail.get_payload()
        if isinstance(part, Message) and part.get_content_type() == "message/delivery-status"
        for fields in part.walk()
        if fields.get("Action") is not None
    ]


def _summary(recipients: list[Message]) -> Bounce | None:
    """One report for all recipients. If an alias distributed the mail, one delivery is enough."""
    actions = [_action(fields) for fields in recipients]
    if "delivered" in actions:
        return Bounce(DeliveryState.DELIVERED)
    if not actions or set(actions) != {"failed"}:
        return None
    return Bounce(DeliveryState.FAILED, _code(recipients[0]))


def _action(fields: Message) -> str:
    found = _WORD.search(str(fields.get("Action")).lower())
    return found.group() if found else ""


def _code(fields: Message) -> str:
    """The status code; the remote server's if the reporting server gives only the class."""
    status = _STATUS.search(str(fields.get("Status", "")))
    if status is None:
        return BOUNCED
    word = status.group(1)
    remote = _STATUS.search(str(fields.get("Diagnostic-Code", "")))
    if word.endswith(".0.0") and remote is not None and remote.group(1)[0] == word[0]:
        return remote.group(1)
    return word
