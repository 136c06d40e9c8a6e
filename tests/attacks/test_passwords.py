"""Passwords that are easy to guess are refused, and temporary ones do not last."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from flask.testing import FlaskClient

from database import current_database
from staff import accounts
from staff.models import TEMPORARY_PASSWORD_LASTS
from staff.sign_in.passwords import password_faults, temporary_password
from tests.staff.factories import give_password, make_staff
from web.http.app import VarskoApp

pytestmark = pytest.mark.one_database


@pytest.mark.parametrize(
    "common",
    [
        "123456789012",
        "qwertyuiopasdf",
        "password12345",
        "Sommer2026!!",
        "københavn2026",
        "politiet1234",
        "januar2026januar",
        "iloveyou123456",
        "elskerbrøndby1",
        "1q2w3e4r5t6y",
    ],
)
def test_a_common_password_is_refused(app: VarskoApp, common: str) -> None:
    assert password_faults(common, "olga@politi.test", "Olga Officer")


@pytest.mark.parametrize(
    "good", ["fire tilfældige ord her", "hest batteri klamme korrekt", "kW8!vB2#qZ5x"]
)
def test_a_good_one_is_taken(app: VarskoApp, good: str) -> None:
    assert password_faults(good, "olga@politi.test", "Olga Officer") is None
    assert password_faults(temporary_password()) is None


def test_a_temporary_password_expires(app: VarskoApp, client: FlaskClient) -> None:
    with current_database().unit_of_work() as session:
        staff = make_staff(session)
        temporary = accounts.reset_password(session, None, staff)
    assert give_password(app.test_client(), staff, temporary).status_code == 302
    later = dt.datetime.now(dt.UTC) + TEMPORARY_PASSWORD_LASTS
    with time_machine.travel(later, tick=False):
        page = give_password(client, staff, temporary)
        assert page.status_code == 200
        assert "midlertidig adgangskode er udløbet" in page.text


def test_a_new_account_s_password_expires_too(app: VarskoApp, client: FlaskClient) -> None:
    with current_database().unit_of_work() as session:
        staff = make_staff(session, must_change_password=True)
    later = dt.datetime.now(dt.UTC) + TEMPORARY_PASSWORD_LASTS
    with time_machine.travel(later, tick=False):
        assert give_password(client, staff).status_code == 200
