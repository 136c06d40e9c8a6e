"""An app that was set up stays: no set-up begun earlier, or elsewhere, replaces it."""

from __future__ import annotations

import datetime as dt
import re

import pyotp
import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from audit.models import AuditEntry
from database import current_database
from staff import accounts
from staff.models import Staff
from tests.staff.factories import csrf_token, give_password, make_staff, sign_in, submit
from web.http.app import VarskoApp

pytestmark = pytest.mark.one_database


@pytest.fixture
def newcomer(app: VarskoApp) -> Staff:
    with current_database().unit_of_work() as session:
        return make_staff(session, totp_secret=None)


def begin(client: FlaskClient, staff: Staff) -> TestResponse:
    give_password(client, staff)
    return submit(client, "/staff/two-factor/setup", {"setup": "authenticator"})


def finish(client: FlaskClient, shown: TestResponse) -> TestResponse:
    key = re.search(r"<code>([A-Z2-7 -]+)</code>", shown.text)
    assert key
    secret = key.group(1).replace(" ", "").replace("-", "")
    target = re.search(
        r'action="([^"]*/staff/two-factor[^"]*)"[^>]*>(?:(?!</form>).)*name="code"',
        shown.text,
        re.S,
    )
    assert target
    form = {"csrf_token": csrf_token(shown), "code": pyotp.TOTP(secret).now()}
    return client.post(target.group(1), data=form)


def app_of(staff: Staff) -> str | None:
    with current_database().unit_of_work() as session:
        return accounts.get_staff(session, staff.id).tf_totp_secret


def refusals(staff: Staff) -> int:
    with current_database().unit_of_work() as session:
        entries = select(AuditEntry).where(
            AuditEntry.action == "staff.second_factor_refused",
            AuditEntry.subject_id == str(staff.id),
        )
        return len(session.scalars(entries).all())


def test_a_set_up_begun_earlier_does_not_replace_the_real_one(
    app: VarskoApp, newcomer: Staff
) -> None:
    thief, owner = app.test_client(), app.test_client()
    begun = begin(thief, newcomer)
    assert finish(owner, begin(owner, newcomer)).status_code == 302
    real = app_of(newcomer)
    assert real is not None
    assert finish(thief, begun).status_code == 200
    assert thief.get("/staff/").status_code == 302
    assert app_of(newcomer) == real
    assert refusals(newcomer) == 1
    assert owner.get("/staff/").status_code == 200


def test_who_has_only_the_password_cannot_begin_once_there_is_an_app(
    app: VarskoApp, newcomer: Staff
) -> None:
    thief, owner = app.test_client(), app.test_client()
    begin(thief, newcomer)
    finish(owner, begin(owner, newcomer))
    real = app_of(newcomer)
    page = submit(thief, "/staff/two-factor/setup", {"setup": "authenticator"})
    assert "data:image/svg" not in page.text
    assert app_of(newcomer) == real
    assert refusals(newcomer) == 1


def test_a_change_begun_before_another_does_not_undo_it(app: VarskoApp, newcomer: Staff) -> None:
    with time_machine.travel(dt.datetime.now(dt.UTC), tick=False) as clock:
        owner = app.test_client()
        finish(owner, begin(owner, newcomer))
        earlier = submit(owner, "/staff/two-factor/setup", {"setup": "authenticator"})
        stale = owner.get_cookie("varsko")
        assert stale is not None
        clock.shift(31)
        later = submit(owner, "/staff/two-factor/setup", {"setup": "authenticator"})
        assert finish(owner, later).status_code == 302
        changed = app_of(newcomer)
        owner.set_cookie("varsko", stale.value)
        clock.shift(31)
        finish(owner, earlier)
        assert app_of(newcomer) == changed
        assert refusals(newcomer) == 1


def test_a_set_up_lasts_a_quarter_of_an_hour(app: VarskoApp, newcomer: Staff) -> None:
    with time_machine.travel(dt.datetime.now(dt.UTC), tick=False) as clock:
        client = app.test_client()
        shown = begin(client, newcomer)
        clock.shift(16 * 60)
        assert finish(client, shown).status_code == 200
        assert app_of(newcomer) is None


def test_the_owner_may_change_the_app(app: VarskoApp) -> None:
    with current_database().unit_of_work() as session:
        staff = make_staff(session)
    client = sign_in(app.test_client(), staff)
    before = app_of(staff)
    shown = submit(client, "/staff/two-factor/setup", {"setup": "authenticator"})
    assert finish(client, shown).status_code == 302
    assert app_of(staff) != before
