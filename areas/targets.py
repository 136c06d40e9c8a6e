"""Where an alert goes: the target, the areas it touches, and how it is said to people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session


@dataclass(frozen=True)
class Target:
    """Where an alert goes: areas, a drawn shape, a circle, or a union of these.

    ``shape`` is a GeoJSON Polygon or MultiPolygon (WGS84, lon before lat); ``centre`` is
    (lon, lat) and comes with ``radius_m`` in metres.
    """

    area_ids: tuple[int, ...] = ()
    shape: dict[str, Any] | None = None
    centre: tuple[float, float] | None = None
    radius_m: float | None = None

    def to_json(self) -> dict[str, Any]:
        """The target as JSON, without what it lacks."""
        found: dict[str, Any] = {}
        if self.area_ids:
            found["area_ids"] = list(self.area_ids)
        if self.shape is not None:
            found["shape"] = self.shape
        if self.centre is not None:
            found["centre"] = list(self.centre)
            found["radius_m"] = self.radius_m
        return found

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Target:
        """The target that :meth:`to_json` wrote; trusts it (use :func:`parse_target` for input)."""
        centre = data.get("centre")
        return cls(
            area_ids=tuple(data.get("area_ids", ())),
            shape=data.get("shape"),
            centre=(centre[0], centre[1]) if centre else None,
            radius_m=data.get("radius_m"),
        )


def parse_target(session: Session, data: dict[str, Any]) -> Target:
    """Validate what a caller sent as a target; raises :class:`TargetError` in the caller's words.

    Keys: ``area_ids`` (numbers) or ``areas`` (``"postcode:3400"``), ``shape`` (GeoJSON),
    ``centre`` ([lon, lat]) with ``radius_m`` (metres, at most 50,000).
    """
    raise NotImplementedError


def touched_areas(session: Session, target: Target) -> dict[int, float]:
    """Every area the target touches -> metres from the target's centre to the area's label."""
    raise NotImplementedError


def district_codes(session: Session, target: Target) -> frozenset[str]:
    """The codes of the police districts the target lies in."""
    raise NotImplementedError


def describe_target(session: Session, target: Target) -> str:
    """The target in words for people, in the language of the moment."""
    raise NotImplementedError
