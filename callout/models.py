"""The table of phones."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from database import Base, BigId, Domain, Sealed, SealedText, UtcDateTime, utcnow


class StaffPhone(Base):
    """The phone of a member of staff. Nothing but its code is sent to it before that was typed.

    ``code_hash`` is None once it was.
    """

    __tablename__ = "staff_phone"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), unique=True)
    number: Mapped[SealedText] = mapped_column(Sealed(Domain.SUBSCRIBERS, "staff_phone.number"))
    code_hash: Mapped[bytes | None]
    code_sent_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    tries: Mapped[int] = mapped_column(default=0)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
