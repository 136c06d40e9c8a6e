"""Reads a GeoJSON file of areas feature by feature, and rejects the whole file if one is broken.

The file is never in memory as a whole: it is parsed in chunks (ijson), and only the boundary
and the properties we use are kept of each feature.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import ijson
import shapely

from areas.drawn_shapes import Fault, ShapeFault, read_shape
from areas.kinds import WIDEST_FIRST, AreaKind

CHUNK_BYTES = 64 * 1024

CODE_PROPERTIES = ("code", "kode", "nr")
NAME_PROPERTIES = ("name", "navn", "NAVN")
"""The properties with code and name in any file; each kind adds its own."""

# ETRS89 (EPSG:4258), in which Danish data is kept, differs from WGS84 by less than a metre.
_WGS84 = re.compile(r"(CRS:?84|EPSG[:/]([\d.]*[:/])?(4326|4258)|WGS ?84)$", re.IGNORECASE)

_REASONS = {
    Fault.EMPTY: "it has no geometry",
    Fault.WRONG_TYPE: "its geometry is a {given}: it should be a Polygon or a MultiPolygon",
    Fault.MALFORMED: "its coordinates are not lists of [longitude, latitude] numbers",
    Fault.NOT_WGS84: "the point {where} is not longitude and latitude: export the file in WGS84"
    " (EPSG:4326), not in UTM (EPSG:25832)",
    Fault.SWAPPED: "the point {where} has latitude before longitude: GeoJSON wants longitude first",
    Fault.NOT_CLOSED: "a ring is not closed: its last point {where} differs from its first",
    Fault.NO_SURFACE: "its boundary encloses nothing",
    Fault.CROSSES_ITSELF: "its boundary is not valid ({given}) at {where}",
    Fault.OUTSIDE_DENMARK: "the point {where} lies outside Denmark",
}


class BrokenFile(Exception):
    """A file of areas is rejected; the message names file, feature (from 1) and reason."""

    def __init__(
        self, path: Path, reason: str, *, number: int | None = None, code: str = ""
    ) -> None:
        self.path = path
        self.number = number
        self.reason = reason
        place = "" if number is None else f" feature {number}" + (f" ({code})" if code else "")
        super().__init__(f"{path.name}:{place} {reason}")


@dataclass(frozen=True)
class Mapping:
    """The meaning of the properties; what is not given is derived from the file."""

    kind: AreaKind | None = None
    code_property: str | None = None
    name_property: str | None = None
    parent_property: str | None = None


@dataclass
class Feature:
    """One area of a file: ``parent`` is (kind, code), ``boundary`` WKB in WGS84 lon/lat."""

    number: int
    kind: AreaKind
    code: str
    name: str
    parent: tuple[AreaKind, str] | None
    label: tuple[float, float]
    boundary: bytes
    box: tuple[float, float, float, float]


@dataclass
class Collection:
    """One file of areas of one or more kinds."""

    path: Path
    source: str
    features: list[Feature] = field(default_factory=list)


def read_collection(path: Path, mapping: Mapping) -> Collection:
    """Read a whole file. Raises :class:`BrokenFile` for the first error."""
    try:
        head = _read_head(path)
        if head.get("type") != "FeatureCollection":
            raise BrokenFile(path, "it is not a GeoJSON FeatureCollection")
        kind = mapping.kind or _guess_kind(str(head.get("name", "")), path.stem)
        source = str(head.get("attribution") or path.name)[:200]
        collection = Collection(path, source)
        seen: dict[tuple[AreaKind, str], int] = {}
        for number, raw in enumerate(_stream_features(path), 1):
            feature = _read_feature(path, number, raw, kind, mapping)
            before = seen.setdefault((feature.kind, feature.code), number)
            if before != number:
                raise BrokenFile(
                    path,
                    f"its code is that of feature {before} too",
                    number=number,
                    code=feature.code,
                )
            collection.features.append(feature)
    except (ijson.JSONError, UnicodeDecodeError) as error:
        reason = "it ends in the middle" if _is_truncated(error) else "it is not JSON"
        raise BrokenFile(path, f"{reason} ({_first_line(error)})") from error
    except OSError as error:
        raise BrokenFile(path, f"it cannot be read ({error.strerror})") from error
    if not collection.features:
        raise BrokenFile(path, "it has no features")
    return collection


def _open(path: Path) -> BinaryIO:
    file = path.open("rb")
    if file.read(3) != b"\xef\xbb\xbf":
        file.seek(0)
    return file


def _read_head(path: Path) -> dict[str, Any]:
    """Type, name and attribution, which may be anywhere in the file."""
    found: dict[str, Any] = {}
    with _open(path) as file:
        for prefix, event, value in ijson.parse(file):
            if prefix in ("type", "name", "attribution") and event == "string":
                found[prefix] = value
            elif prefix == "features" and event == "start_array" and "type" in found:
                break
    return found


def _stream_features(path: Path) -> Iterator[Any]:
    """Each feature as parsed JSON; also checks the coordinate system the file names."""
    features = ijson.sendable_list()
    systems = ijson.sendable_list()
    readers = [
        ijson.items_coro(features, "features.item", use_float=True),
        ijson.items_coro(systems, "crs"),
    ]
    with _open(path) as file:
        while chunk := file.read(CHUNK_BYTES):
            for reader in readers:
                reader.send(chunk)
            for system in systems:
                _check_system(path, system)
            systems.clear()
            yield from features
            features.clear()
    for reader in readers:
        reader.close()
    yield from features


def _check_system(path: Path, system: Any) -> None:
    properties = system.get("properties") if isinstance(system, dict) else None
    name = str(properties.get("name", "")) if isinstance(properties, dict) else str(system)
    if system is not None and not _WGS84.search(name):
        raise BrokenFile(path, f"its coordinate system is {name}: export it in WGS84 (EPSG:4326)")


def _read_feature(
    path: Path, number: int, raw: Any, kind: AreaKind | None, mapping: Mapping
) -> Feature:
    properties = raw.get("properties") if isinstance(raw, dict) else None
    if not isinstance(properties, dict) or raw.get("type") != "Feature":
        raise BrokenFile(path, "it is not a GeoJSON Feature with properties", number=number)

    def broken(reason: str, code: str = "") -> BrokenFile:
        return BrokenFile(path, reason, number=number, code=code)

    own_kind = _kind_of(properties, kind, mapping, broken)
    code = _code_of(properties, own_kind, mapping, broken)
    usual = (*NAME_PROPERTIES, *own_kind.row.name_properties)
    name = _property(properties, mapping.name_property, usual)
    if not isinstance(name, str) or not name.strip():
        raise broken(_missing("name", mapping.name_property, usual), code)
    if len(name.strip()) > 120:
        raise broken("its name is longer than 120 letters", code)
    try:
        boundary = read_shape(raw.get("geometry"))
    except ShapeFault as fault:
        where = "{:g}, {:g}".format(*fault.where) if fault.where else "an unknown point"
        raise broken(_REASONS[fault.fault].format(where=where, given=fault.given), code) from fault
    return Feature(
        number=number,
        kind=own_kind,
        code=code,
        name=name.strip(),
        parent=_parent_of(properties, own_kind, mapping, broken, code),
        label=_label_of(properties) or _inner_point(boundary),
        boundary=shapely.to_wkb(boundary, output_dimension=2),
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


def _code_of(properties: dict[str, Any], kind: AreaKind, mapping: Mapping, broken: Any) -> str:
    usual = (*CODE_PROPERTIES, *kind.row.code_properties)
    value = _property(properties, mapping.code_property, usual)
    if value is None or isinstance(value, (bool, float, dict, list)) or value == "":
        raise broken(_missing("code", mapping.code_property, usual))
    code = kind.row.pad(str(value).strip())
    if not kind.row.code.fullmatch(code):
        raise broken(f"its code {code[:40]!r} is not the code of a {kind.value}")
    return code


def _parent_of(
    properties: dict[str, Any], kind: AreaKind, mapping: Mapping, broken: Any, code: str
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
        kind_word, _, parent_code = written.removeprefix("dk:").partition(":")
        if kind_word not in (above.value, *above.row.parent_words):
            raise broken(f"its parent {written!r} is not a {above.value}", code)
        return above, parent_code
    return above, above.row.pad(written)


def _label_of(properties: dict[str, Any]) -> tuple[float, float] | None:
    label = properties.get("label")
    if (
        isinstance(label, list)
        and len(label) == 2
        and all(isinstance(value, (int, float)) for value in label)
    ):
        return float(label[0]), float(label[1])
    return None


def _inner_point(boundary: Any) -> tuple[float, float]:
    point = boundary.representative_point()
    return round(point.x, 5), round(point.y, 5)


def _property(properties: dict[str, Any], named: str | None, usual: tuple[str, ...]) -> Any:
    """The named property, or the first of the usual ones that is present."""
    if named is not None:
        return properties.get(named)
    return next((properties[name] for name in usual if properties.get(name) is not None), None)


def _missing(what: str, named: str | None, usual: tuple[str, ...]) -> str:
    if named is not None:
        return f"it has no property {named!r}"
    return f"it has no {what} ({', '.join(usual)}): name the property with --{what}-property"


def _is_truncated(error: Exception) -> bool:
    text = str(error).lower()
    return isinstance(error, ijson.IncompleteJSONError) and "premature" in text


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:120] if lines else type(error).__name__
