"""Reads TopoJSON, KML, GeoPackage, FlatGeobuf and Shapefile as if they were GeoJSON (GDAL)."""

from __future__ import annotations

import math
import warnings
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import orjson
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from areas.importing.broken_files import BrokenFile

FEATURES_AT_ONCE = 50

_KML = b"<kml"
_STARTS = {
    b"SQLite format 3\0": "GPKG",
    b"\0\0\x27\x0a": "ESRI Shapefile",
    b"fgb\x03": "FlatGeobuf",
}
CONVERT = (
    "it is not JSON, nor in another format that is read: unpack it if it is packed, or convert it"
    " with 'ogr2ogr -t_srs EPSG:4326 areas.geojson {name}'"
)


def format_of(path: Path) -> str | None:
    """The format by the file's first bytes; None if it is none of these.

    GDAL alone would take more than is wanted: some of its formats fetch other files.
    """
    with path.open("rb") as file:
        start = file.read(2048)
    if start.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        return "KML" if _KML in start else None
    return next((name for first, name in _STARTS.items() if start.startswith(first)), None)


def stream_vector_features(
    path: Path, wanted: str, layers: Collection[str] = ()
) -> Iterator[tuple[str, str | None, Any]]:
    """(layer, coordinate system, feature as GeoJSON) for all layers, or for those.

    Raises :class:`BrokenFile`.
    """
    try:
        for layer, system, count in _layers(path, wanted, layers):
            for start in range(0, count, FEATURES_AT_ONCE):
                for feature in _read_portion(path, layer, start):
                    yield layer, system, feature
    except (DataLayerError, DataSourceError, shapely.GEOSException) as error:
        raise BrokenFile(path, f"it cannot be read as {wanted} ({str(error)[:120]})") from error


def _layers(path: Path, wanted: str, named: Collection[str]) -> list[tuple[str, str | None, int]]:
    """(name, coordinate system, how many features) of each layer with shapes."""
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        for layer, geometry_type in pyogrio.list_layers(path).tolist():
            if geometry_type is None or (named and layer not in named):
                continue
            info = pyogrio.read_info(path, layer=layer, force_feature_count=True)
            if wanted not in info["driver"]:
                raise BrokenFile(path, CONVERT.format(name=path.name))
            found.append((layer, info["crs"], info["features"]))
    missing = set(named) - {layer for layer, _, _ in found}
    if missing:
        raise BrokenFile(path, f"it has no layer {sorted(missing)[0][:60]!r}")
    return found


def _read_portion(path: Path, layer: str, start: int) -> list[dict[str, Any]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        meta, _ids, shapes, columns = pyogrio.raw.read(
            path, layer=layer, skip_features=start, max_features=FEATURES_AT_ONCE, force_2d=True
        )
    return [
        {
            "type": "Feature",
            "properties": {
                name: _plain(column[number])
                for name, column in zip(meta["fields"], columns, strict=True)
            },
            "geometry": _as_geojson(shape),
        }
        for number, shape in enumerate(shapes)
    ]


def _as_geojson(shape: bytes | None) -> Any:
    return None if shape is None else orjson.loads(shapely.to_geojson(shapely.from_wkb(shape)))


def _plain(value: Any) -> Any:
    """A whole number as such: a column with gaps holds its numbers as fractions."""
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, float):
        if math.isnan(value):
            return None
        return int(value) if value.is_integer() else value
    return value
