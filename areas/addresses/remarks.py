"""What an address that was found is to be told apart by, and in what it is not what was written."""

from __future__ import annotations

from flask_babel import gettext as _

from areas.addresses.search import AddressMatch, Found


def remarks(match: AddressMatch) -> list[str]:
    """Its municipality, then each difference from what was written, in the current language."""
    found = []
    if match.municipality_name:
        found.append(_("%(name)s Kommune", name=match.municipality_name))
    if not match.is_there:
        found.append(_("ikke i den by, du skrev"))
    if not match.is_spelt_so:
        found.append(_("vejen er skrevet anderledes"))
    if match.found is Found.NEAREST_NUMBER:
        found.append(_("nummeret findes ikke, det her er det nærmeste"))
    if match.found is Found.STREET:
        found.append(_("midt på vejen, for der er intet husnummer"))
    return found
