"""Tables of dispatch: contacts, broadcasts and their ledger, batches, receipts, inbound messages.

The ledger (``delivery``) is the authority on who was sent what. It is filled a million rows at
a time, so it has no foreign keys (PostgreSQL would check each of them row by row) and few
indexes, most of them empty or nearly so while it is being filled.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from database import Base, BigId, Domain, Sealed, SealedText, UtcDateTime, enum_column, utcnow
from dispatch.pause_reasons import PauseReason, PauseReasonType


class Channel(StrEnum):
    """How a contact is reached."""

    SMS = "sms"
    EMAIL = "email"


class Priority(StrEnum):
    """Which broadcast goes first when several need the same sender."""

    TRANSACTIONAL = "transactional"
    URGENT = "urgent"
    NORMAL = "normal"
    BULK = "bulk"

    @property
    def rank(self) -> int:
        """The place in the queue: 0 goes first."""
        return list(Priority).index(self)


class SuppressionReason(StrEnum):
    """Why a contact must not be written to."""

    STOP = "stop"
    UNSUBSCRIBE = "unsubscribe"
    PROVIDER_OPT_OUT = "provider_opt_out"
    HARD_BOUNCE = "hard_bounce"
    COMPLAINT = "complaint"


class Opted(StrEnum):
    """What a provider says that a message asks for, after it has acted on it and answered."""

    STOP = "STOP"
    START = "START"
    HELP = "HELP"


class BroadcastStatus(StrEnum):
    """The state of a broadcast. ``stopped`` and ``settled`` are final."""

    WAITING = "waiting"
    EXPANDING = "expanding"
    SENDING = "sending"
    PAUSED = "paused"
    STOPPED = "stopped"
    SETTLED = "settled"


RUNNING = frozenset({BroadcastStatus.EXPANDING, BroadcastStatus.SENDING})
"""Broadcasts whose messages may be sent now."""


class DeliveryState(StrEnum):
    """The state of one message to one contact."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


FINAL = frozenset(
    {DeliveryState.DELIVERED, DeliveryState.FAILED, DeliveryState.EXPIRED, DeliveryState.CANCELLED}
)
"""States that never change again."""
OPEN = frozenset({DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.UNKNOWN})
"""States in which something must still happen before the broadcast can settle."""
HANDED_OVER = frozenset(
    {DeliveryState.SENDING, DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.UNKNOWN}
)
"""States in which the contact has the message, or may have it."""


class BatchStatus(StrEnum):
    """The state of a batch: free, held by a worker (while its lease lasts), or done."""

    WAITING = "waiting"
    HELD = "held"
    DONE = "done"


