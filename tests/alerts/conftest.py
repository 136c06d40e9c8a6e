"""A country, an officer and a session for tests of alerts, on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from database import current_database
from staff.actor import Actor
from tests.alerts.factories import Country, make_country, make_officer
from web.http.app import VarskoApp


@pytest.fixture
def country(app: VarskoApp) -> Country:
    """Two districts, two municipalities, three postcodes."""
    with current_database().unit_of_work() as session:
        return make_country(session)


@pytest.fixture
def session(country: Country) -> Iterator[Session]:
    """A unit of work that the test is inside of."""
    with current_database().unit_of_work() as opened:
        yield opened


@pytest.fixture
def officer(session: Session) -> Actor:
    """An officer of the northern district."""
    return make_officer(session)
