"""Writing and searching the audit trail."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from flask import g, has_app_context
from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from audit.models import AuditEntry
from database import among

PAGE_SIZE = 50
FORGOTTEN_AT_ONCE = 5_000


class Actor(Protocol):
    """Who acts, as far as the trail needs to know; staff's Actor implements it."""

    @property
    def staff_id(self) -> int: ...

    @property
    def name(self) -> str: ...


def record(
    session: Session,
    actor: Actor | None,
    action: str,
    subject: str,
    subject_id: int | str | None,
    **detail: Any,
) -> AuditEntry:
    """Add an entry: ``record(session, actor, "alert.published", "alert", alert.id)``.

    ``actor`` is None where the system itself acts. ``detail`` is JSON: ids, counts and
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


def find_entries(
    session: Session,
    *,
    who: int | None = None,
    action: str | None = None,
    subject: str | None = None,
    subject_id: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before: int | None = None,
    limit: int = PAGE_SIZE,
) -> list[AuditEntry]:
    """Entries that match, newest first; ``before`` is the id of the last one already shown.

    ``action`` is a full action ("alert.published") or the group before the dot ("alert").
    """
    query = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(limit)
    if who is not None:
        query = query.where(AuditEntry.staff_id == who)
    if action:
        family = AuditEntry.action.startswith(action + ".", autoescape=True)
        query = query.where(or_(AuditEntry.action == action, family))
    if subject:
        query = query.where(AuditEntry.subject == subject)
    if subject_id:
        query = query.where(AuditEntry.subject_id == subject_id)
    if since is not None:
        query = query.where(AuditEntry.at >= since)
    if until is not None:
        query = query.where(AuditEntry.at < until)
    if before is not None:
        query = query.where(AuditEntry.id < before)
    return list(session.scalars(query))


def known_actions(session: Session) -> list[str]:
    """Every action in the trail, sorted."""
    return list(session.scalars(select(AuditEntry.action).distinct().order_by(AuditEntry.action)))


def count_entries(session: Session, before: datetime) -> int:
    """How many entries were made before a time."""
    return session.scalar(select(func.count()).where(AuditEntry.at < before)) or 0


def forget_entries(session: Session, before: datetime) -> int:
    """Delete entries made before a time, the oldest first and a bounded number; returns how many.

    The database refuses it for any that are not old (see :mod:`audit.triggers`).
    """
    ids = session.scalars(
        select(AuditEntry.id)
        .where(AuditEntry.at < before)
        .order_by(AuditEntry.at)
        .limit(FORGOTTEN_AT_ONCE)
    ).all()
    if ids:
        session.execute(
            delete(AuditEntry)
            .where(among(session, AuditEntry.id, ids))
            .execution_options(synchronize_session=False)
        )
    return len(ids)
