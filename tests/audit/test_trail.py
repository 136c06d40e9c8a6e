"""The audit trail: written once, never changed."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import DatabaseError

from audit import trail
from audit.models import AuditEntry, AuditIsAppendOnly
from database import current_database
from staff.actor import Actor
from staff.models import Staff
from web.http.app import VarskoApp


@pytest.fixture
def entry(app: VarskoApp, officer: Staff) -> AuditEntry:
    with current_database().unit_of_work() as session:
        found = trail.record(
            session, Actor.of(officer), "alert.published", "alert", 17, recipients=34000
        )
        session.flush()
        return found


def count() -> int:
    with current_database().unit_of_work() as session:
        return session.scalar(select(func.count(AuditEntry.id))) or 0


def test_an_entry_says_who_did_what(entry: AuditEntry, officer: Staff) -> None:
    with current_database().unit_of_work() as session:
        stored = session.get(AuditEntry, entry.id)
        assert stored is not None
        assert (stored.staff_id, stored.actor_name) == (officer.id, "Olga Officer")
        assert (stored.action, stored.subject, stored.subject_id) == (
            "alert.published",
            "alert",
            "17",
        )
        assert stored.detail == {"recipients": 34000}
        assert stored.at.tzinfo is not None


def test_the_name_stays_as_it_was(entry: AuditEntry, officer: Staff) -> None:
    with current_database().unit_of_work() as session:
        found = session.get(Staff, officer.id)
        assert found is not None
        found.name = "Olga Gift"
    with current_database().unit_of_work() as session:
        stored = session.get(AuditEntry, entry.id)
        assert stored is not None
        assert stored.actor_name == "Olga Officer"


def test_an_entry_is_not_changed_through_the_models(entry: AuditEntry) -> None:
    with (
        pytest.raises(AuditIsAppendOnly),
        current_database().unit_of_work() as session,
    ):
        stored = session.get(AuditEntry, entry.id)
        assert stored is not None
        stored.action = "nothing.happened"


def test_an_entry_is_not_deleted_through_the_models(entry: AuditEntry) -> None:
    with (
        pytest.raises(AuditIsAppendOnly),
        current_database().unit_of_work() as session,
    ):
        session.delete(session.get(AuditEntry, entry.id))


@pytest.mark.parametrize(
    "statement",
    [
        update(AuditEntry).values(action="nothing.happened"),
        delete(AuditEntry),
        text("UPDATE audit_entry SET actor_name = 'somebody else'"),
        text("DELETE FROM audit_entry"),
        text(
            "INSERT INTO audit_entry (id, at, actor_name, action, subject, detail) "
            "SELECT id, at, 'somebody else', action, subject, detail FROM audit_entry WHERE true "
            "ON CONFLICT (id) DO UPDATE SET actor_name = excluded.actor_name"
        ),
    ],
    ids=["update", "delete", "raw update", "raw delete", "upsert"],
)
def test_the_database_itself_refuses(entry: AuditEntry, statement: object) -> None:
    before = count()
    with (
        pytest.raises(DatabaseError, match="never changed"),
        current_database().unit_of_work() as session,
    ):
        session.execute(statement)  # type: ignore[call-overload]
    assert count() == before


def test_the_table_is_not_emptied_or_replaced(entry: AuditEntry) -> None:
    trick = (
        "INSERT OR REPLACE INTO audit_entry (id, at, actor_name, action, subject, detail) "
        "SELECT id, at, 'somebody else', action, subject, detail FROM audit_entry"
        if current_database().is_sqlite
        else "TRUNCATE audit_entry"
    )
    with (
        pytest.raises(DatabaseError, match="never changed"),
        current_database().unit_of_work() as session,
    ):
        session.execute(text(trick))


def test_entries_are_found_by_actor_action_subject_and_time(
    entry: AuditEntry, officer: Staff, administrator: Staff
) -> None:
    with current_database().unit_of_work() as session:

        def ids(**asked: object) -> list[int]:
            return [found.id for found in trail.find_entries(session, **asked)]  # type: ignore[arg-type]

        assert ids(who=officer.id) == [entry.id]
        assert ids(action="alert.published") == [entry.id]
        assert ids(action="alert") == [entry.id]
        assert ids(action="aler") == []
        assert ids(subject="alert", subject_id="17") == [entry.id]
        assert ids(subject="alert", subject_id="18") == []
        tomorrow = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
        assert entry.id in ids(until=tomorrow)
        assert ids(since=tomorrow) == []
        assert entry.id not in ids(before=entry.id)
