"""A target's areas in the official codes of their countries, as CAP names them."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy.orm import Session

from areas.atlas import current_atlas
from areas.countries import COUNTRIES
from areas.targets.target import Target


class Geocode(NamedTuple):
    """A code, and the register that it is of: "DK.kommunekode" (CAP 1.2, section 3.2.4)."""

    value_name: str
    value: str


def geocodes(session: Session, target: Target) -> list[Geocode]:
    """The codes of the areas that the target names, as far as a register has them."""
    atlas = current_atlas(session)
    places = [atlas.places[area_id] for area_id in target.area_ids if area_id in atlas.places]
    return [
        Geocode(name, place.code)
        for place in places
        if (name := COUNTRIES[place.country].geocodes.get(place.kind))
    ]
