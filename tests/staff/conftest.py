"""Fixtures of the staff tests."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from database import current_database
from staff.models import Staff
from staff.permissions import Role
from tests.staff.factories import make_staff, sign_in
from web.http.app import VarskoApp


@pytest.fixture
def officer(app: VarskoApp) -> Staff:
    """An officer of North Zealand."""
    with current_database().unit_of_work() as session:
        return make_staff(session, [Role.OFFICER], ["0900"], name="Olga Officer")


@pytest.fixture
def administrator(app: VarskoApp) -> Staff:
    """An administrator."""
    with current_database().unit_of_work() as session:
        return make_staff(session, [Role.ADMINISTRATOR], name="Adam Administrator")


@pytest.fixture
def desk(app: VarskoApp, administrator: Staff) -> FlaskClient:
    """The administrator's browser, signed in."""
    return sign_in(app.test_client(), administrator)
