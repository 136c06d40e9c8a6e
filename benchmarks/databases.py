"""Databases for rows: filled once, copied for each measurement, dropped at the end."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from alembic import command
from sqlalchemy import create_engine, text

from cli import alembic_config

POSTGRESQL = os.environ.get("VARSKO_TEST_POSTGRESQL", "postgresql://root@127.0.0.1:5432")


class Kind(StrEnum):
    """The databases Varsko runs on."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


class Databases:
    """Makes databases and drops every one of them when it is closed.

    A template is built once for each kind and key. Rows work on copies, which take a second,
    where building would take a minute.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._templates: dict[tuple[Kind, Hashable], str] = {}

    def close(self) -> None:
        """Drop the templates."""
        while self._templates:
            (kind, _key), name = self._templates.popitem()
            self._drop(kind, name)

    @contextmanager
    def copy(self, kind: Kind, key: Hashable, build: Callable[[str], None]) -> Iterator[str]:
        """The address of a copy of the template ``key``, for as long as the block lasts.

        ``build`` fills the template, a migrated database at the address it is given.
        """
        template = self._templates.get((kind, key)) or self._build(kind, key, build)
        name = _new_name()
        try:
            if kind is Kind.SQLITE:
                shutil.copyfile(self._path(template), self._path(name))
            else:
                _administer(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
            yield self._url(kind, name)
        finally:
            self._drop(kind, name)

    def _build(self, kind: Kind, key: Hashable, build: Callable[[str], None]) -> str:
        name = _new_name()
        url = self._url(kind, name)
        try:
            if kind is Kind.POSTGRESQL:
                _administer(f"CREATE DATABASE {name}")
            command.upgrade(alembic_config(url), "head")
            build(url)
            self._settle(kind, name)
        except BaseException:
            self._drop(kind, name)
            raise
        self._templates[kind, key] = name
        return name

    def _settle(self, kind: Kind, name: str) -> None:
        """Finish pending work: write the log back, run the vacuum that is due."""
        engine = create_engine(self._url(kind, name), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            if kind is Kind.SQLITE:
                connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
            else:
                connection.execute(text("VACUUM ANALYZE"))
                connection.execute(text("CHECKPOINT"))
        engine.dispose()

    def _drop(self, kind: Kind, name: str) -> None:
        if kind is Kind.POSTGRESQL:
            _administer(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            return
        for ending in ("", "-wal", "-shm"):
            Path(f"{self._path(name)}{ending}").unlink(missing_ok=True)

    def _url(self, kind: Kind, name: str) -> str:
        return f"sqlite:///{self._path(name)}" if kind is Kind.SQLITE else f"{POSTGRESQL}/{name}"

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.db"


def _new_name() -> str:
    return f"varsko_bench_{uuid.uuid4().hex[:12]}"


def _administer(statement: str) -> None:
    engine = create_engine(f"{POSTGRESQL}/postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
