"""The table of what was deleted, and when."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON
from sqlalchemy.orm import Mapped, mapped_column

from database import Base, UtcDateTime


class RetentionRun(Base):
    """One day's deletion. ``deleted``: how many of each kind are gone by now, by name.

    It is written together with each chunk, so a run that was interrupted tells what it has done,
    and goes on.
    """

    __tablename__ = "retention_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    deleted: Mapped[dict[str, int]] = mapped_column(JSON)
