"""The table of presets."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from alerts.kinds import AlertKind
from alerts.models import Severity
from database import Base, UtcDateTime, enum_column, utcnow

NAME_LENGTH = 80


class Preset(Base):
    """A template, or without a kind a saved area: it has a target and nothing else.

    ``texts`` is ``{language: {title, body}}``. ``version`` counts the changes.
    """

    __tablename__ = "alert_preset"
    __table_args__ = (
        UniqueConstraint("district_code", "name"),
        # A form that was opened with one that is deleted must not write over another one.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    district_code: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    kind: Mapped[AlertKind | None] = mapped_column(enum_column(AlertKind))
    severity: Mapped[Severity] = mapped_column(enum_column(Severity))
    # None: the officer chooses it each time.
    target: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    texts: Mapped[dict[str, dict[str, str]]] = mapped_column(JSON)
    version: Mapped[int] = mapped_column(Integer, default=1)
    created_by: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    edited_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow, onupdate=utcnow)

    @property
    def is_area(self) -> bool:
        """Whether it is a saved area."""
        return self.kind is None
