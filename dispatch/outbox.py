"""The outbox: messages to a single address that nothing in the database links to a contact.

Replies go through it, so that nobody can tell from the database who wrote a tip, or who wrote at
all. They use the same ledger as everything else: such a broadcast has one delivery, without
contact or content, and one row here instead.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import CursorResult, ForeignKey, String, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from database import Base, BigId, Domain, Sealed, SealedText, utcnow
from dispatch.models import Broadcast

OUTBOX = "outbox"
"""The audience kind of a broadcast whose one recipient is in the outbox."""
KEPT = timedelta(days=2)
"""How long an emptied row is kept: longer than providers are asked about unknown messages."""


class OutboxMessage(Base):
    """The only recipient and text of a broadcast, sealed with the keys of the tips' domain.

    There is no hash of the address, so equal addresses can't be matched; address and text are
    deleted as soon as the message has settled. ``provider`` and ``sender``: the number it must
    be sent from, if any.
    """

    __tablename__ = "outbox_message"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    broadcast_id: Mapped[int] = mapped_column(
        ForeignKey("broadcast.id", ondelete="CASCADE"), unique=True
    )
    provider: Mapped[str | None] = mapped_column(String(16))
    sender: Mapped[str | None] = mapped_column(String(320))
    language: Mapped[str] = mapped_column(String(8))
    segments: Mapped[int] = mapped_column(default=1)
    address: Mapped[SealedText | None] = mapped_column(
        Sealed(Domain.TIPS, "outbox_message.address")
    )
    subject: Mapped[SealedText | None] = mapped_column(
        Sealed(Domain.TIPS, "outbox_message.subject")
    )
    body: Mapped[SealedText | None] = mapped_column(Sealed(Domain.TIPS, "outbox_message.body"))


def empty_outbox_message(session: Session, broadcast_id: int) -> None:
    """Delete the address and text of a message that has settled."""
    session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.broadcast_id == broadcast_id)
        .values(address=None, subject=None, body=None)
        .execution_options(synchronize_session=False)
    )


def forget_outbox(session: Session) -> int:
    """Delete the rows of messages that settled long ago, and return how many."""
    settled = select(Broadcast.id).where(
        Broadcast.audience_kind == OUTBOX, Broadcast.settled_at < utcnow() - KEPT
    )
    forgotten: CursorResult[Any] = session.execute(  # type: ignore[assignment]
        delete(OutboxMessage)
        .where(OutboxMessage.broadcast_id.in_(settled))
        .execution_options(synchronize_session=False)
    )
    return forgotten.rowcount
