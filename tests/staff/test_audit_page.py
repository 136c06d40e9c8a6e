"""The page of the audit trail: administrators read it, and that is recorded too."""

from __future__ import annotations

import json
import re

from flask.testing import FlaskClient

from audit import trail
from database import current_database
from staff.models import Staff
from staff.permissions import Role
from tests.staff.factories import PASSWORD, sign_in
from web.http.app import VarskoApp


def test_an_administrator_reads_and_filters_the_trail(app: VarskoApp, desk: FlaskClient) -> None:
    with current_database().unit_of_work() as session:
        trail.record(session, None, "alert.published", "alert", 17, recipients=34000, place="Ærø")
    page = desk.get("/staff/audit?action=alert.published")
    assert page.status_code == 200
    assert "34000" in page.text
    assert "Ærø" in page.text
    table = page.text.split("<tbody>")[1]
    assert "staff.signed_in" not in table
    assert desk.get("/staff/audit?since=i+morgen").status_code == 422


def test_reading_the_trail_is_an_entry_too(
    desk: FlaskClient, app: VarskoApp, administrator: Staff
) -> None:
    desk.get("/staff/audit?subject=tip")
    with current_database().unit_of_work() as session:
        newest = trail.find_entries(session, limit=1)[0]
        assert newest.action == "audit.read"
        assert newest.staff_id == administrator.id
        assert newest.detail == {"filters": {"subject": "tip"}}
        assert newest.request_id


def test_older_entries_are_one_page_further(app: VarskoApp, desk: FlaskClient) -> None:
    with current_database().unit_of_work() as session:
        for number in range(trail.PAGE_SIZE + 5):
            trail.record(session, None, "test.done", "test", number)
    first = desk.get("/staff/audit?action=test.done")
    assert first.text.count("<code>test.done</code>") == trail.PAGE_SIZE
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
        written = json.dumps([found.detail for found in trail.find_entries(session)])
    assert PASSWORD not in written
    assert officer.email not in written
