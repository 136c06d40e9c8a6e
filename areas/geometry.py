"""Measures on the ground: surfaces, distances and circles in WGS84 lon/lat.

Surfaces are computed in a Lambert cylindrical equal-area projection of the WGS84 ellipsoid,
which is exact everywhere (Snyder, "Map projections: a working manual", USGS
Professional Paper 1395, equations 3-12 and 10-15); overlap is computed in lon/lat, where a
GeoJSON edge is straight (RFC 7946, section 3.1.1).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

SEMI_MAJOR_M = 6_378_137.0
ECCENTRICITY = 0.0818191908426215
EARTH_RADIUS_M = 6_371_008.8

SLIVER_SHARE = 0.005
"""An overlap below this share of both surfaces ..."""
SLIVER_M2 = 100_000.0
"""... and below this many square metres (ten hectares) is only an inaccuracy of the borders."""

CIRCLE_CORNERS = 128

Floats = NDArray[np.float64]
Box = tuple[float, float, float, float]


def _equal_area(coordinates: Floats) -> Floats:
    """Lon/lat in degrees -> metres on a plane where every surface keeps its size."""
    sine = np.sin(np.radians(coordinates[:, 1]))
    flattened = ECCENTRICITY * sine
    q = (1 - ECCENTRICITY**2) * (
        sine / (1 - flattened**2) - np.log((1 - flattened) / (1 + flattened)) / (2 * ECCENTRICITY)
    )
    x = SEMI_MAJOR_M * np.radians(coordinates[:, 0])
    return np.column_stack([x, SEMI_MAJOR_M * q / 2])


def read_boundaries(boundaries: Iterable[Any]) -> Any:
    """WKB values of a database column as an array of geometries."""
    return shapely.from_wkb(np.array([bytes(value) for value in boundaries], dtype=object))


def surfaces_m2(geometries: Any) -> Floats:
    """The surface of each geometry of an array (lon/lat), in square metres."""
    found: Floats = shapely.area(shapely.transform(np.asarray(geometries), _equal_area))
    return found


def surface_m2(geometry: BaseGeometry) -> float:
    """The surface of one geometry (lon/lat), in square metres."""
    return float(surfaces_m2(geometry))


def distance_m(lon: float, lat: float, other_lon: float, other_lat: float) -> float:
    """Metres between two points along the great circle (haversine; within 0.5 % of true)."""
    south, north = math.radians(lat), math.radians(other_lat)
    across = math.sin(math.radians(other_lon - lon) / 2) ** 2 * math.cos(south) * math.cos(north)
    along = math.sin((north - south) / 2) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(along + across)))


def circle(lon: float, lat: float, radius_m: float) -> Polygon:
    """A polygon around a point that contains every place within ``radius_m`` metres of it.

    The corners lie a little further out (0.03 %), so that no edge cuts into the circle.
    """
    bearings = np.linspace(0, 2 * math.pi, CIRCLE_CORNERS, endpoint=False)
    angle = radius_m / EARTH_RADIUS_M / math.cos(math.pi / CIRCLE_CORNERS)
    start = math.radians(lat)
    lats = np.arcsin(
        math.sin(start) * math.cos(angle) + math.cos(start) * math.sin(angle) * np.cos(bearings)
    )
    lons = math.radians(lon) + np.arctan2(
        np.sin(bearings) * math.sin(angle) * math.cos(start),
        math.cos(angle) - math.sin(start) * np.sin(lats),
    )
    return Polygon(np.degrees(np.column_stack([lons, lats])))


def are_in(boxes: Iterable[Box], lons: Floats, lats: Floats) -> NDArray[np.bool_]:
    """Which of the points lie in one of the boxes (west, south, east, north, in degrees)."""
    found = np.zeros(len(lons), dtype=bool)
    for west, south, east, north in boxes:
        found |= (west <= lons) & (lons <= east) & (south <= lats) & (lats <= north)
    return found