class Contact(Base):
    """A number or address we may write to: sealed, and looked up by its keyed hash.

    Of somebody who left long ago only the hash is kept, so that their opt-out still holds.
    """

    __tablename__ = "contact"
    __table_args__ = (UniqueConstraint("channel", "address_hash"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    channel: Mapped[Channel] = mapped_column(enum_column(Channel, 8))
    address: Mapped[SealedText | None] = mapped_column(
        Sealed(Domain.SUBSCRIBERS, "contact.address")
    )
    address_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    suppressed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    suppressed_reason: Mapped[SuppressionReason | None] = mapped_column(
        enum_column(SuppressionReason)
    )
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)

    @property
    def is_suppressed(self) -> bool:
        """Whether this contact must not be written to."""
        return self.suppressed_at is not None


class Broadcast(Base):
    """One message (a content per channel and language) to one audience.

    ``reference`` is the caller's own name for it. ``reason`` says why it is paused.
    ``recent_attempts`` and ``recent_errors`` are compared with the error limit.
    """

    __tablename__ = "broadcast"
    __table_args__ = (
        Index("ix_broadcast_status_not_before", "status", "not_before"),
        Index("ix_broadcast_settled_at_status", "settled_at", "status"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    reference: Mapped[str] = mapped_column(String(120), index=True)
    status: Mapped[BroadcastStatus] = mapped_column(
        enum_column(BroadcastStatus, 16), default=BroadcastStatus.WAITING
    )
    priority: Mapped[Priority] = mapped_column(enum_column(Priority, 16))
    audience_kind: Mapped[str] = mapped_column(String(32))
    audience_params: Mapped[dict[str, Any]] = mapped_column(JSON)
    reaches_suppressed: Mapped[bool] = mapped_column(default=False)
    not_before: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[PauseReason | None] = mapped_column(PauseReasonType)
    recent_attempts: Mapped[float] = mapped_column(default=0.0)
    recent_errors: Mapped[float] = mapped_column(default=0.0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expanded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Expansion(Base):
    """How many chunks of a broadcast are in the ledger. ``first_id``: its lowest delivery id.

    A row of its own, so that workers can lock the broadcast's row while a chunk is written.
    """

    __tablename__ = "expansion"

    broadcast_id: Mapped[int] = mapped_column(
        ForeignKey("broadcast.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    chunks: Mapped[int] = mapped_column(default=0)
    first_id: Mapped[int | None] = mapped_column(BigId)


class BroadcastContent(Base):
    """The text of a broadcast on one channel in one language. ``segments`` of an SMS, else 1.

    Sealed, because a message to one contact can hold a code or link meant for them alone.
    """

    __tablename__ = "broadcast_content"
    __table_args__ = (UniqueConstraint("broadcast_id", "channel", "language"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    broadcast_id: Mapped[int] = mapped_column(ForeignKey("broadcast.id", ondelete="CASCADE"))
    channel: Mapped[Channel] = mapped_column(enum_column(Channel, 8))
    language: Mapped[str] = mapped_column(String(8))
    subject: Mapped[SealedText | None] = mapped_column(
        Sealed(Domain.SUBSCRIBERS, "broadcast_content.subject")
    )
    body: Mapped[SealedText] = mapped_column(Sealed(Domain.SUBSCRIBERS, "broadcast_content.body"))
    html: Mapped[SealedText | None] = mapped_column(
        Sealed(Domain.SUBSCRIBERS, "broadcast_content.html")
    )
    page_url: Mapped[str | None] = mapped_column(Text)
    segments: Mapped[int] = mapped_column(default=1)


class Tally(Base):
    """The number of deliveries in each state, updated as they change.

    ``moved_at``: when one last changed. ``segments`` counts accepted SMS segments. ``later`` of
    the deliveries were scheduled for later, the last for ``last_due_at``. A transaction that
    changes deliveries updates the tally last, so that it is locked briefly and always after the
    ledger's rows.
    """

    __tablename__ = "broadcast_tally"

    broadcast_id: Mapped[int] = mapped_column(
        ForeignKey("broadcast.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    channel: Mapped[Channel] = mapped_column(enum_column(Channel, 8), primary_key=True)
    queued: Mapped[int] = mapped_column(default=0)
    sending: Mapped[int] = mapped_column(default=0)
    sent: Mapped[int] = mapped_column(default=0)
    delivered: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    expired: Mapped[int] = mapped_column(default=0)
    cancelled: Mapped[int] = mapped_column(default=0)
    unknown: Mapped[int] = mapped_column(default=0)
    segments: Mapped[int] = mapped_column(default=0)
    later: Mapped[int] = mapped_column(default=0)
    last_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    moved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Delivery(Base):
    """One message to one contact in one broadcast: a row of the ledger.

    Without contact and content, it goes to the recipient in its broadcast's outbox row. Ids
    ascend in the order of sending. ``attempts`` counts how often it was claimed, and identifies
    the attempt; ``deferrals`` counts the attempts that failed through no fault of the
    recipient. ``next_attempt_at`` is the earliest time for the next step: when a queued delivery
    may be sent or retried (NULL: at once), or when the provider is asked about an unknown one.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("broadcast_id", "contact_id"),
        Index("ix_delivery_contact_id", "contact_id"),
        Index(
            "ix_delivery_due",
            "next_attempt_at",
            postgresql_where=text("next_attempt_at IS NOT NULL"),
            sqlite_where=text("next_attempt_at IS NOT NULL"),
        ),
        # Leaves room for a row's next version on the same page. As nothing that changes when a
        # message is sent or delivered is indexed, PostgreSQL need not touch any index (HOT).
        {"postgresql_with": {"fillfactor": 50}},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    broadcast_id: Mapped[int] = mapped_column(BigId)
    contact_id: Mapped[int | None] = mapped_column(BigId)
    content_id: Mapped[int | None] = mapped_column(BigId)
    channel: Mapped[Channel] = mapped_column(enum_column(Channel, 8))
    distance_m: Mapped[int] = mapped_column(default=0)
    state: Mapped[DeliveryState] = mapped_column(
        enum_column(DeliveryState, 16), default=DeliveryState.QUEUED
    )
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0)
    deferrals: Mapped[int] = mapped_column(SmallInteger, default=0)
    batch_id: Mapped[int | None] = mapped_column(BigId)
    next_attempt_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    provider: Mapped[str | None] = mapped_column(String(16))
    provider_ref: Mapped[str | None] = mapped_column(String(80))
    error_code: Mapped[str | None] = mapped_column(String(32))
    segments: Mapped[int | None] = mapped_column(SmallInteger)
    attempted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Batch(Base):
    """Deliveries that one worker sends: those of a channel with ids from first to last.

    An ``is_retry`` batch holds only deliveries whose ``next_attempt_at`` has come. ``rank`` is
    that of the broadcast's priority.
    """

    __tablename__ = "batch"
    __table_args__ = (
        Index("ix_batch_queue", "status", "channel", "rank", "first_id"),
        Index("ix_batch_broadcast_id", "broadcast_id", "channel", "status"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    broadcast_id: Mapped[int] = mapped_column(ForeignKey("broadcast.id", ondelete="CASCADE"))
    channel: Mapped[Channel] = mapped_column(enum_column(Channel, 8))
    rank: Mapped[int] = mapped_column(SmallInteger)
    first_id: Mapped[int] = mapped_column(BigId)
    last_id: Mapped[int] = mapped_column(BigId)
    size: Mapped[int]
    is_retry: Mapped[bool] = mapped_column(default=False)
    status: Mapped[BatchStatus] = mapped_column(
        enum_column(BatchStatus, 16), default=BatchStatus.WAITING
    )
    owner: Mapped[str | None] = mapped_column(String(80))
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    offered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Receipt(Base):
    """A provider's delivery report: verified, stored unchanged, applied in bulk."""

    __tablename__ = "receipt"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    delivery_id: Mapped[int] = mapped_column(BigId)
    attempt: Mapped[int] = mapped_column(SmallInteger)
    provider: Mapped[str] = mapped_column(String(16))
    provider_ref: Mapped[str] = mapped_column(String(80))
    status: Mapped[str] = mapped_column(String(16))
    error_code: Mapped[str | None] = mapped_column(String(32))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)


class InboundRecord(Base):
    """An inbound message, identified by the provider's id, so that none is handled twice.

    Sender and text are stored (sealed) only while no handler could take the message. Once it is
    handled, nothing here tells who wrote it.
    """

    __tablename__ = "inbound_record"
    __table_args__ = (
        UniqueConstraint("provider", "provider_ref"),
        Index("ix_inbound_record_handled_at", "handled_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    provider: Mapped[str] = mapped_column(String(16))
    provider_ref: Mapped[str] = mapped_column(String(80))
    channel: Mapped[Channel] = mapped_column(enum_column(Channel, 8))
    sender: Mapped[SealedText | None] = mapped_column(Sealed(Domain.SUBSCRIBERS, "inbound.sender"))
    recipient: Mapped[str] = mapped_column(String(320))
    text: Mapped[SealedText | None] = mapped_column(Sealed(Domain.SUBSCRIBERS, "inbound.text"))
    opted: Mapped[Opted | None] = mapped_column(enum_column(Opted, 8))
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0)
    next_attempt_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    handled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Lease(Base):
    """Which process may run the scheduler. ``fence`` grows with each new holder."""

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    owner: Mapped[str] = mapped_column(String(80))
    until: Mapped[datetime] = mapped_column(UtcDateTime)
    fence: Mapped[int] = mapped_column(BigId, default=0)


class Sender(Base):
    """A number, name or relay that messages are sent from; all workers share its row.

    ``name`` is ``provider:address``. ``free_at``: when its agreed rate allows the next message.
    ``failures``: consecutive slices that failed because of the sender itself, ``reason``: why
    the latest did. It then ``rests_until`` a given time, while others take its traffic.
    """

    __tablename__ = "sender"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    free_at: Mapped[datetime] = mapped_column(UtcDateTime)
    failures: Mapped[int] = mapped_column(default=0)
    rests_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[PauseReason | None] = mapped_column(PauseReasonType)

    @property
    def provider(self) -> str:
        """The provider's name in the settings."""
        return self.name.partition(":")[0]

    @property
    def address(self) -> str:
        """The number, name or host."""
        return self.name.partition(":")[2]
