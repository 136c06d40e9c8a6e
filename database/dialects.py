"""SQL that differs between PostgreSQL and SQLite."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Insert,
    Text,
    func,
    literal,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import InstrumentedAttribute, Session

_TEXT, _BIGINTS = Text(), ARRAY(BigInteger)


def is_sqlite(opened: Session) -> bool:
    """Whether a session's database is SQLite (otherwise it is PostgreSQL)."""
    return opened.get_bind().dialect.name == "sqlite"


def insert_or_ignore(opened: Session, into: Any, *unique: str) -> Insert:
    """An ``INSERT`` into a model or table that skips rows which exist already.

    ``unique`` names the columns that identify a row; without them any unique constraint
    counts. It waits for a concurrent transaction that inserts the same row.
    """
    insert = sqlite.insert if is_sqlite(opened) else postgresql.insert
    return insert(into).on_conflict_do_nothing(index_elements=unique or None)


def lock_key(opened: Session, key: bytes) -> None:
    """Let one transaction at a time go on with this key, until it ends.

    For something that has no row to lock. On SQLite a writing transaction is alone already.
    """
    if not is_sqlite(opened):
        number = int.from_bytes(key[:8], "big", signed=True)
        opened.execute(select(func.pg_advisory_xact_lock(number)))


def among(
    opened: Session, column: InstrumentedAttribute[int], ids: Iterable[int]
) -> ColumnElement[bool]:
    """Whether a column is one of many ids, passed as a single bind parameter.

    The ids are rows to join with: quick by an index and by a scan, and so whatever PostgreSQL
    knows about its tables. A cast compared with each row is evaluated for each row.
    """
    listed = list(ids)
    if is_sqlite(opened):
        numbers = literal(f"[{','.join(map(str, listed))}]", _TEXT)
        each = func.json_each(numbers).table_valued("value", name="ids")
        return column.in_(select(each.c.value))
    return column.in_(select(func.unnest(literal(listed, _BIGINTS))))
