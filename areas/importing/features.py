"""Reads a file of areas feature by feature, and rejects the whole file if one is broken.

The file is never in memory as a whole: only the properties we use are kept of each feature, and
boundaries wait on disk.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ijson
import numpy as np
import shapely

from areas.countries import COUNTRIES, AreaKey, home_country
from areas.drawn_shapes import Fault, ShapeFault, read_shape
from areas.geometry import are_in
from areas.importing.broken_files import BrokenFile, refuse_system
from areas.importing.coordinate_systems import Reproject, UnknownSystem, reprojection
from areas.importing.json_files import (
    json_fault,
    looks_like_json,
    read_head,
    stream_json_features,
)
from areas.importing.nesting import NestedTooDeep
from areas.importing.shelf import Shelf, Shelved
from areas.importing.vector_files import CONVERT, format_of, stream_vector_features
from areas.kinds import WIDEST_FIRST, AreaKind
from web.texts.cleaning import REPLACEMENT, clean
from web.texts.folding import fold

LONGEST_NAME = 120

CODE_PROPERTIES = ("code", "kode", "nr", "KODE", "NR")
NAME_PROPERTIES = ("name", "navn", "NAVN", "Name")
"""The properties with code and name in any file; each kind adds its own."""

_REASONS = {
    Fault.EMPTY: "it has no geometry",
    Fault.WRONG_TYPE: "its geometry is a {given}: it should be a Polygon or a MultiPolygon",
    Fault.MALFORMED: "its coordinates are not lists of [longitude, latitude] numbers",
    Fault.NOT_WGS84: "the point {where} is not longitude and latitude: if it is UTM, say so with"
    " --crs EPSG:25832",
    Fault.SWAPPED: "the point {where} has latitude before longitude: GeoJSON wants longitude first",
    Fault.NOT_CLOSED: "a ring is not closed: its last point {where} differs from its first",
    Fault.NO_SURFACE: "its boundary encloses nothing",
    Fault.CROSSES_ITSELF: "its boundary is not valid ({given}) at {where}",
    Fault.OUTSIDE: "the point {where} lies outside {country}{elsewhere}",
}


@dataclass(frozen=True)
class Mapping:
    """The meaning of the properties; what is not given is derived from the file."""

    kind: AreaKind | None = None
    code_property: str | None = None
    name_property: str | None = None
    parent_property: str | None = None
    country: str | None = None
    layers: tuple[str, ...] = ()
    """The layers of a file to read; all, if none is named."""
    system: str | None = None
    """The coordinate system, whatever the file says."""


@dataclass
class Feature:
    """One area of a file: ``parent`` is (kind, code), ``shelved`` where its boundary is kept.

    ``box`` is [west, south, east, north] in degrees.
    """

    number: int
    country: str
    kind: AreaKind
    code: str
    name: str
    parent: tuple[AreaKind, str] | None
    label: tuple[float, float]
    shelved: Shelved
    box: tuple[float, float, float, float]

    @property
    def key(self) -> AreaKey:
        """What the area is found by."""
        return AreaKey(self.country, self.kind, self.code)

    @property
    def boundary(self) -> bytes:
        """WKB in WGS84 lon/lat, read from the shelf each time."""
        return self.shelved.read()


@dataclass
class Collection:
    """One file of areas of one or more kinds."""

    path: Path
    source: str
    features: list[Feature] = field(default_factory=list)


def read_collection(path: Path, mapping: Mapping) -> Collection:
    """Read a whole file. Raises :class:`BrokenFile` for the first error."""
    try:
        source, features = _open(path, mapping)
        collection = Collection(path, source)
        seen: dict[AreaKey, int] = {}
        shelf = Shelf()
        for number, (layer, system, raw) in enumerate(features, 1):
            kind = mapping.kind or _guess_kind(layer, path.stem)
            named = mapping.system or system
            feature = _read_feature(path, number, raw, kind, mapping, named, shelf)
            before = seen.setdefault(feature.key, number)
            if before != number:
                raise BrokenFile(
                    path,
                    f"its code is that of feature {before} too",
                    number=number,
                    code=feature.code,
                )
            collection.features.append(feature)
    except (ijson.JSONError, NestedTooDeep, UnicodeDecodeError) as error:
        raise BrokenFile(path, json_fault(error)) from error
    except UnknownSystem as error:
        raise refuse_system(path, str(error)) from error
    except OSError as error:
        raise BrokenFile(path, f"it cannot be read ({error.strerror})") from error
    if not collection.features:
        raise BrokenFile(path, "it has no features")
    return collection


def _open(path: Path, mapping: Mapping) -> tuple[str, Iterator[tuple[str, str | None, Any]]]:
    """The file's attribution, and (layer, coordinate system, feature as GeoJSON) for each."""
    named = _one_line(path.name)[:200]
    if format_ := format_of(path):
        return named, stream_vector_features(path, format_, mapping.layers)
    if not looks_like_json(path):
        raise BrokenFile(path, CONVERT.format(name=path.name))
    head = read_head(path)
    if head.get("type") == "Topology":
        return named, stream_vector_features(path, "TopoJSON", mapping.layers)
    if head.get("type") not in ("FeatureCollection", "Feature"):
        raise BrokenFile(path, "it is not a GeoJSON FeatureCollection")
    layer = head.get("name", "")
    system = mapping.system or head.get("crs")
    raws = stream_json_features(path, system, by_line=head["type"] == "Feature")
    return _one_line(head.get("attribution") or named)[:200], ((layer, system, raw) for raw in raws)


