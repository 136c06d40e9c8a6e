"""The database: engine, units of work, and the column types every room uses.

Works alike on PostgreSQL (psycopg 3) and SQLite (WAL). Services receive a ``Session`` and
never commit; whoever opened the unit of work commits it once.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import Flask, current_app
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    DateTime,
    Dialect,
    Engine,
    Enum,
    Integer,
    LargeBinary,
    MetaData,
    Text,
    any_,
    create_engine,
    event,
    func,
    literal,
    select,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, Session, SessionTransaction
from sqlalchemy.types import TypeDecorator
from werkzeug.local import LocalProxy

from config import Config, Keyring


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


BigId = BigInteger().with_variant(Integer, "sqlite")
"""Primary keys of tables that grow without bound (SQLite autoincrements INTEGER alone)."""


def utcnow() -> datetime:
    """The time now, aware, in UTC."""
    return datetime.now(UTC)


def enum_column(enumeration: type[StrEnum], length: int = 32) -> Enum:
    """A column type that stores the enum's values as text, so that a new one needs no DDL."""
    return Enum(
        enumeration,
        native_enum=False,
        create_constraint=False,
        length=length,
        values_callable=lambda members: [member.value for member in members],
    )


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, kept in UTC on every database (SQLite itself keeps no offset)."""

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


# --- Sealed data -------------------------------------------------------------------------


class Domain(StrEnum):
    """The two domains of personal data: separate keys, separate retention, separate roles."""

    SUBSCRIBERS = "subscribers"
    TIPS = "tips"


class UnsealError(Exception):
    """A sealed value cannot be opened: its key is missing, or it was altered."""


class Sealer:
    """Seals (AES-256-GCM) and indexes (HMAC-SHA256) the personal data of one domain.

    A sealed value is ``len(key id) | key id | 12-byte nonce | ciphertext and tag``: the key id
    stands in each row, so that keys can be rotated one row at a time.
    """

    def __init__(self, keyring: Keyring, index_key: bytes) -> None:
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keyring.keys.items()}
        self._current = keyring.current
        self._index_key = index_key
        self.prefix = bytes([len(keyring.current)]) + keyring.current.encode()
        """What every value begins with that the current key sealed."""

    def seal(self, plain: str, context: str) -> bytes:
        """Encrypt ``plain``; it opens only with the same ``context``."""
        nonce = os.urandom(12)
        body = self._ciphers[self._current].encrypt(nonce, plain.encode(), context.encode())
        return self.prefix + nonce + body

    def unseal(self, sealed: bytes, context: str) -> str:
        """Decrypt; raises :class:`UnsealError` for a missing key or an altered value."""
        end = 1 + sealed[0]
        cipher = self._ciphers.get(sealed[1:end].decode("ascii", "replace"))
        if cipher is None:
            raise UnsealError(f"no key opens this value of {context}")
        try:
            plain = cipher.decrypt(sealed[end : end + 12], sealed[end + 12 :], context.encode())
        except InvalidTag as error:
            raise UnsealError(f"a value of {context} was altered") from error
        return plain.decode()

    def is_current(self, sealed: bytes) -> bool:
        """Whether the value is sealed with the current key (if not: seal it again)."""
        return sealed.startswith(self.prefix)

    def index(self, value: str) -> bytes:
        """The keyed hash by which a sealed value is found: 32 bytes."""
        return hmac.digest(self._index_key, value.encode(), hashlib.sha256)


_sealers: dict[Domain, Sealer] = {}


def configure_sealers(config: Config) -> None:
    """Give the sealed columns of this process their keys."""
    _sealers[Domain.SUBSCRIBERS] = Sealer(config.subscriber_keys, config.subscriber_index_key)
    _sealers[Domain.TIPS] = Sealer(config.tip_keys, config.tip_index_key)


def sealer(domain: Domain) -> Sealer:
    """The sealer of a domain (after :func:`configure_sealers`)."""
    return _sealers[domain]


def blind_index(domain: Domain, value: str) -> bytes:
    """Keyed hash of a normalised value, 32 bytes: equal values are found, none is revealed."""
    return sealer(domain).index(value)


class Sealed(TypeDecorator[str]):
    """Text that is encrypted in the database. ``context`` ("table.column") is authenticated."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, domain: Domain, context: str) -> None:
        super().__init__()
        self.domain = domain
        self.context = context

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else sealer(self.domain).seal(value, self.context)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        return None if value is None else sealer(self.domain).unseal(bytes(value), self.context)


