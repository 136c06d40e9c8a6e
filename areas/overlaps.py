"""How much of each area lies in which other: computed from boundaries, kept as shares."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import numpy as np
import shapely
from sqlalchemy import delete, insert, or_, select
from sqlalchemy.orm import Session

from areas.geometry import SLIVER_SHARE, surfaces_m2
from areas.models import Area, AreaKind, AreaOverlap

PAIRS_AT_ONCE = 500
IDS_AT_ONCE = 10_000


def renew_overlaps(session: Session, changed: Collection[int]) -> int:
    """Compute the shares of the areas whose boundary changed; returns how many rows it wrote.

    Only pairs where both have a boundary are touched: what is known of the others (shipped
    shares) stays.
    """
    if not changed:
        return 0
    ids: list[int] = []
    kinds: list[AreaKind] = []
    boundaries: list[bytes] = []
    for area_id, kind, boundary in session.execute(
        select(Area.id, Area.kind, Area.boundary).where(Area.boundary.is_not(None))
    ):
        ids.append(area_id)
        kinds.append(kind)
        boundaries.append(bytes(boundary))
    geometries = shapely.from_wkb(np.array(boundaries, dtype=object))
    moved = set(changed)
    positions = [at for at, area_id in enumerate(ids) if area_id in moved]
    _forget(session, [ids[at] for at in positions])
    rows = [
        {"area_id": ids[one], "other_id": ids[other], "share": share}
        for one, other, share in overlap_shares(geometries, kinds, positions)
        if share > SLIVER_SHARE
    ]
    if rows:
        session.execute(insert(AreaOverlap), rows)
    return len(rows)


def overlap_shares(
    geometries: Any, kinds: list[AreaKind], positions: Iterable[int]
) -> Iterable[tuple[int, int, float]]:
    """Yield (one, other, share of one's surface inside other) for pairs of different kinds.

    Neighbourhoods are compared with each other too. ``positions`` says whose pairs are wanted;
    numbers are places in ``geometries``. Shares are exact but for rounding, and at most 1.
    """
    wanted = np.array(sorted(positions), dtype=int)
    if not len(wanted):
        return
    shapely.prepare(geometries)
    surfaces = surfaces_m2(geometries)
    tree = shapely.STRtree(geometries)
    near, far = tree.query(geometries[wanted], predicate="intersects")
    codes = np.array([list(AreaKind).index(kind) for kind in kinds])
    ones, others = _pairs_once(wanted[near], far)
    drawn = list(AreaKind).index(AreaKind.NEIGHBOURHOOD)
    apart = (codes[ones] != codes[others]) | (codes[ones] == drawn)
    ones, others = ones[apart], others[apart]
    for start in range(0, len(ones), PAIRS_AT_ONCE):
        one, other = ones[start : start + PAIRS_AT_ONCE], others[start : start + PAIRS_AT_ONCE]
        common = _common_m2(geometries, surfaces, one, other)
        for a, b, surface in zip(one.tolist(), other.tolist(), common.tolist(), strict=True):
            if surface > 0:
                yield a, b, min(1.0, surface / float(surfaces[a]))
                yield b, a, min(1.0, surface / float(surfaces[b]))


def _pairs_once(ones: Any, others: Any) -> tuple[Any, Any]:
    """Each unordered pair of two different areas one time."""
    low, high = np.minimum(ones, others), np.maximum(ones, others)
    pairs = np.unique(np.column_stack([low, high])[low != high], axis=0)
    return (pairs[:, 0], pairs[:, 1]) if len(pairs) else (low[:0], high[:0])


def _common_m2(geometries: Any, surfaces: Any, one: Any, other: Any) -> Any:
    """Square metres that each pair has in common; whole areas inside another are not cut."""
    common = np.zeros(len(one))
    inside = shapely.covers(geometries[other], geometries[one])
    common[inside] = surfaces[one[inside]]
    around = ~inside & shapely.covers(geometries[one], geometries[other])
    common[around] = surfaces[other[around]]
    cut = ~inside & ~around
    common[cut] = surfaces_m2(shapely.intersection(geometries[one[cut]], geometries[other[cut]]))
    return common


def _forget(session: Session, changed: list[int]) -> None:
    """Delete the shares between changed areas and every bounded one, both directions."""
    bounded = select(Area.id).where(Area.boundary.is_not(None))
    for start in range(0, len(changed), IDS_AT_ONCE):
        moved = changed[start : start + IDS_AT_ONCE]
        session.execute(
            delete(AreaOverlap)
            .where(or_(AreaOverlap.area_id.in_(moved), AreaOverlap.other_id.in_(moved)))
            .where(AreaOverlap.area_id.in_(bounded), AreaOverlap.other_id.in_(bounded))
            .execution_options(synchronize_session=False)
        )
