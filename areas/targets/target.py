"""Where an alert goes: a value of areas, a drawn shape and a circle."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from areas.geometry import circle


@dataclass(frozen=True)
class Target:
    """Where an alert goes: areas, a drawn shape, a circle, or a union of these.

    ``shape`` is a GeoJSON Polygon or MultiPolygon (WGS84, lon before lat); ``centre`` is
    (lon, lat) and comes with ``radius_m`` in metres. ``left_out_ids``: areas that it touches, but
    whose followers are left out if they follow nothing else that it touches.

    ``written`` is what somebody wrote for the centre, and ``address`` the official one that this
    was taken for: they are shown to staff and decide nothing.
    """

    area_ids: tuple[int, ...] = ()
    shape: dict[str, Any] | None = None
    centre: tuple[float, float] | None = None
    radius_m: float | None = None
    left_out_ids: tuple[int, ...] = ()
    written: str = ""
    address: str = ""

    def to_json(self) -> dict[str, Any]:
        """The target as JSON, without the parts that are not set."""
        found: dict[str, Any] = {}
        if self.area_ids:
            found["area_ids"] = list(self.area_ids)
        if self.shape is not None:
            found["shape"] = self.shape
        if self.centre is not None:
            found["centre"] = list(self.centre)
            found["radius_m"] = self.radius_m
            words = {"written": self.written, "address": self.address}
            found |= {name: text for name, text in words.items() if text}
        if self.left_out_ids:
            found["left_out_ids"] = list(self.left_out_ids)
        return found

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Target:
        """The target that :meth:`to_json` wrote, unchecked (use ``parse_target`` for input)."""
        centre = data.get("centre")
        return cls(
            area_ids=tuple(data.get("area_ids", ())),
            shape=data.get("shape"),
            centre=(centre[0], centre[1]) if centre else None,
            radius_m=data.get("radius_m"),
            left_out_ids=tuple(data.get("left_out_ids", ())),
            written=data.get("written", ""),
            address=data.get("address", ""),
        )

    def without_words(self) -> Target:
        """The same ground, without what was written for it."""
        return replace(self, written="", address="")

    def covers_same_ground(self, other: Target) -> bool:
        """Whether both go to the same place, in whatever order it is said."""
        return (frozenset(self.area_ids), self.shape, self.centre, self.radius_m) == (
            frozenset(other.area_ids), other.shape, other.centre, other.radius_m,
        )  # fmt: skip

    def geometry(self) -> BaseGeometry | None:
        """The drawn part (shape and circle together) in lon/lat; None if nothing is drawn."""
        parts: list[BaseGeometry] = []
        if self.shape is not None:
            parts.append(shapely.geometry.shape(self.shape))
        if self.centre is not None and self.radius_m is not None:
            parts.append(circle(*self.centre, self.radius_m))
        if not parts:
            return None
        return parts[0] if len(parts) == 1 else shapely.union_all(parts)
