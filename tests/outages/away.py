"""Take the database away for a block, as its own faults do, and give it back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from sqlalchemy import create_engine, text


@contextmanager
def unwritable(url: str) -> Iterator[None]:
    """SQLite: another process keeps the write lock. PostgreSQL: it is a standby now."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as lock:
            lock.execute("BEGIN IMMEDIATE")
            yield
            lock.execute("ROLLBACK")
        return
    _administer(url, "SET default_transaction_read_only = on")
    try:
        hang_up(url)
        yield
    finally:
        _administer(url, "RESET default_transaction_read_only")


def _administer(url: str, change: str) -> None:
    """Change a setting of the whole database."""
    server, _slash, name = url.rpartition("/")
    engine = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'ALTER DATABASE "{name}" {change}'))
    engine.dispose()


def hang_up(url: str) -> None:
    """End all connections of a database, as a server that restarts does."""
    engine = create_engine(url)
    with engine.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    engine.dispose()
