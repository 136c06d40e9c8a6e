"""How much of each area lies in which other: computed from boundaries, stored as shares."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

import numpy as np
import shapely
from sqlalchemy import delete, insert, or_, select
from sqlalchemy.orm import Session

from areas.geometry import SLIVER_SHARE, read_boundaries, surfaces_m2
from areas.kinds import WIDEST_FIRST, AreaKind
from areas.models import Area, AreaOverlap

IDS_AT_ONCE = 10_000


def renew_overlaps(session: Session, changed: Collection[int]) -> int:
    """Compute the shares of the areas whose boundary changed; returns how many rows it wrote.

    Only pairs in which both have a boundary are updated; the shares of others, which were
    shipped, are kept.
    """
    if not changed:
        return 0
    ids: list[int] = []
    kinds: list[AreaKind] = []
    boundaries: list[Any] = []
    for area_id, kind, boundary in session.execute(
        select(Area.id, Area.kind, Area.boundary).where(Area.boundary.is_not(None))
    ):
        ids.append(area_id)
        kinds.append(kind)
        boundaries.append(boundary)
    geometries = read_boundaries(boundaries)
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
) -> Iterator[tuple[int, int, float]]:
    """Yield (one, other, share of one's surface inside other) for pairs of different kinds.

    Areas of a kind that can overlap (neighbourhoods) are compared with each other too.
    ``positions`` says whose pairs are wanted; numbers are positions in ``geometries``. Shares
    are exact up to rounding, and at most 1.
    """
    surfaces = surfaces_m2(geometries)
    for wide, others in _pairs_by_wider(geometries, kinds, positions):
        common = _common_m2(geometries, surfaces, wide, others)
        for other, surface in zip(others.tolist(), common.tolist(), strict=True):
            if surface > 0:
                yield wide, other, min(1.0, surface / float(surfaces[wide]))
                yield other, wide, min(1.0, surface / float(surfaces[other]))


def _pairs_by_wider(
    geometries: Any, kinds: list[AreaKind], positions: Iterable[int]
) -> Iterator[tuple[int, Any]]:
    """Each area with the areas of finer kinds whose bounding boxes meet, each pair once."""
    ranks = np.array([WIDEST_FIRST.index(kind) for kind in kinds])
    overlapping = np.array([kind.row.overlaps_itself for kind in kinds])
    wanted = np.array(sorted(positions), dtype=int)
    if not len(wanted):
        return
    asked, near = shapely.STRtree(geometries).query(geometries[wanted])
    asked = wanted[asked]
    finer = (ranks[asked] > ranks[near]) | ((ranks[asked] == ranks[near]) & (asked > near))
    wide, fine = np.where(finer, near, asked), np.where(finer, asked, near)
    compared = (ranks[wide] != ranks[fine]) | (overlapping[wide] & (wide != fine))
    pairs = np.unique(np.column_stack([wide, fine])[compared], axis=0)
    starts = np.flatnonzero(np.diff(pairs[:, 0], prepend=-1))
    for group in np.split(pairs, starts[1:]) if len(pairs) else ():
        yield int(group[0, 0]), group[:, 1]


def _common_m2(geometries: Any, surfaces: Any, wide: int, others: Any) -> Any:
    """Square metres that one area has in common with each of the others.

    Intersections are computed only for those that cross its border. The index that finds them is
    kept for one area at a time, because it takes ten times the memory of the boundary itself.
    """
    around = geometries[wide]
    shapely.prepare(around)
    common = np.zeros(len(others))
    inside = shapely.covers(around, geometries[others])
    common[inside] = surfaces[others[inside]]
    crossing = ~inside & shapely.intersects(around, geometries[others])
    shapely.destroy_prepared(around)
    common[crossing] = surfaces_m2(shapely.intersection(around, geometries[others[crossing]]))
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
