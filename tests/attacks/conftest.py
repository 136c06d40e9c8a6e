"""A town, its phones, and a service whose limits count."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

from database import current_database
from tests.apps import close_app
from tests.conftest import Browser
from tests.settings import make_config
from tests.subscribers.conftest import town, work
from tests.subscribers.factories import add_areas
from web.http.app import VarskoApp
from wsgi import create_app

__all__ = ["town", "work"]


@pytest.fixture
def limited_town(database_url: str) -> Callable[..., AbstractContextManager[VarskoApp]]:
    """Builds a town whose limits count, with changed settings."""

    @contextmanager
    def build(**settings: Any) -> Iterator[VarskoApp]:
        app = create_app(make_config(database_url=database_url, testing="false", **settings))
        app.test_client_class = Browser
        try:
            with app.app_context():
                with current_database().unit_of_work() as session:
                    add_areas(session)
                yield app
        finally:
            close_app(app)

    return build
