"""Migrations: one head, the models match it, and a full database goes down and up again."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, func, inspect, select, text
from sqlalchemy.exc import DBAPIError

from audit.models import AuditEntry
from cases.models import Case
from cli import alembic_config
from database import Base, Database
from demo.people import LOGINS, populate
from staff.models import Staff
from subscribers.models import Subscriber
from tests.apps import close_app
from tests.areas.norway import import_norway
from tests.conftest import temporary_postgresql
from tests.settings import ENVIRONMENT, make_config
from tests.subscribers.factories import say
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


def test_the_country_of_areas_comes_and_goes_with_what_hangs_on_them(
    database_url: str, tmp_path: Path
) -> None:
    """Norwegian areas survive a downgrade, and so do subscriptions and local names of both."""
    fill(database_url)
    app = create_app(make_config(database_url=database_url))
    database: Database = app.extensions["varsko_database"]
    with app.app_context(), database.unit_of_work() as session:
        import_norway(session, tmp_path)
    with app.app_context():
        say("TRYK NO-3400", sender="+4522334499")
    close_app(app)
    migrations = alembic_config(database_url)
    before = what_hangs_on_areas(database_url)
    assert ("no", "postcode", "3400") in key_counts(database_url)
    command.downgrade(migrations, "0010")
    assert what_hangs_on_areas(database_url) == before
    command.upgrade(migrations, "head")
    assert what_hangs_on_areas(database_url) == before
    counted = key_counts(database_url)
    assert counted["no", "postcode", "3400"] == counted["dk", "postcode", "3400"] == 1
    command.check(migrations)
    engine = create_engine(database_url)
    with engine.connect() as connection, pytest.raises(DBAPIError):
        connection.execute(
            text(
                "INSERT INTO area (country, kind, code, name, source, updated_at) "
                "VALUES ('no', 'postcode', '3400', 'A', 'test', '2026-01-01')"
            )
        )
    engine.dispose()


def what_hangs_on_areas(url: str) -> dict[str, list[tuple[int, ...]]]:
    """What refers to areas, by table."""
    engine = create_engine(url)
    wanted = {
        "area": ("id", "parent_id"),
        "local_name": ("id", "area_id"),
        "area_overlap": ("area_id", "other_id"),
        "subscription": ("subscriber_id", "area_id"),
    }
    found = {}
    with engine.connect() as connection:
        for table, names in wanted.items():
            columns = [Base.metadata.tables[table].c[name] for name in names]
            rows = connection.execute(select(*columns).order_by(*columns))
            found[table] = [tuple(row) for row in rows]
    engine.dispose()
    assert all(found.values())
    return found


def key_counts(url: str) -> Counter[tuple[str, ...]]:
    """How many areas have each key."""
    engine = create_engine(url)
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT country, kind, code FROM area"))
        found = Counter(tuple(row) for row in rows)
    engine.dispose()
    return found


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


def test_when_cases_were_closed_is_taken_from_the_trail(database_url: str) -> None:
    migrations = alembic_config(database_url)
    command.downgrade(migrations, "0008")
    engine = create_engine(database_url)
    closed, reopened = "2024-03-01 10:00:00", "2025-01-01 09:00:00"
    with engine.begin() as connection:
        for number, status in ((1, "closed"), (2, "closed"), (3, "open")):
            connection.execute(
                text(
                    "INSERT INTO police_case (id, reference, title, status, opened_at) "
                    "VALUES (:id, '0900', 'A case', :status, '2024-01-01 00:00:00')"
                ),
                {"id": number, "status": status},
            )
        for case, at in ((1, closed), (1, "2023-01-01 00:00:00"), (3, reopened)):
            connection.execute(
                text(
                    "INSERT INTO audit_entry (at, actor_name, action, subject, subject_id, detail)"
                    " VALUES (:at, '', 'case.closed', 'case', :id, '{}')"
                ),
                {"at": at, "id": str(case)},
            )
    command.upgrade(migrations, "head")
    with engine.connect() as connection:
        known = dict(connection.execute(select(Case.id, Case.closed_at)).all())
    engine.dispose()
    assert known[1] == datetime(2024, 3, 1, 10, tzinfo=UTC)
    assert known[2] is not None, "nothing tells: its time begins now"
    assert datetime.now(UTC) - known[2] < timedelta(hours=1)
    assert known[3] is None


def test_approval_goes_with_its_states_and_who_edited_is_taken_from_the_trail(
    database_url: str,
) -> None:
    migrations = alembic_config(database_url)
    fill(database_url)
    engine = create_engine(database_url)
    states = ["submitted", "approved", "returned", "rejected", "draft", "closed"]
    with engine.begin() as connection:
        officer = connection.scalar(select(Staff.id).order_by(Staff.id))
        for number, status in enumerate(states, 1):
            connection.execute(
                text(
                    "INSERT INTO alert (id, code, kind, status, severity, target, created_by,"
                    " created_at, updated_at) VALUES (:id, :code, 'area_alert', :status, 'minor',"
                    " '{}', :staff, '2026-01-01', '2026-01-01')"
                ),
                {"id": number, "code": f"CODE{number}", "status": status, "staff": officer},
            )
            connection.execute(
                text(
                    "INSERT INTO alert_text (alert_id, language, title, body) VALUES (:id,:l,'','')"
                ),
                {"id": number, "l": "da"},
            )
        connection.execute(
            text(
                "INSERT INTO approval_step (alert_id, kind, fingerprint, version, comment,"
                " staff_id, at) VALUES (1, 'submitted', '', '', '', :staff, '2026-01-01')"
            ),
            {"staff": officer},
        )
        for staff in (officer, None):
            connection.execute(
                text(
                    "INSERT INTO audit_entry (at, staff_id, actor_name, action, subject,"
                    " subject_id, detail) VALUES ('2026-01-02', :staff, '', :action, 'alert', '5',"
                    " '{}')"
                ),
                {"staff": staff, "action": "alert.redrafted" if staff else "alert.read"},
            )
    command.downgrade(migrations, "0018")
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT status FROM alert ORDER BY id")).scalars()
        assert list(rows) == ["draft", "draft", "draft", "cancelled", "draft", "closed"]
        roles = connection.execute(text("SELECT role FROM staff_role")).scalars().all()
        assert "approver" not in roles
        assert len(roles) == len(LOGINS) - 1
    command.upgrade(migrations, "head")
    command.check(migrations)
    with engine.connect() as connection:
        edited = connection.execute(text("SELECT edited_by FROM alert ORDER BY id")).scalars()
        assert list(edited) == [None, None, None, None, officer, None]
        kept = connection.scalar(text("SELECT count(*) FROM alert_text"))
        assert kept == len(states)
    engine.dispose()


def test_a_withdrawn_alert_stays_out_of_sight_when_going_back(database_url: str) -> None:
    migrations = alembic_config(database_url)
    fill(database_url)
    engine = create_engine(database_url)
    states = {1: "withdrawn", 2: "closed", 3: "cancelled"}
    with engine.begin() as connection:
        officer = connection.scalar(select(Staff.id).order_by(Staff.id))
        for number, status in states.items():
            connection.execute(
                text(
                    "INSERT INTO alert (id, code, kind, status, severity, target, created_by,"
                    " created_at, updated_at, outcome) VALUES (:id, :code, 'area_alert', :status,"
                    " 'minor', '{}', :staff, '2026-01-01', '2026-01-01', :outcome)"
                ),
                {
                    "id": number,
                    "code": f"CODE{number}",
                    "status": status,
                    "staff": officer,
                    "outcome": {"withdrawn": "withdrawn", "closed": "resolved"}.get(status),
                },
            )
        for alert, kind in (
            (1, "initial"),
            (1, "withdrawal"),
            (2, "initial"),
            (2, "correction"),
            (3, "update"),
        ):
            connection.execute(
                text(
                    "INSERT INTO alert_release (alert_id, kind, number, key, texts, contents,"
                    " target, target_description, counts, recipients, created_by, created_at)"
                    " VALUES (:alert, :kind, :number, :key, '{}', '[]', '{}', '', '[]', 0, :staff,"
                    " '2026-01-01')"
                ),
                {
                    "alert": alert,
                    "kind": kind,
                    "number": 1 if kind == "initial" else 2,
                    "key": f"{kind}:a-key",
                    "staff": officer,
                },
            )
    now = alerts_and_releases(database_url)
    command.downgrade(migrations, "0020")
    assert alerts_and_releases(database_url) == (
        [("cancelled", "resolved"), ("closed", "resolved"), ("cancelled", None)],
        ["initial", "closure", "initial", "update", "update"],
    )
    command.upgrade(migrations, "head")
    assert alerts_and_releases(database_url) == now
    engine.dispose()


def alerts_and_releases(url: str) -> tuple[list[tuple[str, str | None]], list[str]]:
    """The states and outcomes of all alerts, and the kinds of all releases."""
    engine = create_engine(url)
    with engine.connect() as connection:
        alerts = connection.execute(text("SELECT status, outcome FROM alert ORDER BY id")).all()
        kinds = connection.execute(text("SELECT kind FROM alert_release ORDER BY id")).scalars()
        found = [(status, outcome) for status, outcome in alerts], list(kinds)
    engine.dispose()
    return found


def test_presets_are_lost_going_back_and_alerts_are_not(database_url: str) -> None:
    migrations = alembic_config(database_url)
    fill(database_url)
    engine = create_engine(database_url)
    with engine.begin() as connection:
        officer = connection.scalar(select(Staff.id).order_by(Staff.id))
        for statement in (
            "INSERT INTO alert (id, code, kind, status, severity, target, created_by, created_at,"
            " updated_at) VALUES (1, 'CODE1', 'area_alert', 'draft', 'minor', '{}', :staff,"
            " '2026-01-01', '2026-01-01')",
            "INSERT INTO alert_preset (id, district_code, name, severity, texts, version,"
            " created_by, edited_by, created_at, updated_at) VALUES (1, '9', 'Town', 'minor', '{}',"
            " 1, :staff, :staff, '2026-01-01', '2026-01-01')",
        ):
            connection.execute(text(statement), {"staff": officer})
    command.downgrade(migrations, "0021")
    assert "alert_preset" not in tables(database_url)
    command.upgrade(migrations, "head")
    command.check(migrations)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM alert")) == 1
        assert connection.scalar(text("SELECT count(*) FROM alert_preset")) == 0
    engine.dispose()
