"""Migrations: one head, the models match it, and a full database goes down and up again."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, func, inspect, select, text
from sqlalchemy.exc import DBAPIError

from audit.models import AuditEntry
from cli import alembic_config
from database import Base, Database
from demo.people import LOGINS, populate
from staff.models import Staff
from subscribers.models import Subscriber
from tests.apps import close_app
from tests.conftest import temporary_postgresql
from tests.settings import ENVIRONMENT, make_config
from wsgi import create_app

ROOT = Path(__file__).parents[1]


@pytest.fixture
def postgresql_url(postgresql_server: str) -> Iterator[str]:
    """A migrated PostgreSQL database that no other test uses."""
    with temporary_postgresql() as url:
        yield url


def tables(url: str) -> set[str]:
    """The names of all tables but Alembic's own."""
    engine = create_engine(url)
    names = set(inspect(engine).get_table_names()) - {"alembic_version"}
    engine.dispose()
    return names


def fill(url: str) -> None:
    """Put the demo's areas and people in."""
    app = create_app(make_config(database_url=url))
    database: Database = app.extensions["varsko_database"]
    with app.app_context(), database.unit_of_work() as session:
        populate(session, {login.login: pyotp.random_base32() for login in LOGINS})
        assert session.scalar(select(func.count()).select_from(Staff)) == len(LOGINS)
        assert session.scalars(select(Subscriber.id)).first() is not None
    close_app(app)


def test_there_is_one_head() -> None:
    heads = ScriptDirectory.from_config(alembic_config("sqlite://")).get_heads()
    assert len(heads) == 1


def test_the_models_match_the_head(database_url: str) -> None:
    command.check(alembic_config(database_url))
    assert tables(database_url) == set(Base.metadata.tables)


def test_a_full_database_goes_down_and_up_again(database_url: str) -> None:
    fill(database_url)
    migrations = alembic_config(database_url)
    command.downgrade(migrations, "base")
    assert tables(database_url) == set()
    command.upgrade(migrations, "head")
    command.check(migrations)
    fill(database_url)


def test_an_upgrade_of_a_full_database_that_is_current_changes_nothing(database_url: str) -> None:
    fill(database_url)
    command.upgrade(alembic_config(database_url), "head")
    fill(database_url)


def test_audit_entries_cannot_be_changed_in_a_migrated_database(database_url: str) -> None:
    fill(database_url)
    engine = create_engine(database_url)
    for statement in ("UPDATE audit_entry SET action = 'x'", "DELETE FROM audit_entry"):
        with engine.connect() as connection, pytest.raises(DBAPIError, match="never changed"):
            connection.execute(text(statement))
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(AuditEntry)) == len(LOGINS)
    engine.dispose()


def test_two_hosts_that_upgrade_at_once_do_it_once(postgresql_url: str) -> None:
    migrations = alembic_config(postgresql_url)
    command.downgrade(migrations, "base")
    environment = {**os.environ, **ENVIRONMENT, "VARSKO_DATABASE_URL": postgresql_url}
    hosts = [
        subprocess.Popen(
            [sys.executable, "-m", "flask", "--app", "wsgi", "db", "upgrade"],
            cwd=ROOT,
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    said = [host.communicate(timeout=120)[1] for host in hosts]
    assert [host.returncode for host in hosts] == [0, 0], said
    command.check(migrations)