def _read_feature(
    path: Path,
    number: int,
    raw: Any,
    kind: AreaKind | None,
    mapping: Mapping,
    system: str | None,
    shelf: Shelf,
) -> Feature:
    properties = raw.get("properties") if isinstance(raw, dict) else None
    if not isinstance(properties, dict) or raw.get("type") != "Feature":
        raise BrokenFile(path, "it is not a GeoJSON Feature with properties", number=number)

    def broken(reason: str, code: str = "") -> BrokenFile:
        return BrokenFile(path, reason, number=number, code=code)

    own_kind = _kind_of(properties, kind, mapping, broken)
    country = _country_of(properties, mapping, broken)
    code = _code_of(properties, country, own_kind, mapping, broken)
    usual = (*NAME_PROPERTIES, *own_kind.row.name_properties)
    given = _property(properties, mapping.name_property, usual)
    name = _one_line(given) if isinstance(given, str) else ""
    if not name:
        raise broken(_missing("name", mapping.name_property, usual), code)
    if REPLACEMENT in name:
        raise broken("its name has letters that cannot be read: save the file as UTF-8", code)
    if len(name) > LONGEST_NAME:
        raise broken(f"its name is longer than {LONGEST_NAME} letters", code)
    reproject = reprojection(system)
    try:
        boundary = read_shape(
            raw.pop("geometry", None), [COUNTRIES[country].box], reproject=reproject
        )
    except ShapeFault as fault:
        where = "{:g}, {:g}".format(*fault.where) if fault.where else "an unknown point"
        reason = _REASONS[fault.fault].format(
            where=where,
            given=fault.given,
            country=COUNTRIES[country].english,
            elsewhere=_elsewhere(fault.where),
        )
        if reproject is not None:
            reason += f" (read as {system}: if it is another system, name it with --crs)"
        raise broken(reason, code) from fault
    return Feature(
        number=number,
        country=country,
        kind=own_kind,
        code=code,
        name=name,
        parent=_parent_of(properties, country, own_kind, mapping, broken, code),
        label=_label_of(properties, reproject) or _inner_point(boundary),
        shelved=shelf.put(shapely.to_wkb(boundary, output_dimension=2)),
        box=boundary.bounds,
    )


def _guess_kind(*names: str) -> AreaKind | None:
    """The kind in the name of the collection or the file ("politikredse", "postnumre").

    If it names several, the finest: "postnumre i Hillerød Kommune" has postcodes.
    """
    for name in names:
        for kind in reversed(WIDEST_FIRST):
            if kind.row.file_words.search(name):
                return kind
    return None


