"""Alembic's environment: one migration at a time, on PostgreSQL and SQLite alike."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any, Literal

from alembic import context
from sqlalchemy import JSON, BigInteger, Connection, Enum, TypeDecorator, text

from database import Base, Database, Sealed, UtcDateTime
from rooms import ROOMS

for room in ROOMS:
    # Puts the room's tables into Base.metadata.
    if find_spec(f"{room}.models"):
        import_module(f"{room}.models")

ADVISORY_LOCK = 0x5641_5253_4B4F  # "VARSKO": held while a migration runs, whatever host runs it
LOCK_TIMEOUT = "10s"


def render_type(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write plain column types, so that an old migration never depends on today's code."""
    if kind != "type":
        return False
    if isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if isinstance(item, Sealed):
        return "sa.LargeBinary()"
    if isinstance(item, TypeDecorator) and isinstance(item.impl_instance, JSON):
        return "sa.JSON()"
    if isinstance(item, Enum):
        return f"sa.String({item.length})"
    if isinstance(item, BigInteger) and item._variant_mapping:
        return 'sa.BigInteger().with_variant(sa.Integer(), "sqlite")'
    return False


def run(connection: Connection) -> None:
    """Migrate on one connection, in one transaction, holding the lock."""
    is_sqlite = connection.dialect.name == "sqlite"
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=is_sqlite,
        compare_type=True,
        render_item=render_type,
        compare_server_default=True,
    )
    with context.begin_transaction():
        if not is_sqlite:
            # A second migration waits here. If another transaction holds a table for ten seconds,
            # the migration fails, so that not all traffic queues behind it.
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
            connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"))
        context.run_migrations()
        if is_sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
            raise SystemExit("varsko: rows would refer to nothing; nothing was changed")


if context.is_offline_mode():
    raise SystemExit("varsko: migrations run on a live database only")


def migrate(connection: Connection) -> None:
    """Migrate; on SQLite without following references, for it rebuilds tables by dropping them."""
    if connection.dialect.name != "sqlite":
        run(connection)
        return
    raw = connection.connection.cursor()
    raw.execute("PRAGMA foreign_keys = OFF")
    try:
        run(connection)
    finally:
        raw.execute("PRAGMA foreign_keys = ON")


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    migrate(given)
else:
    engine = Database(context.config.attributes["database_url"]).engine
    with engine.connect() as connection:
        migrate(connection)
    engine.dispose()
