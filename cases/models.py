"""The tables of cases, their districts, appeals and corrections."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cases.references import PREFIX_LENGTH, REFERENCE_LENGTH
from database import Base, UtcDateTime, enum_column, utcnow
from staff.models import Staff

TITLE_LENGTH = 200
CHANGE_LENGTH = 300
REASON_LENGTH = 500


class CaseStatus(StrEnum):
    """Whether investigators still work on the case. A closed one still receives tips."""

    OPEN = "open"
    CLOSED = "closed"


class Case(Base):
    """What appeals and tips belong to, known by its case reference."""

    __tablename__ = "police_case"  # CASE is a reserved word in SQL

    id: Mapped[int] = mapped_column(primary_key=True)
    # Not unique: two districts may each have a case with this number, one of them mistyped.
    reference: Mapped[str] = mapped_column(String(REFERENCE_LENGTH), index=True)
    title: Mapped[str] = mapped_column(String(TITLE_LENGTH))
    status: Mapped[CaseStatus] = mapped_column(
        enum_column(CaseStatus), default=CaseStatus.OPEN, index=True
    )
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Since when it has been closed; how long its tips are kept counts from then."""
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When somebody last said that it is still worked on."""

    districts: Mapped[list[CaseDistrict]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="CaseDistrict.code"
    )
    appeals: Mapped[list[CaseAppeal]] = relationship(
        cascade="all, delete-orphan", order_by="CaseAppeal.id"
    )

    @property
    def district_codes(self) -> frozenset[str]:
        """The police districts the case belongs to; none means every district."""
        return frozenset(district.code for district in self.districts)

    def close(self) -> None:
        """Nobody works on it any more."""
        self.status, self.closed_at = CaseStatus.CLOSED, utcnow()

    def reopen(self) -> None:
        """It is worked on again."""
        self.status, self.closed_at = CaseStatus.OPEN, None
        self.confirmed_at = utcnow()

    def add_districts(self, codes: Iterable[str]) -> None:
        """Add further police districts to the case."""
        self.districts += [CaseDistrict(code=code, reference=self.reference) for code in codes]


class CaseDistrict(Base):
    """A police district that a case belongs to. A reference is unique within a district."""

    __tablename__ = "case_district"
    __table_args__ = (UniqueConstraint("code", "reference"),)

    case_id: Mapped[int] = mapped_column(
        ForeignKey("police_case.id", ondelete="CASCADE"), primary_key=True
    )
    code: Mapped[str] = mapped_column(String(16), primary_key=True)
    reference: Mapped[str] = mapped_column(String(REFERENCE_LENGTH))


class CaseAppeal(Base):
    """An alert that appeals to the public for information about a case."""

    __tablename__ = "case_appeal"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(
        ForeignKey("police_case.id", ondelete="CASCADE"), index=True
    )
    alert_code: Mapped[str] = mapped_column(String(32), unique=True)
    title: Mapped[str] = mapped_column(String(TITLE_LENGTH))


class CaseChangeKind(StrEnum):
    """What an administrator can correct."""

    REFERENCE = "reference"
    DISTRICTS = "districts"
    APPEAL_LEFT = "appeal_left"
    APPEAL_JOINED = "appeal_joined"


class CaseChange(Base):
    """One correction of a case: the values before and after, by whom and why.

    ``before`` and ``after`` are references, district codes or, for an appeal, the references of
    the two cases; ``alert_code`` is the appeal's.
    """

    __tablename__ = "case_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(
        ForeignKey("police_case.id", ondelete="CASCADE"), index=True
    )
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    kind: Mapped[CaseChangeKind] = mapped_column(enum_column(CaseChangeKind))
    before: Mapped[str] = mapped_column(String(CHANGE_LENGTH))
    after: Mapped[str] = mapped_column(String(CHANGE_LENGTH))
    alert_code: Mapped[str | None] = mapped_column(String(32))
    reason: Mapped[str] = mapped_column(String(REASON_LENGTH))

    staff: Mapped[Staff] = relationship()


class JournalPrefix(Base):
    """The police district whose journal numbers begin with these four digits, and the source.

    A prefix that is not here is unknown, and nothing is concluded from it.
    """

    __tablename__ = "journal_prefix"

    prefix: Mapped[str] = mapped_column(String(PREFIX_LENGTH), primary_key=True)
    district_code: Mapped[str] = mapped_column(String(16))
    source: Mapped[str] = mapped_column(String(200))
