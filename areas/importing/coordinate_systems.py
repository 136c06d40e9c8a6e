"""Turns the coordinates of a file, such as UTM (EPSG:25832), into lon/lat (PROJ)."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

import numpy as np

from areas.drawn_shapes import Fault, ShapeFault
from areas.geometry import Floats

# ETRS89 (EPSG:4258), in which Danish data is kept, differs from WGS84 by less than a metre.
_LON_LAT = re.compile(r"(CRS:?84|EPSG[:/]([\d.]*[:/])?(4326|4258)|WGS ?84)$", re.IGNORECASE)

Reproject = Callable[[Floats], Floats]


class UnknownSystem(Exception):
    """PROJ does not know a coordinate system, or cannot turn it into longitude and latitude."""


def is_lon_lat(system: str) -> bool:
    """Whether the name of a system says that it is longitude and latitude already."""
    return _LON_LAT.search(system) is not None


@cache
def reprojection(system: str | None) -> Reproject | None:
    """What turns points of a system ("EPSG:25832", a URN, WKT) into lon/lat; None if they are.

    Raises :class:`UnknownSystem`.
    """
    if system is None or is_lon_lat(system):
        return None
    # Takes 20 MB of memory, which only a projected file needs.
    import pyproj

    try:
        transformer = pyproj.Transformer.from_crs(system, "OGC:CRS84", always_xy=True)
    except pyproj.exceptions.ProjError as error:
        raise UnknownSystem(system) from error

    def reproject(points: Floats) -> Floats:
        found = np.column_stack(transformer.transform(points[:, 0], points[:, 1]))
        if not np.isfinite(found).all():
            raise ShapeFault(Fault.NOT_WGS84, where=(float(points[0, 0]), float(points[0, 1])))
        return found

    return reproject
