"""Reads the features of GeoJSON files in chunks (ijson): a collection, or one feature a line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import ijson

from areas.importing.broken_files import BrokenFile
from areas.importing.coordinate_systems import is_lon_lat
from areas.importing.nesting import DEEPEST, NestedTooDeep, NestingGuard

CHUNK_BYTES = 64 * 1024
LONGEST_FEATURE = 32 * 1024 * 1024
"""Bytes of one feature, which are in memory at once and take several times as much there."""

_HEAD = ("type", "name", "attribution", "crs", "crs.properties.name")
_END_OF_HEAD = (("features", "start_array"), ("", "end_map"))
_RECORD_SEPARATOR = b"\x1e"


def looks_like_json(path: Path) -> bool:
    """Whether the first character may begin a document (an empty file is a cut one)."""
    with _open(path) as file:
        start = file.read(CHUNK_BYTES).lstrip(b" \r\n\t\x1e")
    return start[:1] in (b"{", b"[", b"")


def read_head(path: Path) -> dict[str, str]:
    """Type, name and attribution, which may be anywhere in the file; ``crs`` before the features.

    Of several documents in a file, those of the first.
    """
    found: dict[str, str] = {}
    events = ijson.sendable_list()
    parser = ijson.parse_coro(events, use_float=True, multiple_values=True)
    for chunk in _chunks(path):
        parser.send(chunk)
        for prefix, event, value in events:
            if prefix in _HEAD and event == "string":
                found[prefix.partition(".")[0]] = value
            elif (prefix, event) in _END_OF_HEAD and "type" in found:
                return found
        events.clear()
    parser.close()
    return found


def stream_json_features(path: Path, system: str | None, *, by_line: bool) -> Iterator[Any]:
    """Each feature as parsed JSON; refuses a coordinate system behind them but ``system``.

    ``by_line``: each document of the file is a feature (RFC 8142, or one a line).
    """
    features = ijson.sendable_list()
    systems = ijson.sendable_list()
    if by_line:
        readers = [ijson.items_coro(features, "", use_float=True, multiple_values=True)]
    else:
        readers = [
            ijson.items_coro(features, "features.item", use_float=True),
            ijson.items_coro(systems, "crs", use_float=True),
        ]
    read = since = 0
    for chunk in _chunks(path):
        for reader in readers:
            reader.send(chunk)
        read, since = read + len(features), 0 if features else since + len(chunk)
        if since > LONGEST_FEATURE:
            longest = f"{LONGEST_FEATURE / 1024**2:g} MB"
            raise BrokenFile(path, f"is longer than {longest}: simplify it", number=read + 1)
        for found in systems:
            if found is not None and (name := _name_of(found)) != system:
                _refuse_late(path, name)
        systems.clear()
        yield from features
        features.clear()
    for reader in readers:
        reader.close()
    yield from features


def json_fault(error: Exception) -> str:
    """What is wrong with a file that could not be read as JSON."""
    if isinstance(error, NestedTooDeep):
        return f"its brackets are nested more than {DEEPEST} deep: it is not a file of areas"
    lines = str(error).strip().splitlines()
    first = lines[0][:120] if lines else type(error).__name__
    cut = isinstance(error, ijson.IncompleteJSONError) and "premature" in first.lower()
    return f"{'it ends in the middle' if cut else 'it is not JSON'} ({first})"


def _chunks(path: Path) -> Iterator[bytes]:
    guard = NestingGuard()
    with _open(path) as file:
        while chunk := file.read(CHUNK_BYTES):
            guard.check(chunk)
            yield chunk.replace(_RECORD_SEPARATOR, b"\n")


def _open(path: Path) -> BinaryIO:
    file = path.open("rb")
    if file.read(3) != b"\xef\xbb\xbf":
        file.seek(0)
    return file


def _refuse_late(path: Path, name: str) -> None:
    if not is_lon_lat(name):
        raise BrokenFile(
            path,
            f"its coordinate system, {name[:60]}, is named behind the features: repeat the command"
            f" with --crs {name[:60]}",
        )


def _name_of(system: Any) -> str:
    properties = system.get("properties") if isinstance(system, dict) else None
    return str(properties.get("name", "")) if isinstance(properties, dict) else str(system)
