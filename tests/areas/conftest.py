"""The shipped areas, loaded once for the tests that only read them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import current_app
from sqlalchemy.orm import Session

from areas.importing.importer import import_files
from areas.importing.official import load_demo
from database import current_database
from tests.apps import close_app
from tests.areas.factories import small_country
from tests.conftest import build_schema
from tests.settings import make_config
from web.http.app import VarskoApp
from wsgi import create_app


@pytest.fixture
def session(app: VarskoApp) -> Iterator[Session]:
    """A unit of work on an empty database of either kind."""
    with current_database().unit_of_work() as opened:
        yield opened


@pytest.fixture(scope="module")
def shipped_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VarskoApp]:
    """The service with the shipped areas and the invented neighbourhoods."""
    url = f"sqlite:///{tmp_path_factory.mktemp('shipped') / 'varsko.db'}"
    build_schema(url)
    app = create_app(make_config(database_url=url))
    with app.app_context(), current_database().unit_of_work() as opened:
        load_demo(opened)
    yield app
    close_app(app)


@pytest.fixture
def shipped(shipped_app: VarskoApp) -> Iterator[Session]:
    """A reading unit of work on the shipped areas, inside the app's context."""
    with shipped_app.app_context(), current_database().unit_of_work(writes=False) as opened:
        yield opened


@pytest.fixture
def country(session: Session, tmp_path: Path) -> Session:
    """A unit of work on the small country of the factories, boundaries and all."""
    assert current_app
    import_files(session, small_country(tmp_path))
    return session
