"""Fixtures for the tests of the look."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.web.look import make_look


@pytest.fixture
def look() -> Flask:
    """The app that shows every layout and macro."""
    return make_look()


@pytest.fixture
def reader(look: Flask) -> FlaskClient:
    """A browser without JavaScript, looking at it."""
    return look.test_client()
