"""The point of a circle by an address: set if one is meant, asked about otherwise.

The field ``address`` holds what was written, ``asked_address`` what was asked about, and
``meant_address`` the one that was chosen of those offered. It works without JavaScript.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from areas.addresses.remarks import remarks
from areas.addresses.search import AddressMatches, find_addresses

ASKED_ADDRESS, MEANT_ADDRESS = "asked_address", "meant_address"
POINT = ("lat", "lon")


def settle_address(written: str, form: Mapping[str, str]) -> str:
    """The address that was chosen for what is still written, else what is written."""
    chosen = form.get(MEANT_ADDRESS, "").strip()
    return chosen if chosen and form.get(ASKED_ADDRESS) == written else written


def take_point(session: Session, data: dict[str, Any], errors: dict[str, list[str]]) -> None:
    """Put an address's point into ``lat`` and ``lon``, or say what is wrong with it."""
    found = find_addresses(session, data["address"])
    point = tuple(data[name] for name in POINT)
    if found.only is None:
        errors["address"] = [_why_not(found)]
    elif point == (None, None) and not errors.keys() & {*POINT}:
        data["lat"], data["lon"] = found.only.lat, found.only.lon
    elif point != (found.only.lat, found.only.lon):
        errors["address"] = [
            _("Adressen og koordinaterne er to forskellige steder. Slet det, der ikke gælder.")
        ]


def offered_addresses(
    session: Session, written: str, districts: Collection[str]
) -> list[tuple[str, str]]:
    """The addresses that may be meant: title, and title with remarks."""
    found = find_addresses(session, written, districts=districts)
    return [
        (match.title, f"{match.title} ({', '.join(remarks(match))})") for match in found.matches
    ]


def _why_not(found: AddressMatches) -> str:
    if not found.matches:
        return str(
            _("Vi kender ikke adressen. Skriv vej, husnummer og by, eller skriv koordinaterne.")
        )
    if found.total > len(found.matches):
        return str(_("Der er %(total)s mulige adresser. Skriv også byen.", total=found.total))
    return str(_("Vælg, hvilken adresse du mener."))
