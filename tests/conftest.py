"""Fixtures shared by every room: an app on SQLite and one on PostgreSQL, each test its own."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Context
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from cli import alembic_config
from database import Base
from tests.apps import RuleCompiledOnce, close_app
from tests.settings import make_config
from web.http.after_response import EXTENSION
from web.http.app import VarskoApp
from wsgi import create_app

VarskoApp.url_rule_class = RuleCompiledOnce
pytest_plugins = ["tests.browser", "tests.dispatch.fixtures"]

POSTGRESQL = os.environ.get("VARSKO_TEST_POSTGRESQL", "postgresql://root@127.0.0.1:5432")
SHARED_DATA = Path(
    os.environ.get("VARSKO_TEST_DATA", Path(__file__).parents[2] / "shared" / "data")
)


def missing(what: str) -> None:
    """Skip a test for want of a real part; where CI runs it fails instead."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is missing, and CI must not skip")
    pytest.skip(f"{what} is missing")


NEEDS = {"browser": "browser", "postgresql_server": "postgresql"}
"""Fixtures for real parts, and the marker of the tests that use them."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test by the real parts it needs, so that they can be left out with ``-m``."""
    for item in items:
        assert isinstance(item, pytest.Function)
        for fixture in NEEDS.keys() & item.fixturenames:
            item.add_marker(NEEDS[fixture])
        if "postgresql" in item.name.partition("[")[2].strip("]").split("-"):
            item.add_marker("postgresql")


def build_schema(url: str) -> None:
    """Bring a new database to the newest migration."""
    command.upgrade(alembic_config(url), "head")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty, migrated SQLite file that tests copy."""
    path = tmp_path_factory.mktemp("template") / "varsko.db"
    build_schema(f"sqlite:///{path}")
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return path


def _administer(statement: str) -> None:
    engine = create_engine(f"{POSTGRESQL}/postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


@pytest.fixture(scope="session")
def postgresql_server() -> str:
    """The address of a server on which databases can be made."""
    try:
        _administer("SELECT 1")
    except OperationalError:
        missing("a PostgreSQL server")
    return POSTGRESQL


@contextmanager
def temporary_postgresql() -> Iterator[str]:
    """A new, migrated PostgreSQL database for the block."""
    name = f"varsko_test_{uuid.uuid4().hex[:12]}"
    _administer(f"CREATE DATABASE {name}")
    try:
        build_schema(f"{POSTGRESQL}/{name}")
        yield f"{POSTGRESQL}/{name}"
    finally:
        _administer(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def worker_postgresql(postgresql_server: str) -> Iterator[str]:
    """This worker's PostgreSQL database, emptied after each test that used it."""
    with temporary_postgresql() as url:
        yield url


def empty_postgresql(url: str) -> None:
    """Delete every row and begin every sequence anew.

    A database of its own for each test would be simpler, but dropping one costs the server a
    checkpoint: more than most tests take.
    """
    tables = [table.name for table in reversed(Base.metadata.sorted_tables)]
    statements = [
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()",
        "ALTER TABLE audit_entry DISABLE TRIGGER USER",
        *(f'DELETE FROM "{name}"' for name in tables),  # noqa: S608
        "ALTER TABLE audit_entry ENABLE TRIGGER USER",
        "SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S'",
    ]
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("; ".join(statements))
    engine.dispose()


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A fresh SQLite database."""
    path = tmp_path / "varsko.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgresql_url(worker_postgresql: str) -> Iterator[str]:
    """An empty PostgreSQL database."""
    yield worker_postgresql
    empty_postgresql(worker_postgresql)


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what is marked ``one_database`` on SQLite alone.

    The mark is for pages, forms, permissions, texts, languages and headers: what PostgreSQL has no
    say in. Services, SQL, imports, races and dispatch run on both, and that every page's
    queries do, ``tests/test_every_page.py`` looks after.
    """
    if metafunc.definition.get_closest_marker("one_database"):
        for fixture in ("database_url", "shared_url"):
            if fixture in metafunc.fixturenames:
                on_sqlite = pytest.mark.parametrize(fixture, ["sqlite"], indirect=True)
                metafunc.definition.add_marker(on_sqlite)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh database; a test that uses it runs on both kinds unless it is ``one_database``."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


class Browser(FlaskClient):
    """A client whose requests share nothing with the test.

    Flask reuses an app context that is open already, and with it ``g``: the request would
    find who was signed in before, and a CSRF token that was accepted before. What is done after a
    response is done when ``open`` returns.
    """

    def open(self, *arguments: Any, **options: Any) -> TestResponse:
        if options.get("method") == "POST":
            options.setdefault("buffered", True)  # a server too closes the response it has sent
        response = Context().run(super().open, *arguments, **options)
        self.application.extensions[EXTENSION].finish()
        return response


@pytest.fixture(scope="session")
def compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Templates are compiled once, not once for each test's app."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture
def app(database_url: str, compiled_templates: FileSystemBytecodeCache) -> Iterator[VarskoApp]:
    """The whole service on a fresh database, inside an app context."""
    app = create_app(make_config(database_url=database_url))
    app.test_client_class = Browser
    app.jinja_env.bytecode_cache = compiled_templates
    with app.app_context():
        yield app
    close_app(app)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A database of each kind for tests that commit nothing; see ``one_database``."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        path = tmp_path_factory.mktemp("shared") / "varsko.db"
        shutil.copy(template, path)
        yield f"sqlite:///{path}"
        return
    request.getfixturevalue("postgresql_server")
    with temporary_postgresql() as url:
        yield url


@pytest.fixture(scope="module")
def shared_app(shared_url: str) -> Iterator[VarskoApp]:
    """The whole service for tests that commit nothing."""
    app = create_app(make_config(database_url=shared_url))
    yield app
    close_app(app)


@pytest.fixture
def client(app: VarskoApp) -> FlaskClient:
    """A browser without JavaScript."""
    return app.test_client()
