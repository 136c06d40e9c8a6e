"""The register of a few invented towns."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from areas.addresses.importing import import_addresses
from areas.importing.official import load_official
from database import current_database
from tests.areas.addresses.factories import town, write_register
from web.http.app import VarskoApp


@pytest.fixture(scope="module")
def register_app(shared_app: VarskoApp, tmp_path_factory: pytest.TempPathFactory) -> VarskoApp:
    """The service with the official areas and the invented addresses, which nobody changes."""
    file = write_register(tmp_path_factory.mktemp("register") / "register.csv", town())
    with shared_app.app_context():
        with current_database().unit_of_work() as session:
            load_official(session)
        import_addresses(current_database(), file)
    return shared_app


@pytest.fixture
def register(register_app: VarskoApp) -> Iterator[Session]:
    """A reading unit of work on the official areas and the invented addresses."""
    with register_app.app_context(), current_database().unit_of_work(writes=False) as session:
        yield session
