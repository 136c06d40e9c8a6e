"""The audit trail: written once, never changed, read by administrators."""

from __future__ import annotations

import datetime as dt
import json
import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import DatabaseError

from database import current_database
from staff import audit
from staff.actor import Actor
from staff.models import AuditEntry, AuditIsAppendOnly, Staff
from staff.permissions import Role
from tests.staff.factories import PASSWORD, sign_in
from web.app import VarskoApp


@pytest.fixture
def entry(app: VarskoApp, officer: Staff) -> AuditEntry:
    with current_database().unit_of_work() as session:
        found = audit.record(
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
            return [found.id for found in audit.find_entries(session, **asked)]  # type: ignore[arg-type]

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


def test_an_administrator_reads_and_filters_the_trail(entry: AuditEntry, desk: FlaskClient) -> None:
    page = desk.get("/staff/audit?action=alert.published")
    assert page.status_code == 200
    assert "34000" in page.text
    table = page.text.split("<tbody>")[1]
    assert "staff.signed_in" not in table
    assert desk.get("/staff/audit?since=i+morgen").status_code == 422


def test_reading_the_trail_is_an_entry_too(
    desk: FlaskClient, app: VarskoApp, administrator: Staff
) -> None:
    desk.get("/staff/audit?subject=tip")
    with current_database().unit_of_work() as session:
        newest = audit.find_entries(session, limit=1)[0]
        assert newest.action == "audit.read"
        assert newest.staff_id == administrator.id
        assert newest.detail == {"filters": {"subject": "tip"}}
        assert newest.request_id


def test_older_entries_are_one_page_further(app: VarskoApp, desk: FlaskClient) -> None:
    with current_database().unit_of_work() as session:
        for number in range(audit.PAGE_SIZE + 5):
            audit.record(session, None, "test.done", "test", number)
    first = desk.get("/staff/audit?action=test.done")
    assert first.text.count("<code>test.done</code>") == audit.PAGE_SIZE
    older = re.search(r'rel="next" href="([^"]+)"', first.text)
    assert older
    second = desk.get(older.group(1).replace("&amp;", "&"))
    assert second.text.count("<code>test.done</code>") == 5


def test_officers_do_not_read_the_trail(app: VarskoApp, officer: Staff) -> None:
    client = sign_in(app.test_client(), officer)
    assert client.get("/staff/audit").status_code == 403
    assert Role.OFFICER in officer.role_set


def test_no_entry_of_signing_in_holds_a_secret(
    app: VarskoApp, officer: Staff, desk: FlaskClient
) -> None:
    with current_database().unit_of_work() as session:
        written = json.dumps([found.detail for found in audit.find_entries(session)])
    assert PASSWORD not in written
    assert officer.email not in written
