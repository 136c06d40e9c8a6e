"""An app that knows a few areas."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from sqlalchemy.orm import Session

from areas.kinds import AreaKind
from areas.models import Area
from database import current_database
from simulator import Simulator
from tests.subscribers.factories import add_areas
from tests.subscribers.people import People
from web.http.app import VarskoApp


@pytest.fixture
def town(app: VarskoApp) -> VarskoApp:
    """The whole service with a police district, municipalities and postcodes."""
    with current_database().unit_of_work() as session:
        add_areas(session)
    return app


@pytest.fixture
def work(town: VarskoApp) -> Callable[[], AbstractContextManager[Session]]:
    """Opens a unit of work."""
    return current_database().unit_of_work


@pytest.fixture
def session(town: VarskoApp) -> Iterator[Session]:
    """A unit of work that lasts as long as the test."""
    with current_database().unit_of_work() as opened:
        yield opened


@pytest.fixture
def people(app_with_simulator: VarskoApp, simulator: Simulator) -> People:
    with current_database().unit_of_work() as session:
        add_areas(session)
        for code, name in (("8000", "Aarhus C"), ("2200", "København N"), ("2100", "København Ø")):
            session.add(Area(kind=AreaKind.POSTCODE, code=code, name=name, source="test"))
    return People(simulator)
