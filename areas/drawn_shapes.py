"""Reading a GeoJSON polygon, drawn by a person or from a file, and finding what is wrong with it.

Faults are values here; ``areas.targets.input`` words them for people (in Danish), and
``areas.importing.features`` for operators (in English).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from enum import StrEnum
from typing import Any

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from areas.geometry import Box, Floats, are_in, surface_m2

_LOCATION = re.compile(r"\[(-?[\d.e+-]+) (-?[\d.e+-]+)")


class Fault(StrEnum):
    """What can be wrong with a shape, in the order of the checks."""

    EMPTY = "empty"
    WRONG_TYPE = "wrong-type"
    TOO_MANY_CORNERS = "too-many-corners"
    MALFORMED = "malformed"
    NOT_WGS84 = "not-wgs84"
    SWAPPED = "swapped"
    NOT_CLOSED = "not-closed"
    NO_SURFACE = "no-surface"
    CROSSES_ITSELF = "crosses-itself"
    TOO_LARGE = "too-large"
    OUTSIDE = "outside"


class ShapeFault(Exception):
    """A shape that cannot be used: ``where`` is (lon, lat) if known, ``given`` what was found."""

    def __init__(
        self, fault: Fault, *, where: tuple[float, float] | None = None, given: str = ""
    ) -> None:
        super().__init__(fault.value)
        self.fault = fault
        self.where = where
        self.given = given


def read_shape(
    geometry: Any,
    boxes: Collection[Box],
    *,
    most_corners: int | None = None,
    most_m2: float | None = None,
    reproject: Callable[[Floats], Floats] | None = None,
) -> BaseGeometry:
    """The Polygon or MultiPolygon of a GeoJSON geometry, flat and valid, within the boxes.

    Heights are dropped; ``reproject`` turns points into lon/lat. Raises :class:`ShapeFault`.
    """
    if not geometry:
        raise ShapeFault(Fault.EMPTY)
    if not isinstance(geometry, dict):
        raise ShapeFault(Fault.WRONG_TYPE, given=type(geometry).__name__)
    kind = geometry.get("type")
    if kind not in ("Polygon", "MultiPolygon"):
        raise ShapeFault(Fault.WRONG_TYPE, given=str(kind)[:40])
    coordinates = geometry.get("coordinates")
    polygons = _polygons([coordinates] if kind == "Polygon" else coordinates)
    _count_corners(polygons, most_corners)
    rings = [[_positions(ring) for ring in polygon] for polygon in polygons]
    if reproject is not None:
        rings = [[reproject(ring) for ring in polygon] for polygon in rings]
    del geometry, coordinates, polygons  # lists of numbers take eight times the memory of arrays
    corners = np.concatenate([ring for polygon in rings for ring in polygon])
    _check_axes(corners, boxes)
    for polygon in rings:
        for ring in polygon:
            _check_ring(ring)
    parts = [Polygon(polygon[0], polygon[1:]) for polygon in rings]
    shape: BaseGeometry = parts[0] if kind == "Polygon" else MultiPolygon(parts)
    _check_validity(shape)
    _check_extent(shape, corners, boxes, most_m2)
    return shape


def _polygons(coordinates: Any) -> list[list[Any]]:
    """The polygons as lists of rings, or a fault if they are nested in another way."""
    if not coordinates:
        raise ShapeFault(Fault.EMPTY)
    if not isinstance(coordinates, list):
        raise ShapeFault(Fault.MALFORMED)
    for polygon in coordinates:
        if not polygon:
            raise ShapeFault(Fault.EMPTY)
        if not isinstance(polygon, list) or not all(isinstance(ring, list) for ring in polygon):
            raise ShapeFault(Fault.MALFORMED)
        if not all(polygon):
            raise ShapeFault(Fault.EMPTY)
    return coordinates


def _count_corners(polygons: list[list[Any]], most: int | None) -> None:
    corners = sum(len(ring) for polygon in polygons for ring in polygon)
    if most is not None and corners > most:
        raise ShapeFault(Fault.TOO_MANY_CORNERS, given=str(corners))


def _positions(ring: list[Any]) -> Floats:
    """A ring as an array of (lon, lat)."""
    try:
        positions = np.asarray(ring)
    except (ValueError, OverflowError) as error:
        raise ShapeFault(Fault.MALFORMED) from error
    flat = positions.ndim == 2 and positions.shape[1] in (2, 3)
    if not flat or positions.dtype.kind not in "iuf":
        raise ShapeFault(Fault.MALFORMED)
    found: Floats = positions[:, :2].astype(float)
    if not np.isfinite(found).all():
        raise ShapeFault(Fault.MALFORMED)
    return found


def _check_axes(corners: Floats, boxes: Collection[Box]) -> None:
    lons, lats = corners[:, 0], corners[:, 1]
    where = (float(lons[0]), float(lats[0]))
    if not ((np.abs(lons) <= 180) & (np.abs(lats) <= 90)).all():
        raise ShapeFault(Fault.NOT_WGS84, where=where)
    if are_in(boxes, lats, lons).all() and not are_in(boxes, lons, lats).all():
        raise ShapeFault(Fault.SWAPPED, where=where)


def _check_ring(ring: Floats) -> None:
    if (ring[0] != ring[-1]).any():
        raise ShapeFault(Fault.NOT_CLOSED, where=(float(ring[-1][0]), float(ring[-1][1])))
    if len(ring) < 4:
        raise ShapeFault(Fault.NO_SURFACE)


def _check_validity(shape: BaseGeometry) -> None:
    if shape.is_valid:
        return
    reason = shapely.is_valid_reason(shape)
    if shape.convex_hull.area == 0:
        raise ShapeFault(Fault.NO_SURFACE)
    found = _LOCATION.search(reason)
    where = (float(found.group(1)), float(found.group(2))) if found else None
    raise ShapeFault(Fault.CROSSES_ITSELF, where=where, given=reason.partition("[")[0])


def _check_extent(
    shape: BaseGeometry, corners: Floats, boxes: Collection[Box], most_m2: float | None
) -> None:
    surface = surface_m2(shape)
    if surface <= 0:
        raise ShapeFault(Fault.NO_SURFACE)
    if most_m2 is not None and surface > most_m2:
        raise ShapeFault(Fault.TOO_LARGE, given=f"{surface / 1e6:.0f}")
    inside = are_in(boxes, corners[:, 0], corners[:, 1])
    if not inside.all():
        first = corners[int(np.argmin(inside))]
        raise ShapeFault(Fault.OUTSIDE, where=(float(first[0]), float(first[1])))
