"""Fixtures of the tips tests."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import structlog
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from database import as_current_session, current_database
from staff.models import Staff
from tests.staff.factories import sign_in
from tests.tips.factories import make_investigator
from web.http.app import VarskoApp


@pytest.fixture
def session(shared_app: VarskoApp) -> Iterator[Session]:
    """A transaction that is rolled back: services never commit, so nothing of it is left."""
    with shared_app.app_context(), current_database().open() as opened, as_current_session(opened):
        yield opened
        opened.rollback()


@contextmanager
def everything_logged() -> Iterator[list[Any]]:
    """The events that are logged in the block, at every level."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG))
    try:
        with structlog.testing.capture_logs() as events:
            yield events
    finally:
        structlog.configure(**before)


@pytest.fixture
def investigator(app: VarskoApp) -> Staff:
    """An investigator of North Zealand."""
    with current_database().unit_of_work() as opened:
        return make_investigator(opened)


@pytest.fixture
def desk(app: VarskoApp, investigator: Staff) -> FlaskClient:
    """The investigator's browser, signed in."""
    return sign_in(app.test_client(), investigator)
