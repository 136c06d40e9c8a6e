"""Mail that comes back: notifications of mail servers, complaints, and what they change.

RFC 3464 (the notification), RFC 3463 (its status codes), RFC 5965 (complaints: somebody pressed
"junk"). A notification is sent to the address its mail came from, which identifies the delivery and
the attempt; it is not believed about any other. All orders end in the same state: an arrival
counts for more than a failure, and takes back what the failure has done to the contact.
"""

from __future__ import annotations

import quopri
import re
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.policy import compat32

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.contacts import lift_suppression, note_opt_out
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
_STATUS = re.compile(r"\s*([45]\.\d{1,3}\.\d{1,3})(?![.\d])", re.ASCII)
"""At the beginning of the Status field: nowhere else is it a status."""
_REMOTE = re.compile(
    r"^\s*(?:smtp;)?\s*(?:[45]\d\d[ -]+)?#?([45]\.\d{1,3}\.\d{1,3})(?![.\d])", re.ASCII | re.I
)
"""In a Diagnostic-Code only where a reply has its code; elsewhere it may be part of an address."""
_UNSPECIFIED = (".0.0", ".1.0")
_REPORTS = frozenset({"message/delivery-status", "message/global-delivery-status"})
_COMPLAINTS = frozenset({"message/feedback-report"})
_OF_PEOPLE = frozenset({"abuse", "fraud", "opt-out"})
"""The types of feedback that come from a person. Others (RFC 6591) are machines' findings."""
_NOT_OURS = frozenset({"message/rfc822", "message/global", "text/rfc822-headers"})
"""Mails inside the mail: a notification quoted in one reports nothing to us."""
_DEEPEST = 8
_EMPTY_LINE = re.compile(rb"\r?\n[ \t]*\r?\n")
_WORD = re.compile(r"[a-z]+")


@dataclass(frozen=True)
class Bounce:
    """What a report says about its only recipient. A complaint proves that the mail arrived."""

    state: DeliveryState
    code: str | None = None
    is_complaint: bool = False


COMPLAINT = Bounce(DeliveryState.DELIVERED, is_complaint=True)


def take_bounce(session: Session, delivery_id: int, attempt: int, raw: bytes) -> bool:
    """Act on a mail to the bounce address of an attempt; False if it changes nothing.

    A failure makes the delivery failed. If the mailbox or its domain does not exist, the contact
    is suppressed as well, until it turns out that this mail has arrived. A complaint suppresses
    its contact each time.
    """
    report = read_bounce(raw)
    row = lock_deliveries(session, [delivery_id]).get(delivery_id) if report else None
    if report is None or row is None or row.channel is not Channel.EMAIL:
        log.info("bounce_without_effect", delivery=delivery_id, is_report=report is not None)
        return False
    applies = _applies(row, attempt, report)
    if applies:
        write_changes(session, [Change(row, report.state, error_code=report.code)])
        _follow(session, row, report)
    if report.is_complaint:
        contact = _contact_of(session, row)
        if contact is not None:
            note_opt_out(session, contact, SuppressionReason.COMPLAINT)
    elif not applies:
        log.info("bounce_without_effect", delivery=delivery_id, is_report=True)
        return False
    log.info(
        "bounce_taken",
        delivery=row.id,
        state=report.state.value,
        code=report.code,
        is_complaint=report.is_complaint,
    )
    return True


def _follow(session: Session, row: Locked, report: Bounce) -> None:
    """Let the contact follow what its delivery has become."""
    contact = _contact_of(session, row)
    if contact is None:
        return
    if report.code in HARD_BOUNCES:
        note_opt_out(session, contact, SuppressionReason.HARD_BOUNCE)
    bounced = row.state is DeliveryState.FAILED and row.error_code in HARD_BOUNCES
    if bounced and contact.suppressed_reason is SuppressionReason.HARD_BOUNCE:
        lift_suppression(session, contact)


def _contact_of(session: Session, row: Locked) -> Contact | None:
    return session.scalars(
        select(Contact)
        .join(Delivery, Delivery.contact_id == Contact.id)
        .where(Delivery.id == row.id)
    ).one_or_none()


