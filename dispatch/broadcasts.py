"""Broadcasts: creating them, stopping, pausing and resuming them, and who received them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

import structlog
from flask_babel import lazy_gettext as _l
from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from database import after_commit, utcnow
from dispatch.audiences import (
    Audience,
    AudienceCount,
    AudienceSize,
    Content,
    Estimate,
    UnknownAudience,
    audience_columns,
    count_audience,
    estimate,
    name_left_out,
)
from dispatch.contacts import find_contact
from dispatch.hooks import current_hooks
from dispatch.ledger.changes import close_queued, count_new
from dispatch.ledger.locking import BroadcastNotFound, lock_broadcast
from dispatch.ledger.progress import Progress, progress
from dispatch.models import (
    HANDED_OVER,
    RUNNING,
    Batch,
    Broadcast,
    BroadcastContent,
    BroadcastStatus,
    Channel,
    Contact,
    Delivery,
    DeliveryState,
    Expansion,
    Priority,
    Tally,
)
from dispatch.outbox import OUTBOX, OutboxMessage
from dispatch.pause_reasons import PauseKind, PauseReason
from dispatch.segments import count_segments
from web.problems.errors import Problem

__all__ = [
    "Audience",
    "AudienceCount",
    "AudienceSize",
    "BroadcastNotFound",
    "Content",
    "ContentError",
    "Estimate",
    "PauseKind",
    "PauseReason",
    "Progress",
    "UnknownAudience",
    "audience_columns",
    "count_audience",
    "create_broadcast",
    "estimate",
    "name_left_out",
    "pause_broadcast",
    "progress",
    "received_broadcasts",
    "resume_broadcast",
    "send_to_address",
    "send_to_contact",
    "stop_broadcast",
]

log = structlog.get_logger(__name__)

MAX_SMS_LENGTH = 1600
"""Characters that Twilio accepts in one message (error 21617)."""


class ContentError(Problem):
    """A content that no channel could send."""

    status = 422
    slug = "content"
    title = _l("Beskeden kan ikke sendes")


def create_broadcast(
    session: Session,
    *,
    contents: Iterable[Content],
    audience: Audience,
    priority: Priority,
    reference: str,
    not_before: datetime | None = None,
    expires_at: datetime | None = None,
) -> Broadcast:
    """Start a broadcast: once this transaction is committed, nothing else is needed.

    Raises :class:`ContentError` for a content that cannot be sent, and
    :class:`UnknownAudience` for an audience that no room has registered.
    """
    if audience.kind not in current_hooks().audiences:
        raise UnknownAudience(audience.kind)
    broadcast = Broadcast(
        reference=reference,
        priority=priority,
        audience_kind=audience.kind,
        audience_params=audience.params,
        not_before=not_before,
        expires_at=expires_at,
    )
    _add(session, broadcast, list(contents))
    session.add(Expansion(broadcast_id=broadcast.id))
    session.flush()
    log.info(
        "broadcast_created", broadcast=broadcast.id, reference=reference, priority=priority.value
    )
    return broadcast


def send_to_contact(
    session: Session,
    contact: Contact,
    content: Content,
    reference: str,
    expires_at: datetime | None = None,
    *,
    despite_suppression: bool = False,
) -> Broadcast:
    """Send one message to one contact, ahead of everything else that waits.

    A suppressed contact gets it only with ``despite_suppression``: for the code that confirms
    a new sign-up, which the contact has asked for.
    """
    broadcast = Broadcast(
        reference=reference,
        priority=Priority.TRANSACTIONAL,
        audience_kind="contact",
        audience_params={"contact_id": contact.id, "language": content.language},
        reaches_suppressed=despite_suppression,
        expires_at=expires_at,
    )
    made = _add(session, broadcast, [content])
    broadcast.status = BroadcastStatus.SENDING
    broadcast.started_at = broadcast.expanded_at = utcnow()
    count_new(session, broadcast.id, {contact.channel: 1})
    delivery = Delivery(broadcast_id=broadcast.id, contact_id=contact.id, content_id=made[0].id)
    _queue_one(session, delivery, contact.channel)
    return broadcast


def send_to_address(
    session: Session,
    address: str,
    content: Content,
    reference: str,
    expires_at: datetime | None = None,
    *,
    sender: tuple[str, str] | None = None,
) -> Broadcast:
    """Send one message through the outbox, ahead of everything else that waits.

    For an address that must not become a contact, nor be recognised as one (see
    :mod:`dispatch.outbox`); suppressions are not checked. ``sender``: the provider and number it
    must be sent from. The content's ``html`` and ``page_url`` are not used. Raises
    :class:`ContentError`.
    """
    _require_sendable(content)
    now = utcnow()
    broadcast = Broadcast(
        reference=reference,
        priority=Priority.TRANSACTIONAL,
        audience_kind=OUTBOX,
        audience_params={},
        status=BroadcastStatus.SENDING,
        expires_at=expires_at,
        started_at=now,
        expanded_at=now,
    )
    session.add(broadcast)
    session.flush()
    provider, number = sender or (None, None)
    session.add(
        OutboxMessage(
            broadcast_id=broadcast.id,
            provider=provider,
            sender=number,
            language=content.language,
            segments=_segments(content),
            address=address,
            subject=content.subject,
            body=content.body,
        )
    )
    session.add(Tally(broadcast_id=broadcast.id, channel=content.channel, queued=1, moved_at=now))
    _queue_one(session, Delivery(broadcast_id=broadcast.id), content.channel)
    after_commit(session, current_hooks().wake)
    return broadcast


def _queue_one(session: Session, delivery: Delivery, channel: Channel) -> None:
    """Add the only delivery of a broadcast, in a batch of its own that goes first."""
    delivery.channel = channel
    session.add(delivery)
    session.flush()
    session.add(
        Batch(
            broadcast_id=delivery.broadcast_id,
            channel=channel,
            rank=Priority.TRANSACTIONAL.rank,
            first_id=delivery.id,
            last_id=delivery.id,
            size=1,
        )
    )
    session.flush()
    log.info("message_created", broadcast=delivery.broadcast_id, channel=channel.value)


def _add(
    session: Session, broadcast: Broadcast, contents: Sequence[Content]
) -> list[BroadcastContent]:
    for content in contents:
        _require_sendable(content)
    session.add(broadcast)
    session.flush()
    made = [
        BroadcastContent(
            broadcast_id=broadcast.id,
            channel=content.channel,
            language=content.language,
            subject=content.subject,
            body=content.body,
            html=content.html,
            page_url=content.page_url,
            segments=_segments(content),
        )
        for content in contents
    ]
    session.add_all(made)
    # One tally per channel, even where several languages are sent.
    session.add_all(
        Tally(broadcast_id=broadcast.id, channel=channel)
        for channel in sorted({content.channel for content in contents})
    )
    session.flush()
    after_commit(session, current_hooks().wake)
    return made


def _segments(content: Content) -> int:
    return count_segments(content.body).segments if content.channel is Channel.SMS else 1


def _require_sendable(content: Content) -> None:
    if not content.body.strip():
        raise ContentError(_l("Beskeden har ingen tekst. Skriv en tekst, og prøv igen."))
    if content.channel is Channel.SMS and len(content.body) > MAX_SMS_LENGTH:
        raise ContentError(_l("Sms'en er for lang. Den må højst være på 1.600 tegn."))
    if content.channel is Channel.EMAIL and not (content.subject or "").strip():
        raise ContentError(_l("E-mailen har intet emne. Skriv et emne, og prøv igen."))


# --- Steering ----------------------------------------------------------------------------


def stop_broadcast(session: Session, broadcast_id: int) -> Broadcast:
    """Stop a broadcast for good. What is queued is cancelled.

    Workers check before each slice, so at most the slices in flight are still sent. Stopping a
    broadcast that is stopped or settled changes nothing.
    """
    broadcast = lock_broadcast(session, broadcast_id)
    if broadcast.status in {BroadcastStatus.STOPPED, BroadcastStatus.SETTLED}:
        return broadcast
    broadcast.status = BroadcastStatus.STOPPED
    session.flush()
    # A small broadcast is cancelled here; the dispatcher cancels the rest of a large one.
    close_queued(session, broadcast_id, DeliveryState.CANCELLED)
    after_commit(session, current_hooks().wake)
    log.info("broadcast_stopped", broadcast=broadcast_id)
    return broadcast


def pause_broadcast(session: Session, broadcast_id: int, reason: PauseReason) -> Broadcast:
    """Pause a broadcast that is running or waiting, until it is resumed or stopped."""
    broadcast = lock_broadcast(session, broadcast_id)
    if broadcast.status in RUNNING or broadcast.status is BroadcastStatus.WAITING:
        broadcast.status = BroadcastStatus.PAUSED
        broadcast.reason = reason
        session.flush()
        log.warning("broadcast_paused", broadcast=broadcast_id, **reason.to_json())
    return broadcast


def resume_broadcast(session: Session, broadcast_id: int) -> Broadcast:
    """Resume a paused broadcast."""
    broadcast = lock_broadcast(session, broadcast_id)
    if broadcast.status is BroadcastStatus.PAUSED:
        if broadcast.started_at is None:
            broadcast.status = BroadcastStatus.WAITING
        elif broadcast.expanded_at is None:
            broadcast.status = BroadcastStatus.EXPANDING
        else:
            broadcast.status = BroadcastStatus.SENDING
        broadcast.reason = None
        broadcast.recent_attempts = broadcast.recent_errors = 0.0
        session.flush()
        after_commit(session, current_hooks().wake)
        log.info("broadcast_resumed", broadcast=broadcast_id)
    return broadcast


def extend_broadcast(session: Session, broadcast_id: int, expires_at: datetime) -> Broadcast:
    """Let what still waits be sent until ``expires_at``, if that is later.

    Nothing changes in a broadcast that is stopped, settled or already over: what was given up
    stays so.
    """
    broadcast = lock_broadcast(session, broadcast_id)
    over = {BroadcastStatus.STOPPED, BroadcastStatus.SETTLED}
    until = broadcast.expires_at
    if broadcast.status not in over and until is not None and utcnow() < until < expires_at:
        broadcast.expires_at = expires_at
        session.flush()
    return broadcast


# --- Who received what -------------------------------------------------------------------


class ReceivedBroadcast(NamedTuple):
    """A broadcast that an address has, or may have, and when its message was sent."""

    reference: str
    sent_at: datetime


def received_broadcasts(
    session: Session, channel: Channel, address: str, prefix: str = ""
) -> list[ReceivedBroadcast]:
    """The broadcasts with this prefix that a parsed address was sent; the last sent comes first.

    A message that is said to have failed or expired counts, for operators are sometimes wrong: one
    who answers it has it. One that never left us does not.
    """
    contact = find_contact(session, channel, address)
    if contact is None:
        return []
    sent_at = func.coalesce(Delivery.attempted_at, Broadcast.created_at)
    query = (
        select(Broadcast.reference, sent_at)
        .join(Delivery, Delivery.broadcast_id == Broadcast.id)
        .where(
            Delivery.contact_id == contact.id,
            or_(
                Delivery.state.in_(HANDED_OVER | {DeliveryState.FAILED}),
                and_(Delivery.state == DeliveryState.EXPIRED, Delivery.attempted_at.is_not(None)),
            ),
            Broadcast.reference.startswith(prefix, autoescape=True),
        )
        .order_by(sent_at.desc(), Broadcast.id.desc())
    )
    return [ReceivedBroadcast(reference, moment) for reference, moment in session.execute(query)]
