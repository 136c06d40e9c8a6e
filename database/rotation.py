"""Key rotation: everything that an older key sealed is sealed again with the current one.

Each value contains its key id, so old and new values can coexist: this can run while the
service does, be interrupted at any time and be run again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, LargeBinary, Row, bindparam, func, select, type_coerce, update
from sqlalchemy.orm import Session

from database.engine import Database
from database.sealing import Sealed, UnsealError, for_row, sealer
from database.types import Base

CHUNK = 500
"""Rows per transaction; they stay locked until it ends."""


@dataclass(frozen=True)
class Rotated:
    """The result for one column: values sealed again, and values that no key opens."""

    column: str
    resealed: int
    unopened: int


def sealed_columns() -> list[Column[Any]]:
    """Every sealed column of every room's tables."""
    return [
        column
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, Sealed)
    ]


def rotate(
    database: Database, chunk: int = CHUNK, after_chunk: Callable[[], None] = lambda: None
) -> Iterator[Rotated]:
    """Reseal, column by column, every value not sealed with its domain's current key.

    Each ``chunk`` of rows is a transaction of its own. A value that no key opens is counted
    and left unchanged.
    """
    for column in sealed_columns():
        resealed = unopened = 0
        last = 0
        while True:
            with database.unit_of_work() as session:
                rows = _outdated_rows(session, column, last, chunk)
                done = _reseal(session, column, rows)
            if not rows:
                break
            after_chunk()
            last = rows[-1].id
            resealed += done
            unopened += len(rows) - done
        yield Rotated(f"{column.table.name}.{column.name}", resealed, unopened)


def _outdated_rows(
    session: Session, column: Column[Any], last: int, chunk: int
) -> Sequence[Row[Any]]:
    """The next rows whose value an older key sealed, locked: id and raw value."""
    assert isinstance(column.type, Sealed)  # noqa: S101 (for the type checker)
    key = column.table.c.id
    raw = type_coerce(column, LargeBinary)
    current = sealer(column.type.domain).prefix
    return session.execute(
        select(key, raw.label("raw"))
        .where(key > last, func.substr(raw, 1, len(current)) != current)
        .order_by(key)
        .limit(chunk)
        # Other transactions can still add rows that refer to these.
        .with_for_update(key_share=True)
    ).all()


def _reseal(session: Session, column: Column[Any], rows: Sequence[Row[Any]]) -> int:
    """Write the values again (the column's type seals them); returns how many could be opened."""
    assert isinstance(column.type, Sealed)  # noqa: S101 (for the type checker)
    opened = []
    for row in rows:
        try:
            plain = column.type.unseal(row.raw, row.id)
        except UnsealError:
            continue
        opened.append({"row_id": row.id, "plain": for_row(plain, row.id)})
    if opened:
        session.connection().execute(
            update(column.table)
            .where(column.table.c.id == bindparam("row_id"))
            .values({column: bindparam("plain", type_=column.type)}),
            opened,
        )
    return len(opened)
