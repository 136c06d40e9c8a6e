"""Fixtures of the tests of what is deleted when."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
import time_machine
from sqlalchemy.orm import Session

from database import current_database, utcnow
from staff.models import Staff
from staff.permissions import Role
from tests.retention.factories import DAY, deleted_now
from tests.staff.factories import make_staff
from web.http.app import VarskoApp

Work = Callable[[], AbstractContextManager[Session]]
Later = Callable[[float], dict[str, int]]


@pytest.fixture
def work(app: VarskoApp) -> Work:
    """Opens a unit of work."""
    return current_database().unit_of_work


@pytest.fixture
def later(app: VarskoApp) -> Later:
    """Deletes what is due so many days from now; gives what was deleted, by name."""

    def delete(days: float) -> dict[str, int]:
        with time_machine.travel(utcnow() + days * DAY, tick=False):
            return deleted_now()

    return delete


@pytest.fixture
def administrator(app: VarskoApp) -> Staff:
    """An administrator."""
    with current_database().unit_of_work() as session:
        return make_staff(session, [Role.ADMINISTRATOR], name="Adam Administrator")
