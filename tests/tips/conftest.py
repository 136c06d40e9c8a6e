"""Fixtures of the tips tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from database import current_database
from web.app import VarskoApp


@pytest.fixture
def session(app: VarskoApp) -> Iterator[Session]:
    """A unit of work on each kind of database."""
    with current_database().unit_of_work() as opened:
        yield opened
