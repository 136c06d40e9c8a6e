"""The demo's addresses are whole, and never replace a register that was imported."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from areas.addresses.demo import load_demo_addresses
from areas.addresses.importing import import_addresses
from areas.addresses.search import find_addresses
from areas.models import Address
from database import current_database
from tests.areas.addresses.factories import row, write_register
from web.http.app import VarskoApp

pytestmark = pytest.mark.one_database


def test_the_demo_knows_the_address_of_the_form(app: VarskoApp) -> None:
    load_demo_addresses(current_database())
    load_demo_addresses(current_database())

    with current_database().unit_of_work(writes=False) as session:
        only = find_addresses(session, "Slotsgade 14, Hillerød").only
        assert only is not None
        assert only.title == "Slotsgade 14, 3400 Hillerød"
        assert (session.scalar(select(func.count()).select_from(Address)) or 0) > 300


def test_an_imported_register_stays(app: VarskoApp, tmp_path: Path) -> None:
    file = write_register(tmp_path / "own.csv", [row("Egen Vej", "1")])
    import_addresses(current_database(), file)

    load_demo_addresses(current_database())

    with current_database().unit_of_work(writes=False) as session:
        assert session.scalar(select(func.count()).select_from(Address)) == 1


def test_a_postcode_and_another_town_are_asked_about(app: VarskoApp) -> None:
    load_demo_addresses(current_database())
    with current_database().unit_of_work(writes=False) as session:
        for sure in (
            "3400 Hillerød",
            "3400",
            "3400 Hilerød",
            "Hillerød, 3400",
            "Hillerød, 3400 Hillerød",
        ):
            only = find_addresses(session, f"Slotsgade 14, {sure}").only
            assert only is not None, sure
            assert only.title == "Slotsgade 14, 3400 Hillerød"
        for doubtful in ("3400 Allerød", "3400 Helsingør", "3450 Hillerød"):
            assert find_addresses(session, f"Slotsgade 14, {doubtful}").only is None, doubtful
