"""The engine: connections to PostgreSQL or SQLite, and the units of work on them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import structlog
from flask import Flask, current_app
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.orm import Session

from config import Config
from database.connections import CLIENT_CHECKS, SILENCE, be_watchful
from database.sealing import configure_sealers
from database.types import compare_clocks
from database.unit_of_work import as_current_session

log = structlog.get_logger(__name__)

CLOCK_SECONDS = 300
"""Connections are renewed after so long, and with each the clocks are compared."""


class Database:
    """The engine and its units of work. A statement waits ``wait_seconds`` for a lock."""

    def __init__(
        self,
        url: str,
        *,
        pool_size: int = 10,
        wait_seconds: float = 10.0,
        compares_clocks: bool = True,
    ) -> None:
        self.is_sqlite = url.startswith("sqlite")
        if self.is_sqlite:
            self.engine = create_engine(
                url, connect_args={"timeout": wait_seconds}, hide_parameters=True
            )
            _tune_sqlite(self.engine)
        else:
            self.engine = create_engine(
                url,
                pool_size=pool_size,
                max_overflow=pool_size,
                pool_pre_ping=True,
                pool_recycle=CLOCK_SECONDS,
                # Error messages must not contain the values being written.
                hide_parameters=True,
                connect_args={
                    **SILENCE,
                    "options": f"-c timezone=utc -c lock_timeout={int(wait_seconds * 1000)}"
                    f" {CLIENT_CHECKS}",
                },
            )
            be_watchful(self.engine)
            if compares_clocks:
                _follow_clock(self.engine)
        self._reading = self.engine.execution_options(sqlite_begin="DEFERRED")

    def close(self) -> None:
        """Close the connections that nobody uses; a new one is opened when it is needed."""
        self.engine.dispose()

    def open(self, *, writes: bool = True, connection: Connection | None = None) -> Session:
        """A new session; on SQLite one that writes takes the write lock when it begins."""
        if connection is not None:
            connection.execution_options(sqlite_begin="IMMEDIATE" if writes else "DEFERRED")
            return Session(connection, expire_on_commit=False)
        return Session(self.engine if writes else self._reading, expire_on_commit=False)

    @contextmanager
    def unit_of_work(
        self, *, writes: bool = True, connection: Connection | None = None
    ) -> Iterator[Session]:
        """One transaction: committed at the end, rolled back if the block raises.

        It takes a connection from the pool, unless one is given.
        """
        with self.open(writes=writes, connection=connection) as opened, as_current_session(opened):
            yield opened
            opened.commit()


def _follow_clock(engine: Engine) -> None:
    """Compare this host's clock with the database's at each new connection."""

    @event.listens_for(engine, "connect")
    def compare(connection: Any, _record: Any) -> None:
        with connection.cursor() as cursor:
            before = datetime.now(UTC)
            cursor.execute("SELECT clock_timestamp()")
            database_time = cursor.fetchone()[0]
            between = before + (datetime.now(UTC) - before) / 2
        connection.rollback()
        ahead = compare_clocks(database_time, between)
        if ahead:
            log.warning("clock_differs", seconds_ahead=round(ahead.total_seconds(), 1))


def _tune_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def connect(connection: Any, _record: Any) -> None:
        # SQLAlchemy begins and ends transactions itself; sqlite3 must not open one on its own.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = NORMAL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA temp_store = MEMORY")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that reads before it writes fails immediately if another one wrote in
        # between; taking the write lock at the start waits for the other one instead.
        mode = connection.get_execution_options().get("sqlite_begin", "IMMEDIATE")
        connection.exec_driver_sql(f"BEGIN {mode}")


def current_database() -> Database:
    """The database of the running app (needs an app context)."""
    database: Database = current_app.extensions["varsko_database"]
    return database


def init_app(app: Flask, config: Config) -> None:
    """Connect the app to its database, and give the sealed columns their keys."""
    configure_sealers(config)
    app.extensions["varsko_database"] = Database(
        config.database_url,
        pool_size=config.database_pool_size,
        wait_seconds=config.database_wait_seconds,
        # Tests travel in time, which the database does not.
        compares_clocks=not config.testing,
    )
