"""How much of each area that a target touches lies inside the target.

Of a target that is drawn, and of one that names areas of several kinds, it is measured by the
boundaries; of one that names areas of one kind, which don't overlap, by the stored shares.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from areas.atlas import Atlas, current_atlas
from areas.geometry import surfaces_m2
from areas.targets.target import Target

GRAZED_SHARE = 0.33
"""An area of which less than a third lies inside is grazed ..."""
HELD_SHARE = 0.5
"""... unless it has half of the target's ground in it: a town lies in a large municipality."""
WHOLE_SHARE = 0.995
"""From here on an area lies inside as a whole: the rest is an inaccuracy of the borders."""


@dataclass(frozen=True)
class Inside:
    """How an area and a target lie to each other; None where a boundary is not known.

    ``share``: of the area, inside the target. ``held``: of the target's ground, in the area.
    """

    share: float | None
    held: float | None

    @property
    def is_whole(self) -> bool:
        """Whether (nearly) all of the area lies inside the target."""
        return self.share is not None and self.share >= WHOLE_SHARE

    @property
    def is_grazed(self) -> bool:
        """Whether little of the area lies inside, and little of the target in the area."""
        return (
            self.share is not None
            and self.share < GRAZED_SHARE
            and (self.held is None or self.held < HELD_SHARE)
        )


def shares_inside(session: Session, target: Target, touched: Collection[int]) -> dict[int, Inside]:
    """For each of the ``touched`` areas, how much of it lies inside the target."""
    atlas = current_atlas(session)
    known = [area_id for area_id in touched if area_id in atlas.places]
    named = [area_id for area_id in target.area_ids if area_id in atlas.places]
    drawn = target.geometry()
    found: dict[int, float | None] = (
        _by_stored_shares(atlas, named, known)
        if drawn is None and _are_apart(atlas, named)
        else _by_boundaries(atlas, named, drawn, known)
    )
    found |= dict.fromkeys(set(named).intersection(known), 1.0)
    return _with_held(atlas, found)


def _are_apart(atlas: Atlas, named: Collection[int]) -> bool:
    """Whether no two of the areas can overlap."""
    kinds = {atlas.places[area_id].kind for area_id in named}
    return len(named) < 2 or (len(kinds) == 1 and not kinds.pop().row.overlaps_itself)


def _by_stored_shares(
    atlas: Atlas, named: Collection[int], touched: Collection[int]
) -> dict[int, float | None]:
    """The sum of what an area shares with each of the named ones, which don't overlap."""
    found: dict[int, float | None] = {}
    for area_id in touched:
        parts = [_stored_share(atlas, area_id, other) for other in named]
        known = [part for part in parts if part is not None]
        found[area_id] = min(1.0, sum(known)) if len(known) == len(parts) else None
    return found


def _stored_share(atlas: Atlas, area_id: int, other_id: int) -> float | None:
    """How much of an area lies in another one; 0 if they are apart, None if it is not known."""
    share = atlas.overlaps.get(area_id, {}).get(other_id)
    if share is not None:
        return share
    if other_id in atlas.ancestors(area_id):
        return 1.0
    # Of a wide area so little lies in a fine one that only the other direction is stored.
    reverse = atlas.overlaps.get(other_id, {}).get(area_id)
    if reverse is None:
        reverse = 1.0 if area_id in atlas.ancestors(other_id) else 0.0
    whole, part = _surface(atlas, area_id), _surface(atlas, other_id)
    if not reverse:
        return 0.0
    return min(1.0, reverse * part / whole) if whole and part else None


def _by_boundaries(
    atlas: Atlas, named: Collection[int], drawn: BaseGeometry | None, touched: Collection[int]
) -> dict[int, float | None]:
    unbounded = {area_id for area_id in named if area_id not in atlas.bounded_ids}
    ground = [atlas.boundaries[atlas.positions[area_id]] for area_id in {*named} - unbounded]
    if drawn is not None:
        ground.append(drawn)
    found: dict[int, float | None] = {}
    for area_id in touched:
        if unbounded.intersection(atlas.ancestors(area_id)):
            found[area_id] = 1.0
        elif area_id not in atlas.bounded_ids or any(
            _stored_share(atlas, area_id, other) != 0.0 for other in unbounded
        ):
            found[area_id] = None
    measured = [area_id for area_id in touched if area_id not in found]
    if measured and ground:
        positions = [atlas.positions[area_id] for area_id in measured]
        whole = ground[0] if len(ground) == 1 else shapely.union_all(ground)
        common = surfaces_m2(shapely.intersection(atlas.boundaries[positions], whole))
        shares = (common / atlas.surfaces[positions]).clip(max=1.0).tolist()
        found |= dict(zip(measured, shares, strict=True))
    return found


def _with_held(atlas: Atlas, shares: dict[int, float | None]) -> dict[int, Inside]:
    """The ground is as large as the largest part of it that one area has: a district has it all."""
    common = {
        area_id: share * surface
        for area_id, share in shares.items()
        if share is not None and (surface := _surface(atlas, area_id))
    }
    ground = max(common.values(), default=0.0)
    return {
        area_id: Inside(share, common[area_id] / ground if area_id in common and ground else None)
        for area_id, share in shares.items()
    }


def _surface(atlas: Atlas, area_id: int) -> float | None:
    position = atlas.positions.get(area_id)
    return atlas.places[area_id].surface_m2 if position is None else float(atlas.surfaces[position])
