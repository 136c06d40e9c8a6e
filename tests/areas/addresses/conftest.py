"""The register of a few invented towns."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from areas.addresses.importing import import_addresses
from areas.importing.official import load_official
from database import current_database
from tests.areas.addresses.factories import town, write_register
from web.http.app import VarskoApp


@pytest.fixture
def register(app: VarskoApp, tmp_path: Path) -> Iterator[Session]:
    """A reading unit of work on the official areas and the invented addresses."""
    with current_database().unit_of_work() as session:
        load_official(session)
    import_addresses(current_database(), write_register(tmp_path / "register.csv", town()))
    with current_database().unit_of_work(writes=False) as session:
        yield session
