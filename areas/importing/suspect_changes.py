"""Changes of an area so large that they are more likely a mistake in the file.

Whoever follows an area is alerted by its shape. One that shrinks to a speck loses them silently.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

import shapely

from areas.countries import AreaKey
from areas.geometry import distance_m, surface_m2

MOST_TIMES = 4
"""A surface that becomes this many times smaller or larger is asked about."""
LEAST_COMMON = 0.25
"""So is a shape of which less than this share stays where it was."""
CONFIRM_ALL = "all"
MOST_SHOWN = 30

Box = tuple[float, float, float, float]


class SuspectChange(NamedTuple):
    """An area, by the key with which an operator confirms it, and what happens to it."""

    key: AreaKey
    name: str
    what: str


class UnconfirmedChanges(Exception):
    """Areas would shrink to a speck, swell, or move elsewhere, and nobody has confirmed it."""

    def __init__(self, changes: list[SuspectChange]) -> None:
        self.changes = changes
        shown = [f"  {each.key} {each.name}: {each.what}" for each in changes[:MOST_SHOWN]]
        if len(changes) > MOST_SHOWN:
            shown.append(f"  and {len(changes) - MOST_SHOWN} more")
        super().__init__(
            "\n".join(
                [
                    "these areas would change so much that the file may be wrong:",
                    *shown,
                    f"If it is right, repeat it with --confirm {changes[0].key} for each of them,"
                    f" or --confirm {CONFIRM_ALL}",
                ]
            )
        )


def refuse_unconfirmed(changes: Iterable[SuspectChange], confirmed: Collection[str]) -> None:
    """Raise :class:`UnconfirmedChanges` for those that are not among the confirmed keys."""
    left = [each for each in changes if str(each.key) not in confirmed]
    if left and CONFIRM_ALL not in confirmed:
        raise UnconfirmedChanges(left)


def what_is_suspect(
    old_m2: float | None, old_box: Box, old_boundary: bytes | None, new_boundary: bytes
) -> str:
    """What is suspicious about a new boundary (WKB), in words; empty if nothing is.

    The old boundary may be unknown, as of shipped areas: their box and surface (m²) are known.
    """
    new = shapely.from_wkb(new_boundary)
    new_m2 = surface_m2(new)
    if old_m2 and not old_m2 / MOST_TIMES <= new_m2 <= old_m2 * MOST_TIMES:
        verb = "shrinks" if new_m2 < old_m2 else "grows"
        return f"it {verb} from {_km2(old_m2)} to {_km2(new_m2)} km²"
    if old_boundary is not None:
        old = shapely.from_wkb(old_boundary)
        common = surface_m2(shapely.intersection(old, new)) / min(surface_m2(old), new_m2)
        if common < LEAST_COMMON:
            return f"it moves, and {common:.0%} of it stays where it was{_distance(old, new)}"
    elif None not in old_box:
        old = shapely.box(*old_box)
        if not new.intersects(old):
            return f"it moves away from where it was{_distance(old, new)}"
    return ""


def _km2(m2: float) -> str:
    return f"{m2 / 1e6:,.0f}" if m2 >= 1e7 else f"{m2 / 1e6:.3g}"


def _distance(old: Any, new: Any) -> str:
    one, other = old.centroid, new.centroid
    return f" (its middle moves {distance_m(one.x, one.y, other.x, other.y) / 1000:,.1f} km)"
