"""The base of every table, and the column types that all rooms use."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sqlalchemy import BigInteger, DateTime, Dialect, Enum, Integer, MetaData
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator


class Base(DeclarativeBase):
    """Declarative base of every table; constraint names are predictable for migrations."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


SAME_TIME = timedelta(seconds=1)

BigId = BigInteger().with_variant(Integer, "sqlite")
"""Primary keys of tables that grow without bound (SQLite autoincrements only INTEGER)."""


_ahead = timedelta(0)
"""By how much this host's clock is ahead of the database's."""


def utcnow() -> datetime:
    """The current time by the database's clock, aware, in UTC.

    Hosts whose clocks differ must agree on when an alert is due and a lease ends. Until the first
    connection to PostgreSQL, and with SQLite, it is this host's clock.
    """
    return datetime.now(UTC) - _ahead


def compare_clocks(database_time: datetime, host_time: datetime) -> timedelta:
    """Correct :func:`utcnow` from now on; returns by how much this host's clock is ahead.

    What is less than :data:`SAME_TIME` may be how long the question took.
    """
    global _ahead
    ahead = host_time - database_time
    _ahead = ahead if abs(ahead) >= SAME_TIME else timedelta(0)
    return _ahead


def enum_column(enumeration: type[StrEnum], length: int = 32) -> Enum:
    """A column type that stores the enum's values as text, so that a new value needs no DDL."""
    return Enum(
        enumeration,
        native_enum=False,
        create_constraint=False,
        length=length,
        values_callable=lambda members: [member.value for member in members],
    )


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, stored in UTC on every database (SQLite stores no offset)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def whole_minute(at: datetime | None = None) -> datetime:
    """The beginning of a moment's minute; of now, if none is given."""
    return (at or utcnow()).replace(second=0, microsecond=0)


def whole_hour(at: datetime | None = None) -> datetime:
    """The beginning of a moment's hour; of now, if none is given."""
    return whole_minute(at).replace(minute=0)
