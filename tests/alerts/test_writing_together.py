"""Two officers who write about one alert see each other before either loses anything."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from database import current_database, utcnow
from staff.models import Staff, UnsentForm
from staff.permissions import Role
from staff.unsent_forms import STILL_WRITING
from tests.alerts.factories import NORTH, SOUTH, Country, make_draft, make_officer
from tests.alerts.test_pages import DESK, published
from tests.alerts.test_unsent_forms import NEW, desk, fields, keep, staff, write
from tests.staff.factories import make_staff, sign_in
from web.http.app import VarskoApp

__all__ = ["desk", "staff"]

SAID = "Freja Friis skriver også her"


@pytest.fixture
def colleague(app: VarskoApp, staff: Staff) -> FlaskClient:
    with current_database().unit_of_work() as session:
        made = make_staff(session, [Role.OFFICER], [NORTH], name="Freja Friis")
    return sign_in(app.test_client(), made)


@pytest.fixture
def edit(country: Country, staff: Staff) -> str:
    with current_database().unit_of_work() as session:
        return f"{DESK}/{make_draft(session, country, make_officer(session)).code}/edit"


def test_each_sees_that_the_other_writes(
    desk: FlaskClient, colleague: FlaskClient, edit: str
) -> None:
    mine = write(desk, edit)
    assert SAID not in keep(desk, mine, edit).text
    assert SAID not in desk.get(edit).text
    keep(colleague, write(colleague, edit), edit)
    assert SAID in desk.get(edit).text
    assert SAID in keep(desk, mine, edit).text


def test_who_has_gone_no_longer_writes(
    desk: FlaskClient, colleague: FlaskClient, edit: str
) -> None:
    keep(colleague, write(colleague, edit), edit)
    with current_database().unit_of_work() as session:
        session.execute(update(UnsentForm).values(saved_at=utcnow() - STILL_WRITING))
    assert SAID not in desk.get(edit).text


def test_who_has_saved_no_longer_writes(
    desk: FlaskClient, colleague: FlaskClient, edit: str
) -> None:
    written = write(colleague, edit)
    keep(colleague, written, edit)
    assert colleague.post(edit, data=written).status_code == 302
    assert SAID not in desk.get(edit).text


def test_who_writes_an_update_sees_who_else_does(
    app: VarskoApp, desk: FlaskClient, colleague: FlaskClient, country: Country
) -> None:
    address = f"{DESK}/{published(country)}/update"
    keep(colleague, {**fields(colleague.get(address)), "text_da": "Nyt"}, address)
    assert SAID in desk.get(address).text


def test_two_new_alerts_are_two_things(desk: FlaskClient, colleague: FlaskClient) -> None:
    keep(colleague, write(colleague), NEW)
    assert SAID not in desk.get(NEW).text


def test_who_works_elsewhere_is_told_nothing(
    app: VarskoApp, colleague: FlaskClient, edit: str
) -> None:
    keep(colleague, write(colleague, edit), edit)
    with current_database().unit_of_work() as session:
        stranger = make_staff(session, [Role.OFFICER], [SOUTH])
    assert "Freja" not in sign_in(app.test_client(), stranger).get(edit).text
