"""Signing in where somebody has signed in meanwhile, in another window: it goes on, no dead end."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from database import current_database
from staff.models import Staff
from staff.permissions import Role
from tests.staff.factories import PASSWORD, code_now, csrf_token, give_password, make_staff, sign_in
from web.http.app import VarskoApp

pytestmark = pytest.mark.one_database

PROFILE = "/staff/profile"
STEPS = ["/staff/login", "/staff/two-factor", "/staff/two-factor/recovery"]


@pytest.fixture
def officer(app: VarskoApp) -> Staff:
    with current_database().unit_of_work() as session:
        return make_staff(session, [Role.OFFICER], ["0900"])


def credentials(officer: Staff) -> dict[str, str]:
    return {"email": officer.email, "password": PASSWORD, "code": code_now()}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("onward", [PROFILE, "/staff/alerts?tab=drafts"])
def test_a_step_that_is_opened_goes_on(
    client: FlaskClient, officer: Staff, step: str, onward: str
) -> None:
    sign_in(client, officer)
    answer = client.get(step, query_string={"next": onward})
    assert answer.location == onward


@pytest.mark.parametrize("step", STEPS)
def test_a_form_of_before_goes_on_when_it_is_sent(
    client: FlaskClient, officer: Staff, step: str
) -> None:
    stale = csrf_token(client.get(f"/staff/login?next={PROFILE}"))
    sign_in(client, officer)
    form = {**credentials(officer), "csrf_token": stale, "next": PROFILE}
    answer = client.post(step, data=form, follow_redirects=True)
    assert answer.status_code == 200
    assert answer.request.path == PROFILE


def test_halfway_a_form_of_before_begins_again(client: FlaskClient, officer: Staff) -> None:
    give_password(client, officer)
    answer = client.post("/staff/two-factor", data={"csrf_token": "x", "code": code_now()})
    assert answer.status_code == 303
    assert answer.location == "/staff/login"
    assert 'name="password"' in client.get(answer.location).text


@pytest.mark.parametrize("onward", ["https://evil.test/", "//evil.test", "/\\evil.test"])
def test_nobody_is_led_elsewhere(client: FlaskClient, officer: Staff, onward: str) -> None:
    sign_in(client, officer)
    for step in STEPS:
        answer = client.get(step, query_string={"next": onward}, follow_redirects=True)
        assert answer.request.path == "/staff/"
        stale = {"csrf_token": "x", "next": onward}
        assert client.post(step, data=stale, follow_redirects=True).request.path == "/staff/"


def test_a_stale_form_signs_nobody_in(client: FlaskClient, officer: Staff) -> None:
    form = {**credentials(officer), "csrf_token": "x", "next": PROFILE}
    client.post("/staff/login", data=form)
    assert client.get(PROFILE).status_code == 302
