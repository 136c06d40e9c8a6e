"""Deleting and counting, as the tests of retention do it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import func, select

from database import Base, current_database
from retention.models import RetentionRun
from retention.runs import delete_chunk

DAY = dt.timedelta(days=1)


def one_chunk() -> RetentionRun:
    """Delete a chunk in a transaction of its own."""
    with current_database().unit_of_work() as session:
        return delete_chunk(session)


def deleted_now() -> dict[str, int]:
    """Delete what is due until nothing is left; gives what was deleted, by name."""
    while (run := one_chunk()).finished_at is None:
        pass
    return run.deleted


def count(table: type[Base], *where: Any) -> int:
    """How many rows a table has."""
    with current_database().unit_of_work(writes=False) as session:
        return session.scalar(select(func.count()).select_from(table).where(*where)) or 0
