"""SQL that PostgreSQL and SQLite write differently."""

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
    """An ``INSERT`` into a model or table that leaves out rows which are there already.

    ``unique`` names the columns by which a row is known; without them any unique constraint
    counts. A concurrent transaction that inserts the same row is waited for.
    """
    insert = sqlite.insert if is_sqlite(opened) else postgresql.insert
    return insert(into).on_conflict_do_nothing(index_elements=unique or None)


def among(
    opened: Session, column: InstrumentedAttribute[int], ids: Iterable[int]
) -> ColumnElement[bool]:
    """Whether a column is one of many ids, which are bound as one value instead of one by one."""
    listed = ",".join(map(str, ids))
    if is_sqlite(opened):
        each = func.json_each(literal(f"[{listed}]", _TEXT)).table_valued("value", name="ids")
        return column.in_(select(each.c.value))
    return column == any_(sql_cast(literal(f"{{{listed}}}", _TEXT), _BIGINTS))
