"""The outbox: messages to a single address that nothing in the database links to a contact.

Replies go through it, so that nobody can tell from the database who wrote a tip, or who wrote at
all. They use the same ledger as everything else: such a broadcast has one delivery, without
contact or content, and one row here instead.
"""

from __future__ import annotations

from sqlalchemy import ForeignKey, String, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from database import Base, BigId, Domain, Sealed, SealedText

OUTBOX = "outbox"
"""The audience kind of a broadcast whose one recipient is in the outbox."""


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
