"""Which police districts a target covers as a whole."""

from __future__ import annotations

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from areas.atlas import Atlas, Place, current_atlas
from areas.countries import code_text
from areas.geometry import surface_m2
from areas.kinds import AreaKind
from areas.targets.target import Target

WHOLE_SHARE = 0.8
"""A district is covered as a whole by this share of it: leaving a little out makes it no smaller a
thing, and a coast need not be drawn exactly."""


def whole_districts(session: Session, target: Target) -> frozenset[str]:
    """The codes of the police districts of which the target covers (nearly) everything.

    Where a district's boundary is not known, it must cover the district itself, or the labels of
    that share of its postcodes.
    """
    atlas = current_atlas(session)
    named = {area_id for area_id in target.area_ids if area_id in atlas.places}
    covered = _covered_ground(atlas, named, target.geometry())
    return frozenset(
        code_text(district)
        for district in atlas.of_kind(AreaKind.POLICE_DISTRICT)
        if _is_named(atlas, district, named)
        or (
            _is_covered(atlas, district, covered)
            if district.id in atlas.bounded_ids
            else _has_all_postcodes(atlas, district, named, covered)
        )
    )


def _covered_ground(atlas: Atlas, named: set[int], drawn: BaseGeometry | None) -> BaseGeometry:
    """Everything that is drawn, and the boundaries of the named areas, as far as known."""
    parts = [atlas.boundaries[at] for at, place in enumerate(atlas.bounded) if place.id in named]
    return shapely.union_all(parts if drawn is None else [*parts, drawn])


def _is_named(atlas: Atlas, place: Place, named: set[int]) -> bool:
    return not named.isdisjoint((place.id, *atlas.ancestors(place.id)))


def _is_covered(atlas: Atlas, district: Place, covered: BaseGeometry) -> bool:
    position = atlas.bounded.index(district)
    enough = WHOLE_SHARE * float(atlas.surfaces[position])
    if surface_m2(covered) < enough:
        return False
    return surface_m2(shapely.intersection(atlas.boundaries[position], covered)) >= enough


def _has_all_postcodes(
    atlas: Atlas, district: Place, named: set[int], covered: BaseGeometry
) -> bool:
    below = (atlas.places[area_id] for area_id in atlas.descendants(district.id))
    postcodes = [place for place in below if place.kind == AreaKind.POSTCODE]
    reached = sum(
        _is_named(atlas, place, named)
        or (place.label is not None and bool(shapely.intersects_xy(covered, *place.label)))
        for place in postcodes
    )
    return bool(postcodes) and reached >= WHOLE_SHARE * len(postcodes)
