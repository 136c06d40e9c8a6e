"""The invented addresses of the demo."""

from __future__ import annotations

from pathlib import Path

from areas.addresses.importing import import_addresses
from areas.models import AddressEdition
from database import Database

DEMO_ADDRESSES = Path(__file__).parents[1] / "data/demo_addresses.csv"


def load_demo_addresses(database: Database) -> None:
    """Load them into a register that is empty; one that was imported stays as it is."""
    with database.unit_of_work(writes=False) as session:
        is_empty = session.get(AddressEdition, 1) is None
    if is_empty:
        import_addresses(database, DEMO_ADDRESSES)
