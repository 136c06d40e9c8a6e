"""One run a day, in chunks: each is a transaction of its own, so nothing is locked for long."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from audit.trail import record
from config import current_config
from database import lock_key, utcnow
from retention.hooks import everything_kept
from retention.models import RetentionRun
from web.languages.time_zone import to_copenhagen

log = structlog.get_logger(__name__)

CHUNK_SECONDS = 5
"""How often a chunk is deleted while anything is left to delete."""
LATE_AFTER = timedelta(hours=36)
_LOCK = b"retention"


def continue_run(session: Session) -> None:
    """Delete the next chunk of today's run, if it has not been finished. For the scheduler."""
    _lock(session)
    if _unfinished(session) or not _has_begun_today(session):
        delete_chunk(session)


def delete_chunk(session: Session) -> RetentionRun:
    """Delete one bounded chunk of what is due; when nothing is left, finish and report the run.

    It goes on with the run that was not finished, else a new one begins.
    """
    _lock(session)
    run = _unfinished(session) or _begin(session)
    now = utcnow()
    for kept in everything_kept():
        count = kept.delete(session, kept.before(now))
        if count:
            run.deleted = {**run.deleted, kept.name: run.deleted.get(kept.name, 0) + count}
            return run
    run.finished_at = now
    record(session, None, "retention.run", "retention", run.id, **run.deleted)
    log.info("retention_run", run=run.id, **run.deleted)
    return run


def latest_runs(session: Session, limit: int = 30) -> list[RetentionRun]:
    """The latest runs, newest first."""
    newest = select(RetentionRun).order_by(RetentionRun.id.desc()).limit(limit)
    return list(session.scalars(newest))


def late_since(session: Session) -> datetime | None:
    """When the last run was finished, if that is too long ago; None if all is well."""
    runs = latest_runs(session, 2)
    if not runs:
        return None
    last = max((run.finished_at for run in runs if run.finished_at), default=runs[-1].started_at)
    return last if last < utcnow() - LATE_AFTER else None


def _lock(session: Session) -> None:
    """Let one process at a time delete: a command may run beside the scheduler."""
    lock_key(session, _LOCK)


def _unfinished(session: Session) -> RetentionRun | None:
    return session.scalars(
        select(RetentionRun).where(RetentionRun.finished_at.is_(None)).order_by(RetentionRun.id)
    ).first()


def _has_begun_today(session: Session) -> bool:
    last = session.scalar(select(RetentionRun.started_at).order_by(RetentionRun.id.desc()).limit(1))
    return last is not None and to_copenhagen(last).date() >= to_copenhagen(utcnow()).date()


def _begin(session: Session) -> RetentionRun:
    now = utcnow()
    old = now - timedelta(days=current_config().keep_audit_days)
    session.execute(delete(RetentionRun).where(RetentionRun.started_at < old))
    run = RetentionRun(started_at=now, deleted={})
    session.add(run)
    session.flush()
    return run