def _kind_of(
    properties: dict[str, Any], kind: AreaKind | None, mapping: Mapping, broken: Any
) -> AreaKind:
    given = properties.get("kind")
    if mapping.kind is None and isinstance(given, str):
        if given not in list(AreaKind):
            raise broken(f"its kind {given[:40]!r} is not one of {', '.join(AreaKind)}")
        return AreaKind(given)
    if kind is None:
        raise broken("nothing tells which kind of area it is: say so with --kind")
    return kind


def _country_of(properties: dict[str, Any], mapping: Mapping, broken: Any) -> str:
    """The country that was named, else the feature's own, else the home country."""
    given = properties.get("country")
    if mapping.country is not None or not isinstance(given, str) or not given.strip():
        return mapping.country or home_country()
    written = fold(given.strip())
    for code, country in COUNTRIES.items():
        if written == code or written in country.words:
            return code
    raise broken(
        f"its country {given[:40]!r} is not one of {', '.join(COUNTRIES)}: name it with --country"
    )


def _elsewhere(where: tuple[float, float] | None) -> str:
    """The way to import a point of another country."""
    lon, lat = np.array([where or (0.0, 0.0)]).T
    others = [code for code, row in COUNTRIES.items() if are_in([row.box], lon, lat).all()]
    ways = " or ".join(f"--country {code} ({COUNTRIES[code].english})" for code in others)
    return f": if it is right, say so with {ways}" if ways else ""


def _code_of(
    properties: dict[str, Any], country: str, kind: AreaKind, mapping: Mapping, broken: Any
) -> str:
    usual = (*CODE_PROPERTIES, *kind.row.code_properties)
    value = _property(properties, mapping.code_property, usual)
    if value is None or isinstance(value, (bool, float, dict, list)) or value == "":
        raise broken(_missing("code", mapping.code_property, usual))
    code = kind.row.pad(str(value).strip())
    if not COUNTRIES[country].is_code(kind, code):
        raise broken(
            f"its code {code[:40]!r} is not the code of a {kind.value}"
            f" in {COUNTRIES[country].english}"
        )
    return code


def _parent_of(
    properties: dict[str, Any],
    country: str,
    kind: AreaKind,
    mapping: Mapping,
    broken: Any,
    code: str,
) -> tuple[AreaKind, str] | None:
    """The parent that a feature names: "dk:municipality:0219", or a code of the kind above."""
    above = kind.row.parent
    name = mapping.parent_property or "parent"
    value = properties.get(name)
    if above is None:
        return None
    if value is None:
        if mapping.parent_property:
            raise broken(f"it has no property {name!r}", code)
        return None
    written = str(value)
    if ":" in written:
        kind_word, _, parent_code = written.removeprefix(f"{country}:").partition(":")
        if kind_word not in (above.value, *above.row.parent_words):
            raise broken(f"its parent {written!r} is not a {above.value}", code)
        return above, parent_code
    return above, above.row.pad(written)


def _label_of(
    properties: dict[str, Any], reproject: Reproject | None
) -> tuple[float, float] | None:
    label = properties.get("label")
    if (
        isinstance(label, list)
        and len(label) == 2
        and all(isinstance(value, (int, float)) for value in label)
    ):
        point = np.array([label], dtype=float)
        lon, lat = (point if reproject is None else reproject(point))[0].tolist()
        return lon, lat
    return None


def _inner_point(boundary: Any) -> tuple[float, float]:
    point = boundary.representative_point()
    return round(point.x, 5), round(point.y, 5)


def _property(properties: dict[str, Any], named: str | None, usual: tuple[str, ...]) -> Any:
    """The named property, or the first of the usual ones that is present."""
    if named is not None:
        return properties.get(named)
    return next((properties[name] for name in usual if properties.get(name) is not None), None)


def _one_line(text: str) -> str:
    return " ".join(clean(text).split())


def _missing(what: str, named: str | None, usual: tuple[str, ...]) -> str:
    if named is not None:
        return f"it has no property {named!r}"
    return f"it has no {what} ({', '.join(usual)}): name the property with --map {what}=PROPERTY"
