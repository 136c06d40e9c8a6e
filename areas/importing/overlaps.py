"""How much of each area lies in which other: computed from boundaries, stored as shares."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

import numpy as np
import shapely
from sqlalchemy import delete, insert, or_, select
from sqlalchemy.orm import Session

from areas.geometry import SLIVER_SHARE, surfaces_m2
from areas.importing.shelf import Outlines, stored_outlines
from areas.kinds import WIDEST_FIRST
from areas.models import Area, AreaOverlap

IDS_AT_ONCE = 10_000


def renew_overlaps(session: Session, changed: Collection[int]) -> int:
    """Compute the shares of the areas whose boundary changed; returns how many rows it wrote.

    Only pairs in which both have a boundary are updated; the shares of others, which were
    shipped, are kept.
    """
    if not changed:
        return 0
    outlines = stored_outlines(session)
    moved = set(changed)
    positions = [at for at, area_id in enumerate(outlines.ids) if area_id in moved]
    _forget(session, [outlines.ids[at] for at in positions])
    rows = [
        {"area_id": outlines.ids[one], "other_id": outlines.ids[other], "share": share}
        for one, other, share in overlap_shares(outlines, positions)
        if share > SLIVER_SHARE
    ]
    if rows:
        session.execute(insert(AreaOverlap), rows)
    return len(rows)


def overlap_shares(
    outlines: Outlines, positions: Iterable[int]
) -> Iterator[tuple[int, int, float]]:
    """Yield (one, other, share of one's surface inside other) for pairs of different kinds.

    Areas of a kind that can overlap (neighbourhoods) are compared with each other too.
    ``positions`` says whose pairs are wanted. Shares are exact up to rounding, and at most 1.
    """
    surfaces = outlines.surfaces
    for wide, others in _pairs_by_wider(outlines, positions):
        around = outlines.read([wide])[0]
        for portion in outlines.portions(others):
            common = _common_m2(around, outlines.read(portion), surfaces[portion])
            for other, surface in zip(portion, common.tolist(), strict=True):
                if surface > 0:
                    yield wide, other, min(1.0, surface / float(surfaces[wide]))
                    yield other, wide, min(1.0, surface / float(surfaces[other]))


def _pairs_by_wider(
    outlines: Outlines, positions: Iterable[int]
) -> Iterator[tuple[int, list[int]]]:
    """Each area with the areas of finer kinds whose bounding boxes meet, each pair once."""
    ranks = np.array([WIDEST_FIRST.index(kind) for kind in outlines.kinds])
    overlapping = np.array([kind.row.overlaps_itself for kind in outlines.kinds])
    wanted = np.array(sorted(positions), dtype=int)
    if not len(wanted):
        return
    asked, near = outlines.tree().query(shapely.box(*outlines.boxes[wanted].T))
    asked = wanted[asked]
    finer = (ranks[asked] > ranks[near]) | ((ranks[asked] == ranks[near]) & (asked > near))
    wide, fine = np.where(finer, near, asked), np.where(finer, asked, near)
    compared = (ranks[wide] != ranks[fine]) | (overlapping[wide] & (wide != fine))
    pairs = np.unique(np.column_stack([wide, fine])[compared], axis=0)
    starts = np.flatnonzero(np.diff(pairs[:, 0], prepend=-1))
    for group in np.split(pairs, starts[1:]) if len(pairs) else ():
        yield int(group[0, 0]), group[:, 1].tolist()


def _common_m2(around: Any, others: Any, surfaces: Any) -> Any:
    """Square metres that one area has in common with each of the others.

    Intersections are computed only for those that cross its border. The index that finds them is
    kept for one area at a time, because it takes ten times the memory of the boundary itself.
    """
    shapely.prepare(around)
    common = np.zeros(len(others))
    inside = shapely.covers(around, others)
    common[inside] = surfaces[inside]
    crossing = ~inside & shapely.intersects(around, others)
    shapely.destroy_prepared(around)
    common[crossing] = surfaces_m2(shapely.intersection(around, others[crossing]))
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
