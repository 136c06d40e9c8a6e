"""An app that knows a few areas."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from sqlalchemy.orm import Session

from database import current_database
from tests.subscribers.factories import add_areas
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