# --- Units of work -----------------------------------------------------------------------

_current_session: ContextVar[Session] = ContextVar("varsko_session")

session: Session = cast(
    Session,
    LocalProxy(_current_session, unbound_message="there is no unit of work here"),
)
"""The session of the unit of work that is under way (a request, a command, a job)."""


class Database:
    """The engine and the units of work upon it. A statement waits ``wait_seconds`` for a lock."""

    def __init__(self, url: str, *, pool_size: int = 10, wait_seconds: float = 10.0) -> None:
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
                # An error must not carry what was to be written.
                hide_parameters=True,
                connect_args={
                    "options": f"-c timezone=utc -c lock_timeout={int(wait_seconds * 1000)}",
                    "connect_timeout": 5,
                },
            )
        self._reading = self.engine.execution_options(sqlite_begin="DEFERRED")

    def open(self, *, writes: bool = True, connection: Connection | None = None) -> Session:
        """A new session; on SQLite a writing one takes the write lock as it begins."""
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
        with self.open(writes=writes, connection=connection) as opened, made_current(opened):
            yield opened
            opened.commit()


@contextmanager
def made_current(opened: Session) -> Iterator[None]:
    """Let :data:`session` mean this session until the block ends."""
    token = _current_session.set(opened)
    try:
        yield
    finally:
        _current_session.reset(token)


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
        # A transaction that reads first and writes later fails at once when another wrote in
        # between; taking the write lock at the start waits for it instead.
        mode = connection.get_execution_options().get("sqlite_begin", "IMMEDIATE")
        connection.exec_driver_sql(f"BEGIN {mode}")


_TEXT, _BIGINTS = Text(), ARRAY(BigInteger)


def among(
    opened: Session, column: InstrumentedAttribute[int], ids: Iterable[int]
) -> ColumnElement[bool]:
    """Whether a column is one of many ids, which are bound as one value instead of one by one."""
    listed = ",".join(map(str, ids))
    if opened.get_bind().dialect.name == "sqlite":
        each = func.json_each(literal(f"[{listed}]", _TEXT)).table_valued("value", name="ids")
        return column.in_(select(each.c.value))
    return column == any_(sql_cast(literal(f"{{{listed}}}", _TEXT), _BIGINTS))


def after_commit(opened: Session, action: Callable[[], object]) -> None:
    """Do ``action`` once what was done so far is committed, for good: not just a savepoint.

    It is forgotten when that, or a savepoint that was open around it, is rolled back.
    """
    around: list[SessionTransaction] = []
    savepoint = opened.get_nested_transaction()
    while savepoint is not None and savepoint.nested:
        around.append(savepoint)
        savepoint = savepoint.parent
    is_due = True

    def run(_session: Session) -> None:
        nonlocal is_due
        if is_due and not opened.in_nested_transaction():
            is_due = False
            action()

    def forget(_session: Session, ended: SessionTransaction) -> None:
        nonlocal is_due
        is_due = is_due and ended.parent is not None and ended not in around

    event.listen(opened, "after_commit", run)
    event.listen(opened, "after_soft_rollback", forget)


View = TypeVar("View", bound=Callable[..., Any])


def writes(view: View) -> View:
    """Mark a GET view that writes (the audit of a reading), so that SQLite locks in time."""
    view.varsko_writes = True  # type: ignore[attr-defined]
    return view


def current_database() -> Database:
    """The database of the running app (needs an app context)."""
    database: Database = current_app.extensions["varsko_database"]
    return database


def init_app(app: Flask, config: Config) -> None:
    """Connect the app to its database; keys of sealed columns included."""
    configure_sealers(config)
    app.extensions["varsko_database"] = Database(
        config.database_url,
        pool_size=config.database_pool_size,
        wait_seconds=config.database_wait_seconds,
    )
