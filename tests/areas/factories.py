"""Invented areas and files of them, in a few lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

Geometry = dict[str, Any]


def square(lon: float, lat: float, width: float = 0.1, height: float = 0.05) -> Geometry:
    """A rectangle whose south-west corner is (lon, lat), in degrees."""
    east, north = lon + width, lat + height
    ring = [[lon, lat], [east, lat], [east, north], [lon, north], [lon, lat]]
    return {"type": "Polygon", "coordinates": [ring]}


def feature(geometry: Geometry | None, **properties: Any) -> dict[str, Any]:
    """A GeoJSON Feature."""
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def collection(*features: Any, **members: Any) -> dict[str, Any]:
    """A GeoJSON FeatureCollection."""
    return {"type": "FeatureCollection", **members, "features": list(features)}


def write_file(folder: Path, name: str, data: Any) -> Path:
    """Write JSON (or text as it is) into a file of a folder."""
    path = folder / name
    path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return path


def small_country(folder: Path) -> list[Path]:
    """Two districts side by side, three municipalities, four postcodes: one over a border.

    West: district 1 (12.0-12.2). East: district 2 (12.2-12.4). Municipalities 0101 and 0102
    share the west, 0201 has the east. Postcode 1111 lies in 0101, 2222 half in 0101 and half
    in 0102, 3333 in 0102 with 10 % in 0201, 4444 in 0201 without that.
    """
    districts = collection(
        feature(square(12.0, 55.9, 0.2, 0.2), code="1", name="Vestlige Politi"),
        feature(square(12.2, 55.9, 0.2, 0.2), code="2", name="Østlige Politi"),
    )
    municipalities = collection(
        feature(square(12.0, 55.9, 0.1, 0.2), kode="0101", navn="Ager"),
        feature(square(12.1, 55.9, 0.1, 0.2), kode="0102", navn="Bakke"),
        feature(square(12.2, 55.9, 0.2, 0.2), kode="0201", navn="Nykøbing"),
    )
    postcodes = collection(
        feature(square(12.0, 55.9, 0.05, 0.2), nr="1111", navn="Ager"),
        feature(square(12.05, 55.9, 0.1, 0.2), nr="2222", navn="Midtby"),
        feature(square(12.15, 55.9, 0.0555, 0.2), nr="3333", navn="Bakke"),
        feature(square(12.2055, 55.9, 0.1945, 0.2), nr="4444", navn="Nykøbing"),
    )
    return [
        write_file(folder, "politikredse.geojson", districts),
        write_file(folder, "kommuner.geojson", municipalities),
        write_file(folder, "postnumre.geojson", postcodes),
    ]
