"""The database: engine, units of work, and the column types every room uses.

Behaves the same on PostgreSQL (psycopg 3) and SQLite (WAL). Services receive a ``Session`` and
never commit; the code that opened the unit of work commits it once.
"""

from database.connections import answers_within, is_away
from database.dialects import among, insert_or_ignore, is_sqlite, lock_key
from database.engine import Database, current_database, init_app
from database.sealing import (
    Domain,
    Sealed,
    SealedBytes,
    SealedText,
    Sealer,
    Unopenable,
    UnsealError,
    blind_index,
    configure_sealers,
    for_row,
    reserve_ids,
    sealer,
)
from database.types import Base, BigId, UtcDateTime, enum_column, utcnow, whole_hour, whole_minute
from database.unit_of_work import after_commit, as_current_session, session, writes

__all__ = [
    "Base",
    "BigId",
    "Database",
    "Domain",
    "Sealed",
    "SealedBytes",
    "SealedText",
    "Sealer",
    "Unopenable",
    "UnsealError",
    "UtcDateTime",
    "after_commit",
    "among",
    "answers_within",
    "as_current_session",
    "blind_index",
    "configure_sealers",
    "current_database",
    "enum_column",
    "for_row",
    "init_app",
    "insert_or_ignore",
    "is_away",
    "is_sqlite",
    "lock_key",
    "reserve_ids",
    "sealer",
    "session",
    "utcnow",
    "whole_hour",
    "whole_minute",
    "writes",
]
