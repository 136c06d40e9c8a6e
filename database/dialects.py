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
    any_,
    func,
    literal,
    select,
)
from sqlalchemy import cast as sql_cast
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


def among(
    opened: Session, column: InstrumentedAttribute[int], ids: Iterable[int]
) -> ColumnElement[bool]:
    """Whether a column is one of many ids, passed as a single bind parameter."""
    listed = ",".join(map(str, ids))
    if is_sqlite(opened):
        each = func.json_each(literal(f"[{listed}]", _TEXT)).table_valued("value", name="ids")
        return column.in_(select(each.c.value))
    return column == any_(sql_cast(literal(f"{{{listed}}}", _TEXT), _BIGINTS))
