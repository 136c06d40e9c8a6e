"""The audit trail: who did or read what, and when."""

from __future__ import annotations

from typing import Any

from flask import g, has_app_context
from sqlalchemy.orm import Session

from staff.actor import Actor
from staff.models import AuditEntry


def record(
    session: Session,
    actor: Actor | None,
    action: str,
    subject: str,
    subject_id: int | str | None,
    **detail: Any,
) -> AuditEntry:
    """Write one entry: ``record(session, actor, "alert.published", "alert", alert.id)``.

    ``actor`` is None for what the system does by itself. ``detail`` is JSON: ids, counts and
    states; never an address, the text of a tip, a code or a secret.
    """
    entry = AuditEntry(
        staff_id=actor.staff_id if actor else None,
        actor_name=actor.name if actor else "",
        action=action,
        subject=subject,
        subject_id=None if subject_id is None else str(subject_id),
        detail=detail,
        request_id=g.get("request_id") if has_app_context() else None,
    )
    session.add(entry)
    return entry
