"""The table of the audit trail, which is append-only until an entry is old enough to go."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Connection, ForeignKey, Index, String, event
from sqlalchemy.orm import Mapped, Mapper, mapped_column

from audit.triggers import create_triggers, drop_triggers
from database import Base, BigId, UtcDateTime, utcnow


class AuditEntry(Base):
    """Who did or read what, and when. Rows are written once and never changed."""

    __tablename__ = "audit_entry"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    # By name, because this room is below staff and must not import it.
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    actor_name: Mapped[str] = mapped_column(String(100), default="")
    """The name at the time; empty when the system itself acted."""
    action: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(64))
    subject_id: Mapped[str | None] = mapped_column(String(64))
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    request_id: Mapped[str | None] = mapped_column(String(64))

    __table_args__ = (
        Index("ix_audit_entry_at", "at"),
        Index("ix_audit_entry_staff_id_at", "staff_id", "at"),
        Index("ix_audit_entry_subject_subject_id", "subject", "subject_id"),
    )


class AuditIsAppendOnly(Exception):
    """Somebody tried to change or delete an audit entry."""


def _refuse_change(_mapper: Mapper[AuditEntry], _connection: Connection, entry: AuditEntry) -> None:
    raise AuditIsAppendOnly(f"audit entry {entry.id} cannot be changed")


event.listen(AuditEntry, "before_update", _refuse_change)
event.listen(AuditEntry, "before_delete", _refuse_change)


@event.listens_for(AuditEntry.__table__, "after_create")
def _after_create(_table: Any, connection: Connection, **_options: Any) -> None:
    create_triggers(connection)


@event.listens_for(AuditEntry.__table__, "before_drop")
def _before_drop(_table: Any, connection: Connection, **_options: Any) -> None:
    drop_triggers(connection)
