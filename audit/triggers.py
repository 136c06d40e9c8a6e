"""The SQL that makes ``audit_entry`` append-only, for SQLite and PostgreSQL.

Nothing is ever changed, and nothing is deleted before it is old: retention may delete the entries
that are older than :data:`YOUNGEST_DELETED_DAYS`, by the database's own clock, and nobody others.

The table's ``after_create`` event and the migration both call :func:`create_triggers`; a
migration that rebuilds the table on SQLite must call it again, because the rebuild drops them.
"""

from __future__ import annotations

from sqlalchemy import Connection

from config.safety import LEAST_AUDIT_DAYS

REFUSAL = "audit entries are never changed"
YOUNGEST_DELETED_DAYS = LEAST_AUDIT_DAYS - 5
"""A few days less than the least setting, for clocks differ. A change needs a migration."""

SQLITE_CREATE = (
    "CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry "
    f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END",
    "CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry "
    f"WHEN OLD.at >= strftime('%Y-%m-%d %H:%M:%f', 'now', '-{YOUNGEST_DELETED_DAYS} days') "
    f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END",
    # INSERT OR REPLACE deletes a row without firing the delete trigger.
    "CREATE TRIGGER audit_entry_no_replace BEFORE INSERT ON audit_entry "
    "WHEN EXISTS (SELECT 1 FROM audit_entry WHERE id = NEW.id) "
    "BEGIN SELECT RAISE(ABORT, 'audit entries are never changed'); END",
)
SQLITE_DROP = (
    "DROP TRIGGER IF EXISTS audit_entry_no_update",
    "DROP TRIGGER IF EXISTS audit_entry_no_delete",
    "DROP TRIGGER IF EXISTS audit_entry_no_replace",
)
POSTGRESQL_CREATE = (
    "CREATE OR REPLACE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN IF TG_OP = 'DELETE' THEN "
    f"IF OLD.at < clock_timestamp() - interval '{YOUNGEST_DELETED_DAYS} days' THEN RETURN OLD; "
    f"END IF; END IF; RAISE EXCEPTION '{REFUSAL}'; END $$",
    "CREATE TRIGGER audit_entry_no_change BEFORE UPDATE OR DELETE ON audit_entry "
    "FOR EACH ROW EXECUTE FUNCTION refuse_audit_change()",
    "CREATE TRIGGER audit_entry_no_truncate BEFORE TRUNCATE ON audit_entry "
    "FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()",
)
POSTGRESQL_DROP = (
    "DROP TRIGGER IF EXISTS audit_entry_no_change ON audit_entry",
    "DROP TRIGGER IF EXISTS audit_entry_no_truncate ON audit_entry",
    "DROP FUNCTION IF EXISTS refuse_audit_change()",
)


def create_triggers(connection: Connection) -> None:
    """Forbid changing and deleting audit entries (in a migration: ``op.get_bind()``)."""
    _execute(connection, SQLITE_CREATE, POSTGRESQL_CREATE)


def drop_triggers(connection: Connection) -> None:
    """Drop the triggers; call it before the table itself is dropped."""
    _execute(connection, SQLITE_DROP, POSTGRESQL_DROP)


def _execute(connection: Connection, sqlite: tuple[str, ...], postgresql: tuple[str, ...]) -> None:
    for statement in sqlite if connection.dialect.name == "sqlite" else postgresql:
        connection.exec_driver_sql(statement)
