"""A snapshot of an audience, in the order of sending, from which the ledger is filled.

It is a temporary table of one connection. Sorting the audience once costs a tenth of writing
it; sorting it for every chunk would cost more than the writing. Nothing depends on the table
surviving: after a crash another snapshot is taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Identity,
    Integer,
    MetaData,
    Select,
    String,
    Table,
    func,
    insert,
    select,
)
from sqlalchemy.orm import Session

from database import BigId, Database, UtcDateTime

TABLE = Table(
    "audience_snapshot",
    MetaData(),
    Column("position", BigId, Identity(always=True), primary_key=True),
    Column("contact_id", BigInteger),
    Column("channel", String),
    Column("content_id", BigInteger),
    Column("distance_m", Integer),
    Column("next_attempt_at", UtcDateTime),
    prefixes=["TEMPORARY"],
)

_COLUMNS = [column.name for column in TABLE.columns if column.name != "position"]


class RecipientList:
    """The recipients of a broadcast. Occupies a database connection until closed.

    ``done`` of its ``size`` recipients have been written; ``later`` of them are due later.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: Connection = database.engine.connect()
        self.size = self.later = 0
        self.done = 0

    @classmethod
    def take(cls, database: Database, recipients: Select[Any]) -> Self:
        """Store recipients in order; the select has all the table's columns but ``position``."""
        snapshot = cls(database)
        try:
            # Only a temporary table is written: on SQLite others may write in the meantime.
            with snapshot.unit_of_work(writes=False) as session:
                connection = session.connection()
                TABLE.create(connection)
                session.execute(insert(TABLE).from_select(_COLUMNS, recipients))
                snapshot.size, snapshot.later = session.execute(
                    select(func.count(), func.count(TABLE.c.next_attempt_at)).select_from(TABLE)
                ).one()
        except BaseException:
            snapshot.close()
            raise
        return snapshot

    @contextmanager
    def unit_of_work(self, *, writes: bool = True) -> Iterator[Session]:
        """One transaction on the connection that has the table."""
        with self._database.unit_of_work(writes=writes, connection=self._connection) as session:
            yield session

    def next(self, limit: int) -> Select[Any]:
        """The next recipients in the order of sending, at most ``limit``."""
        return (
            select(*(TABLE.c[name] for name in _COLUMNS))
            .where(TABLE.c.position > self.done, TABLE.c.position <= self.done + limit)
            .order_by(TABLE.c.position)
        )

    @property
    def is_exhausted(self) -> bool:
        """Whether all recipients have been written."""
        return self.done >= self.size

    def close(self) -> None:
        """Drop the table and return the connection to the pool."""
        try:
            with self.unit_of_work(writes=False) as session:
                TABLE.drop(session.connection(), checkfirst=False)
        except Exception:
            # The table lives as long as its connection does.
            self._connection.invalidate()
        self._connection.close()
