"""The tables of cases: the districts they belong to and the appeals that were made for them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from database import Base, UtcDateTime, enum_column, utcnow


class CaseStatus(StrEnum):
    """Whether investigators still work on the case. A closed one still takes tips."""

    OPEN = "open"
    CLOSED = "closed"


class Case(Base):
    """What appeals and tips belong to, known by its case reference."""

    __tablename__ = "police_case"  # CASE is a reserved word in SQL

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(String(32), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    status: Mapped[CaseStatus] = mapped_column(
        enum_column(CaseStatus), default=CaseStatus.OPEN, index=True
    )
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)

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


class CaseDistrict(Base):
    """A police district that a case belongs to."""

    __tablename__ = "case_district"

    case_id: Mapped[int] = mapped_column(
        ForeignKey("police_case.id", ondelete="CASCADE"), primary_key=True
    )
    code: Mapped[str] = mapped_column(String(16), primary_key=True, index=True)


class CaseAppeal(Base):
    """An alert that asks the public about a case."""

    __tablename__ = "case_appeal"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(
        ForeignKey("police_case.id", ondelete="CASCADE"), index=True
    )
    alert_code: Mapped[str] = mapped_column(String(32), unique=True)
