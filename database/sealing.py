"""Sealed columns: personal data is encrypted in the database and found by keyed hashes.

A sealed value is bound to its column and to its row's ``id``: both are authenticated with it
(AES-GCM's additional data). A value copied or swapped to another row or column does not open
there. It is bound to the id, and not to a random key stored beside the value, because everything
else refers to the row by its id: two rows' ids cannot be swapped unnoticed, while a random key
could be moved together with the value. Two things go undetected: an older value of the same row
and column put back, and changes to columns that are not sealed.

The id must be known before the value is sealed, so a row of a table with sealed columns gets
its id before the ``INSERT``: from the table's sequence on PostgreSQL; on SQLite it is the highest
id plus one, which no other transaction can take, because a writing transaction holds the write
lock from the start. This is automatic for objects added to a session; an explicit ``INSERT``
takes ids from :func:`reserve_ids` and binds its values with :func:`for_row`. A value that is not
bound to a row is refused.

When a value is read, the database returns the row's id with it, so a ``SELECT`` needs nothing
special, except that it must read from the table itself: a sealed column of a subquery cannot be
opened.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections import defaultdict
from collections.abc import Sequence
from enum import StrEnum
from functools import cache
from typing import Any, TypeAlias, TypeVar, cast

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask_babel import gettext as _
from sqlalchemy import (
    ColumnElement,
    Dialect,
    FromClause,
    Label,
    LargeBinary,
    event,
    func,
    inspect,
    select,
)
from sqlalchemy.exc import CompileError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Mapper, Session, object_mapper
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

from config import Config, Keyring
from database.dialects import is_sqlite

log = structlog.get_logger(__name__)

MOST_REPORTED = 10_000
"""How many unopenable values a process remembers, so that each is logged once."""


class Domain(StrEnum):
    """The two domains of personal data: separate keys, separate retention, separate roles."""

    SUBSCRIBERS = "subscribers"
    TIPS = "tips"


class UnsealError(Exception):
    """A sealed value cannot be opened: its key is missing, or it was altered or moved."""


class Unopenable:
    """Stands in for a sealed value that cannot be opened. As text it is a notice for people.

    Code that needs the value itself checks ``isinstance(value, Unopenable)`` first.
    """

    def __str__(self) -> str:
        return str(_("Kan ikke åbnes"))

    def __repr__(self) -> str:
        return "Unopenable()"


SealedText: TypeAlias = str | Unopenable
"""The type of a sealed text column when read; only ``str`` can be written."""
SealedBytes: TypeAlias = bytes | Unopenable
"""The type of a sealed bytes column when read; only ``bytes`` can be written."""
UNOPENABLE = Unopenable()


class Sealer:
    """Seals (AES-256-GCM) and indexes (HMAC-SHA256) the personal data of one domain.

    A sealed value is ``len(key id) | key id | 12-byte nonce | ciphertext and tag``: each value
    names its key, so that keys can be rotated one row at a time.
    """

    def __init__(self, keyring: Keyring, index_key: bytes) -> None:
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keyring.keys.items()}
        self._current = keyring.current
        self._index_key = index_key
        self.prefix = bytes([len(keyring.current)]) + keyring.current.encode()
        """The first bytes of every value sealed with the current key."""

    def seal(self, plain: bytes, context: str, row_id: int) -> bytes:
        """Encrypt ``plain``; it opens only with the same context ("table.column") and row id."""
        nonce = os.urandom(12)
        bound_to = f"{context}:{row_id}".encode()
        return self.prefix + nonce + self._ciphers[self._current].encrypt(nonce, plain, bound_to)

    def unseal(self, sealed: bytes, context: str, row_id: int) -> bytes:
        """Decrypt; raises :class:`UnsealError` if the key is missing or anything was altered."""
        end = 1 + sealed[0] if sealed else 0
        cipher = self._ciphers.get(sealed[1:end].decode("ascii", "replace"))
        if cipher is None:
            raise UnsealError("its key is missing")
        bound_to = f"{context}:{row_id}".encode()
        try:
            return cipher.decrypt(sealed[end : end + 12], sealed[end + 12 :], bound_to)
        except (InvalidTag, ValueError) as error:
            raise UnsealError("it was altered or moved") from error

    def is_current(self, sealed: bytes) -> bool:
        """Whether the value is sealed with the current key (if not, it should be resealed)."""
        return sealed.startswith(self.prefix)

    def index(self, value: str) -> bytes:
        """The keyed hash that a sealed value is found by: 32 bytes."""
        return hmac.digest(self._index_key, value.encode(), hashlib.sha256)


_sealers: dict[Domain, Sealer] = {}
_reported: set[tuple[str, int]] = set()


def configure_sealers(config: Config) -> None:
    """Give the sealed columns of this process their keys."""
    _sealers[Domain.SUBSCRIBERS] = Sealer(config.subscriber_keys, config.subscriber_index_key)
    _sealers[Domain.TIPS] = Sealer(config.tip_keys, config.tip_index_key)
    _reported.clear()


def sealer(domain: Domain) -> Sealer:
    """The sealer of a domain (after :func:`configure_sealers`)."""
    return _sealers[domain]


def blind_index(domain: Domain, value: str) -> bytes:
    """Keyed hash of a normalised value, 32 bytes: finds equal values without revealing any."""
    return sealer(domain).index(value)


# --- The column type ---------------------------------------------------------------------


class _RowText(str):
    row_id: int


class _RowBytes(bytes):
    row_id: int


Plain = TypeVar("Plain", bound=str | bytes)


def for_row(value: Plain, row_id: int) -> Plain:
    """The same text or bytes, to be sealed for the row with this id."""
    bound = _RowText(value) if isinstance(value, str) else _RowBytes(value)
    bound.row_id = row_id
    return cast(Plain, bound)


class _WithRowId(FunctionElement[Any]):
    """``id:value`` as bytes: a sealed value, and the id of the row it was read from."""

    inherit_cache = True

    def __init__(self, row_id: Any, value: Any, opened_by: Sealed) -> None:
        super().__init__(row_id, value)
        self.type = opened_by


@compiles(_WithRowId, "postgresql")
def _with_row_id_postgresql(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    row_id, value = (compiler.process(clause, **options) for clause in element.clauses)
    return f"(convert_to({row_id}::text || ':', 'SQL_ASCII') || {value})"


@compiles(_WithRowId, "sqlite")
def _with_row_id_sqlite(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    row_id, value = (compiler.process(clause, **options) for clause in element.clauses)
    return f"CAST({row_id} || ':' || {value} AS BLOB)"


class Sealed(TypeDecorator[Any]):
    """Text, or bytes, that are encrypted in the database and bound to their row and column.

    ``context`` ("table.column") must be unique and must never change. The table's primary key
    must be ``id``. Reading gives a :data:`SealedText` or :data:`SealedBytes`.
    """

    impl = LargeBinary
    cache_ok = True

    def __init__(self, domain: Domain, context: str, holds: type[str] | type[bytes] = str) -> None:
        super().__init__()
        self.domain = domain
        self.context = context
        self.holds = holds

    def unseal(self, sealed: bytes, row_id: int) -> str | bytes:
        """Open a value read from the row with this id; raises :class:`UnsealError`."""
        plain = sealer(self.domain).unseal(sealed, self.context, row_id)
        return plain.decode() if self.holds is str else plain

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        if value is None:
            return None
        if not isinstance(value, _RowText | _RowBytes) or not isinstance(value, self.holds):
            raise TypeError(f"{self.context} takes {self.holds.__name__} that is bound to a row")
        plain = value.encode() if isinstance(value, str) else value
        return sealer(self.domain).seal(plain, self.context, value.row_id)

    def column_expression(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        if isinstance(column, Label):
            column = column.element
        table = getattr(column, "table", None)
        if table is None or "id" not in table.c:
            raise CompileError(f"{self.context} cannot be opened without its row's id")
        return _WithRowId(table.c.id, column, self)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        row_id, _colon, sealed = value.partition(b":")
        try:
            return self.unseal(sealed, int(row_id))
        except UnsealError as error:
            _report(self.context, int(row_id), str(error))
            return UNOPENABLE


def _report(context: str, row_id: int, reason: str) -> None:
    """Log a value that cannot be opened: once per process, and without its content."""
    if (context, row_id) in _reported:
        return
    if len(_reported) >= MOST_REPORTED:
        _reported.clear()
    _reported.add((context, row_id))
    log.error("sealed_value_unopenable", value=context, row=row_id, reason=reason)


# --- Binding values to their rows --------------------------------------------------------


def reserve_ids(opened: Session, table: FromClause, count: int) -> Sequence[int]:
    """Ids for ``count`` new rows of a table, in ascending order; insert the rows straight away."""
    if is_sqlite(opened):
        highest = opened.scalar(select(func.coalesce(func.max(table.c.id), 0))) or 0
        return range(highest + 1, highest + 1 + count)
    name = getattr(table, "name", "")
    numbers = func.generate_series(1, count).table_valued("number")
    following = func.nextval(func.pg_get_serial_sequence(name, "id"))
    return sorted(opened.scalars(select(following).select_from(numbers)))


@cache
def _sealed_attributes(mapper: Mapper[Any]) -> tuple[str, ...]:
    return tuple(
        attribute.key
        for attribute in mapper.column_attrs
        if isinstance(attribute.columns[0].type, Sealed)
    )


@event.listens_for(Session, "before_flush")
def _bind_to_rows(opened: Session, _context: Any, _instances: Any) -> None:
    """Give new objects with sealed attributes their ids, and bind the values set to the row."""
    without_id: defaultdict[FromClause, list[Any]] = defaultdict(list)
    changed: list[tuple[Any, tuple[str, ...]]] = []
    for instance in (*opened.new, *opened.dirty):
        mapper = object_mapper(instance)
        names = _sealed_attributes(mapper)
        if names:
            changed.append((instance, names))
            if instance.id is None:
                without_id[mapper.local_table].append(instance)
    for table, instances in without_id.items():
        ids = reserve_ids(opened, table, len(instances))
        for instance, row_id in zip(instances, ids, strict=True):
            instance.id = row_id
    for instance, names in changed:
        attributes = inspect(instance).attrs
        for name in names:
            for value in attributes[name].history.added or ():
                if isinstance(value, str | bytes):
                    setattr(instance, name, for_row(value, instance.id))