def _applies(row: Locked, attempt: int, report: Bounce) -> bool:
    """Whether a report on an attempt can change a row: only an arrival changes a final state.

    A report on an earlier attempt counts only if it says that the mail was delivered.
    """
    if row.state is DeliveryState.DELIVERED:
        return False
    if report.state is DeliveryState.DELIVERED:
        return True
    return row.attempts == attempt and row.state not in FINAL


def read_bounce(raw: bytes) -> Bounce | None:
    """What a mail reports; None if it reports no final state.

    Those are delays, relays into systems that report nothing further, and mails that are not
    notifications at all: automatic replies, answers, spam.
    """
    try:
        mail = message_from_bytes(raw, policy=compat32)
        return COMPLAINT if _is_complaint(mail) else _summary(_recipients(mail))
    except Exception as error:
        # Malformed mail can make a parser fail in any way.
        log.warning("bounce_unreadable", fault=describe_fault(error))
        return None


def complained_about(raw: bytes) -> list[str]:
    """The addresses that a complaint says its mail came from, for one sent to a common address.

    They stand in the report, or in the mail that it returns.
    """
    mail = message_from_bytes(raw, policy=compat32)
    if not _is_complaint(mail):
        return []
    said = [
        value
        for fields in _feedback(mail)
        for value in fields.get_all("Original-Mail-From", failobj=[])
    ]
    for part in mail.walk():
        said += part.get_all("Return-Path", failobj=[])
        returned = part.get_payload(decode=True)
        if part.get_content_type() == "text/rfc822-headers" and isinstance(returned, bytes):
            headers = message_from_bytes(returned, policy=compat32)
            said += headers.get_all("Return-Path", failobj=[])
    return [str(value).strip().strip("<>") for value in said]


def _is_complaint(mail: Message) -> bool:
    """Whether a person complains: there is feedback, and it is of such a type."""
    return any(
        str(fields.get("Feedback-Type", "")).strip().lower() in _OF_PEOPLE
        for fields in _feedback(mail)
    )


def _feedback(mail: Message) -> list[Message]:
    return [
        fields
        for part in _report_parts(mail, _COMPLAINTS, inside=False)
        for fields in _field_groups(part)
    ]


def _recipients(mail: Message) -> list[Message]:
    """The groups of fields, one for each recipient."""
    return [
        fields
        for part in _report_parts(mail, _REPORTS, inside=False)
        for fields in _field_groups(part)
        if fields.get("Action") is not None
    ]


def _report_parts(
    mail: Message, kinds: frozenset[str], *, inside: bool, depth: int = 0
) -> Iterator[Message]:
    """Parts of these types in reports, which may be wrapped in other multiparts."""
    kind = mail.get_content_type()
    if inside and kind in kinds:
        yield mail
    elif kind not in _NOT_OURS and mail.get_content_maintype() == "multipart" and depth < _DEEPEST:
        for part in mail.get_payload() if mail.is_multipart() else ():
            if isinstance(part, Message):
                yield from _report_parts(
                    part, kinds, inside=inside or kind == "multipart/report", depth=depth + 1
                )


def _field_groups(part: Message) -> Iterator[Message]:
    """The groups of fields of a report, also if it is encoded (RFC 6533 allows it).

    The parser takes such a part for fields or a mail at once, so it is written out again first.
    """
    encoding = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
    body = _EMPTY_LINE.split(part.as_bytes(), maxsplit=1)[-1]
    if encoding == "base64":
        body = b64decode(body)
    elif encoding == "quoted-printable":
        body = quopri.decodestring(body)
    for group in _EMPTY_LINE.split(body):
        yield message_from_bytes(group.strip() + b"\n\n", policy=compat32)


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
    """The status code; the remote server's if the reporting server gives none more exact."""
    status = _STATUS.match(str(fields.get("Status", "")))
    if status is None:
        return BOUNCED
    word = status.group(1)
    remote = _REMOTE.match(str(fields.get("Diagnostic-Code", "")))
    if word.endswith(_UNSPECIFIED) and remote is not None and remote.group(1)[0] == word[0]:
        return remote.group(1)
    return word
