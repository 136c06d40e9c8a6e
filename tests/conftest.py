"""Fixtures shared by every room: an app on SQLite and one on PostgreSQL, each test its own."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
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
from tests.settings import make_config
from web.app import VarskoApp
from wsgi import create_app

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
def postgresql_template() -> Iterator[str]:
    """The name of an empty, migrated PostgreSQL database that tests copy."""
    name = f"varsko_template_{uuid.uuid4().hex[:12]}"
    try:
        _administer(f"CREATE DATABASE {name}")
    except OperationalError:
        missing("a PostgreSQL server")
    build_schema(f"{POSTGRESQL}/{name}")
    yield name
    _administer(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A fresh SQLite database."""
    path = tmp_path / "varsko.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgresql_url(postgresql_template: str) -> Iterator[str]:
    """A fresh PostgreSQL database."""
    name = f"varsko_test_{uuid.uuid4().hex[:12]}"
    _administer(f"CREATE DATABASE {name} TEMPLATE {postgresql_template}")
    yield f"{POSTGRESQL}/{name}"
    _administer(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh database; a test that uses it runs on both kinds."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


class Browser(FlaskClient):
    """A client whose requests share nothing with the test.

    Flask reuses an app context that is open already, and with it ``g``: the request would
    find who was signed in before, and a CSRF token that was accepted before.
    """

    def open(self, *arguments: Any, **options: Any) -> TestResponse:
        return Context().run(super().open, *arguments, **options)


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
    app.extensions["varsko_database"].engine.dispose()


@pytest.fixture
def client(app: VarskoApp) -> FlaskClient:
    """A browser without JavaScript."""
    return app.test_client()
