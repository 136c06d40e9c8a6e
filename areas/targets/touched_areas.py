"""Which areas a target touches, and which police districts it lies in.

The rules of matching:

* An area that the target names is touched, with the areas above and below it in the hierarchy
  and every area that it shares more than a sliver with (``AreaOverlap``).
* A drawn shape or circle touches an area with a boundary if their intersection is at least 0.5 %
  of either surface, or at least ten hectares; less is a sliver, caused by inaccurate borders.
* An area without a boundary is touched if its bounding box meets the shape and, where finer
  areas are known in it, one of those is touched too. That may reach too many people, but never
  too few; :func:`is_approximate` says when, so that the officer can be told.
"""

from __future__ import annotations

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from areas.atlas import Atlas, Place, current_atlas
from areas.countries import code_text
from areas.geometry import SLIVER_M2, SLIVER_SHARE, distance_m, surface_m2, surfaces_m2
from areas.kinds import WIDEST_FIRST, AreaKind
from areas.targets.target import Target

DISTRICT_SHARE = 0.05
DISTRICT_M2 = 5_000_000.0
"""A police district is responsible for a target if at least this share or surface lies in it."""


def touched_areas(session: Session, target: Target) -> dict[int, float]:
    """Every area the target touches -> metres from the target's centre to the area's label.

    All kinds of area; the distance is 0 if an area has no label. See the rules above.
    """
    atlas = current_atlas(session)
    touched: set[int] = set()
    for area_id in target.area_ids:
        if area_id in atlas.places:
            touched |= _touched_by_area(atlas, area_id)
    drawn = target.geometry()
    if drawn is not None:
        touched |= _touched_by_shape(atlas, drawn)
    centre = _centre(atlas, target, drawn)
    return {area_id: _distance(centre, atlas.places[area_id]) for area_id in sorted(touched)}


def is_approximate(session: Session, target: Target) -> bool:
    """Whether a drawn target may reach too many people because boundaries are missing.

    True if an area that it touches was matched by its bounding box only.
    """
    drawn = target.geometry()
    if drawn is None:
        return False
    atlas = current_atlas(session)
    return not _touched_by_shape(atlas, drawn) <= atlas.bounded_ids


def district_codes(session: Session, target: Target) -> frozenset[str]:
    """The codes of the police districts the target lies in: ``1``, in other countries ``no:1``.

    A district counts if it has at least 5 % of the target's land, or five square kilometres: an
    officer may alert a postcode with a corner in the next district. Where no boundaries are
    known, a shape lies in the districts of the postcodes whose label it contains, else of the
    nearest one.
    """
    atlas = current_atlas(session)
    found: set[int] = set()
    for area_id in target.area_ids:
        if area_id in atlas.places:
            found |= _districts_of_area(atlas, area_id)
    drawn = target.geometry()
    if drawn is not None:
        found |= _districts_of_shape(atlas, drawn)
    return frozenset(code_text(atlas.places[area_id]) for area_id in found)


def _touched_by_area(atlas: Atlas, area_id: int) -> set[int]:
    return {
        area_id,
        *atlas.ancestors(area_id),
        *atlas.descendants(area_id),
        *atlas.overlaps.get(area_id, ()),
        *atlas.overlapped_by.get(area_id, ()),
    }


def _touched_by_shape(atlas: Atlas, drawn: BaseGeometry) -> set[int]:
    touched = {
        atlas.bounded[position].id
        for position, common in _common_m2(atlas, drawn)
        if not _is_sliver(common, float(atlas.surfaces[position]), surface_m2(drawn))
    }
    # The finest kind first: a wider area without a boundary depends on the finer ones in it.
    for kind in reversed(WIDEST_FIRST):
        for place in atlas.unbounded(kind):
            finer = atlas.finer_areas(place.id)
            if _meets_frame(atlas, place, drawn) and (not finer or finer & touched):
                touched.add(place.id)
    return touched


def _common_m2(atlas: Atlas, drawn: BaseGeometry) -> list[tuple[int, float]]:
    """(place in ``bounded``, square metres in common) for each boundary the shape meets."""
    near = atlas.tree.query(drawn, predicate="intersects")
    if not len(near):
        return []
    common = surfaces_m2(shapely.intersection(atlas.boundaries[near], drawn))
    return list(zip(near.tolist(), common.tolist(), strict=True))


def _is_sliver(common: float, one: float, other: float) -> bool:
    return common < SLIVER_M2 and common < SLIVER_SHARE * min(one, other)


def _meets_frame(atlas: Atlas, place: Place, drawn: BaseGeometry) -> bool:
    """Whether the shape meets the area's bounding box, or its parent's; if unknown, yes."""
    for area_id in (place.id, *atlas.ancestors(place.id)):
        box = atlas.places[area_id].box
        if box is not None:
            return bool(shapely.intersects(shapely.box(*box), drawn))
    return True


def _districts_of_area(atlas: Atlas, area_id: int) -> set[int]:
    place = atlas.places[area_id]
    if place.kind == AreaKind.POLICE_DISTRICT:
        return {area_id}
    surface = place.surface_m2 or 0.0
    shares = {
        other: share
        for other, share in atlas.overlaps.get(area_id, {}).items()
        if atlas.places[other].kind == AreaKind.POLICE_DISTRICT
    }
    found = {
        other
        for other, share in shares.items()
        if share >= DISTRICT_SHARE or share * surface >= DISTRICT_M2
    }
    return found or {
        above
        for above in atlas.ancestors(area_id)
        if atlas.places[above].kind == AreaKind.POLICE_DISTRICT
    }


def _districts_of_shape(atlas: Atlas, drawn: BaseGeometry) -> set[int]:
    if atlas.all_bounded(AreaKind.POLICE_DISTRICT):
        common = {
            atlas.bounded[position].id: surface
            for position, surface in _common_m2(atlas, drawn)
            if atlas.bounded[position].kind == AreaKind.POLICE_DISTRICT
        }
        land = sum(common.values())
        found = {
            area_id
            for area_id, surface in common.items()
            if surface >= DISTRICT_M2 or (surface > 0 and surface >= DISTRICT_SHARE * land)
        }
        if found:
            return found
    districts: set[int] = set()
    for place in labelled_postcodes(atlas, drawn):
        districts |= _districts_of_area(atlas, place.id)
    return districts


def labelled_postcodes(atlas: Atlas, drawn: BaseGeometry) -> list[Place]:
    """The postcodes whose label the shape contains; if none, the one with the nearest label."""
    places = [place for place in atlas.of_kind(AreaKind.POSTCODE) if place.label]
    if not places:
        return []
    labels = np.array([place.label for place in places])
    held = shapely.intersects_xy(drawn, labels[:, 0], labels[:, 1])
    if held.any():
        return [place for place, is_held in zip(places, held.tolist(), strict=True) if is_held]
    middle = drawn.centroid
    return [min(places, key=lambda place: _distance((middle.x, middle.y), place))]


def _centre(atlas: Atlas, target: Target, drawn: BaseGeometry | None) -> tuple[float, float] | None:
    """The centre of the target: of the circle, the shape, or the named areas' labels."""
    if target.centre is not None:
        return target.centre
    if drawn is not None:
        return drawn.centroid.x, drawn.centroid.y
    labels = [
        label
        for area_id in target.area_ids
        if area_id in atlas.places and (label := atlas.places[area_id].label)
    ]
    if not labels:
        return None
    lon, lat = np.mean(labels, axis=0).tolist()
    return lon, lat


def _distance(centre: tuple[float, float] | None, place: Place) -> float:
    return 0.0 if centre is None or place.label is None else distance_m(*centre, *place.label)
