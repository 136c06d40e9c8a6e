"""The table of forms that were sent."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from database import Base, BigId, Domain, Sealed, SealedText, UtcDateTime


class SentForm(Base):
    """A form that was sent, and where its sender was led: sent again, it leads there again.

    ``key`` is a keyed hash; ``answer`` may hold a token. Neither says who sent what, and the
    random ``id`` not in which order.
    """

    __tablename__ = "sent_form"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    answer: Mapped[SealedText | None] = mapped_column(
        Sealed(Domain.SUBSCRIBERS, "sent_form.answer")
    )
    forget_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
