"""The tables of tips, their senders and their history.

Nothing here refers to a contact, a subscriber or an inbound message. What a tipster wrote and
the number it came from are sealed with the keys of the tips' own domain, and a sender is
recognised by a keyed hash that no other room can compute: from the database alone nobody can
tell which subscriber sent which tip. Times are whole minutes, for the same moment would tie a tip
to the record of the message it came in.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cases.models import Case
from database import Base, BigId, Domain, Sealed, SealedText, UtcDateTime, enum_column, whole_minute
from staff.models import Staff


class Placement(StrEnum):
    """Why a tip was filed where it is."""

    REFERENCE = "reference"
    CODE = "code"
    FOLLOW_UP = "follow_up"
    APPEAL = "appeal"
    CHOICE = "choice"
    FORM = "form"
    STAFF = "staff"
    UNKNOWN_REFERENCE = "unknown_reference"
    ASKED = "asked"
    NONE = "none"


class TipChannel(StrEnum):
    """How a tip came in."""

    SMS = "sms"
    EMAIL = "email"
    WEB = "web"


class TipStatus(StrEnum):
    """How far the review of a tip has come: unopened, opened, or marked."""

    NEW = "new"
    READ = "read"
    FOLLOW_UP = "follow_up"
    USEFUL = "useful"
    NOT_USEFUL = "not_useful"


class TipEventKind(StrEnum):
    """What can happen to a tip. Readings are in the audit trail instead."""

    RECEIVED = "received"
    FILED = "filed"
    MARKED = "marked"
    NOTED = "noted"
    TAKEN = "taken"
    RELEASED = "released"
    CALLED_URGENT = "called_urgent"
    CALLED_CALM = "called_calm"


class CaseSender(Base):
    """The number ("Afsender 7") of a sender within one case, and only there."""

    __tablename__ = "case_sender"

    case_id: Mapped[int] = mapped_column(
        ForeignKey("police_case.id", ondelete="CASCADE"), primary_key=True
    )
    sender_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    number: Mapped[int]


CHOICE_LASTS = timedelta(hours=24)
"""How long "1 or 2?" can be answered."""


class PendingChoice(Base):
    """A "1 or 2?" question that a sender has not answered yet.

    ``candidates`` is a list of ``{"alert_code": str, "districts": [str]}`` in the order asked.
    """

    __tablename__ = "pending_choice"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    sender_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    candidates: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    language: Mapped[str] = mapped_column(String(8))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)

    @property
    def asked_at(self) -> datetime:
        """When it was asked."""
        return self.expires_at - CHOICE_LASTS


class Tip(Base):
    """Information from a citizen. Without a case it waits in the unassigned queue."""

    __tablename__ = "tip"
    __table_args__ = (
        Index("ix_tip_case_received", "case_id", "received_at"),
        Index("ix_tip_sender_received", "sender_hash", "received_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("police_case.id"))
    alert_code: Mapped[str | None] = mapped_column(String(32))
    stated_reference: Mapped[str | None] = mapped_column(String(32), index=True)
    channel: Mapped[TipChannel] = mapped_column(enum_column(TipChannel))
    language: Mapped[str] = mapped_column(String(8))
    text: Mapped[SealedText] = mapped_column(Sealed(Domain.TIPS, "tip.text"))
    seen: Mapped[SealedText | None] = mapped_column(Sealed(Domain.TIPS, "tip.seen"))
    contact_details: Mapped[SealedText | None] = mapped_column(
        Sealed(Domain.TIPS, "tip.contact_details")
    )
    sender: Mapped[SealedText | None] = mapped_column(
        Sealed(Domain.TIPS, "tip.sender"), deferred=True
    )
    sender_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    status: Mapped[TipStatus] = mapped_column(enum_column(TipStatus), default=TipStatus.NEW)
    urgent: Mapped[bool] = mapped_column(default=False)
    placement: Mapped[Placement] = mapped_column(enum_column(Placement))
    assigned_to: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    choice_id: Mapped[int | None] = mapped_column(
        ForeignKey("pending_choice.id", ondelete="SET NULL"), index=True
    )
    received_at: Mapped[datetime] = mapped_column(UtcDateTime, default=whole_minute)

    case: Mapped[Case | None] = relationship()
    assignee: Mapped[Staff | None] = relationship()
    districts: Mapped[list[TipDistrict]] = relationship(
        cascade="all, delete-orphan", lazy="selectin"
    )

    @property
    def came_after_closing(self) -> bool:
        """Whether its case was closed when it came; one of the same minute is not called late."""
        closed_at = self.case.closed_at if self.case is not None else None
        return closed_at is not None and self.received_at > closed_at


class TipDistrict(Base):
    """A police district that an unassigned tip may concern; none means every district."""

    __tablename__ = "tip_district"

    tip_id: Mapped[int] = mapped_column(ForeignKey("tip.id", ondelete="CASCADE"), primary_key=True)
    code: Mapped[str] = mapped_column(String(16), primary_key=True, index=True)


class TipEvent(Base):
    """One event in a tip's history; ``staff_id`` is empty if Varsko itself acted."""

    __tablename__ = "tip_event"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    tip_id: Mapped[int] = mapped_column(ForeignKey("tip.id", ondelete="CASCADE"), index=True)
    kind: Mapped[TipEventKind] = mapped_column(enum_column(TipEventKind))
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=whole_minute)
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    status: Mapped[TipStatus | None] = mapped_column(enum_column(TipStatus))
    from_case_id: Mapped[int | None] = mapped_column(ForeignKey("police_case.id"), index=True)
    to_case_id: Mapped[int | None] = mapped_column(ForeignKey("police_case.id"), index=True)
    note: Mapped[SealedText | None] = mapped_column(Sealed(Domain.TIPS, "tip_event.note"))

    staff: Mapped[Staff | None] = relationship()
    from_case: Mapped[Case | None] = relationship(foreign_keys=[from_case_id])
    to_case: Mapped[Case | None] = relationship(foreign_keys=[to_case_id])
