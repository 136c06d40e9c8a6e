"""A point as people write and copy it: decimals, degrees and minutes, a map's link, UTM.

What is read for certain is one point without a doubt. Where more than one thing can be meant, each
is returned with its doubt, to be asked about: nothing is guessed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np

from areas.geometry import Box, are_in
from areas.importing.coordinate_systems import reprojection

LONGEST_POINT = 2_000
"""Characters that are read: links to maps are long."""


class Doubt(StrEnum):
    """Why a point is not certain."""

    SWAPPED = "swapped"
    MIDDLE_OF_MAP = "middle_of_map"
    ZONE = "zone"


@dataclass(frozen=True)
class WrittenPoint:
    """A point in WGS84 degrees that may be meant; certain without a ``doubt``.

    ``zone``: of UTM, if it was written so.
    """

    lon: float
    lat: float
    doubt: Doubt | None = None
    zone: int | None = None


class ShortLink(Exception):
    """A link that does not say where it leads."""


@dataclass(frozen=True)
class _Angle:
    degrees: float
    is_lat: bool | None


_LINK = re.compile(r"\w://|^geo:|^www\.|^maps\.", re.IGNORECASE)
_SHORT = re.compile(r"maps\.app\.goo\.gl|goo\.gl/|//g\.co/|maps\.apple/|bit\.ly/", re.IGNORECASE)
_PIN = re.compile(r"!3d(-?\d{1,3}\.\d{1,20})!4d(-?\d{1,3}\.\d{1,20})")
_MIDDLE = re.compile(r"(?:@|#map=[\d.]{1,9}/)(-?\d{1,3}\.\d{1,20})[,/](-?\d{1,3}\.\d{1,20})")
_GEO = re.compile(r"geo:(-?[\d.]{1,24}),(-?[\d.]{1,24})", re.IGNORECASE)
_PINS = ("q", "query", "destination", "daddr", "ll")
_MIDDLES = ("center", "centre", "sll")

_METRES = re.compile(r"\d{1,5}[.,]\d+|(?<!\d)(\d{6,7}(?:[.,]\d{1,3}(?!\d))?)(?!\d)")
_ZONE = re.compile(r"(?<!\d)(?:258|326)?(3[1-7])(?!\d)")
_UTM_WORDS = {
    "utm", "zone", "n", "e", "ø", "x", "y", "m", "me", "mn", "u", "v", "epsg", "etrs", "euref",
    "wgs", "north", "east", "nord", "øst", "northing", "easting",
}  # fmt: skip
_LAT = frozenset(
    ["n", "s", "nord", "syd", "north", "south", "lat", "latitude", "breddegrad", "bredde"]
)
_LON = {
    "e", "ø", "ö", "v", "w", "øst", "vest", "east", "west",
    "lon", "lng", "long", "longitude", "længdegrad", "længde",
}  # fmt: skip
_WEST_AND_SOUTH = frozenset({"s", "syd", "south", "v", "w", "vest", "west"})
_SAYS_NOTHING = frozenset(
    {"grader", "degrees", "koordinater", "coordinates", "og", "and", "wgs84", "wgs 84"}
)
_TOKEN = re.compile(
    r"(?P<number>(?:(?<![\d°])-)?\d{1,7}(?:[.,]\d{1,20})?)"
    r"|(?P<word>wgs ?84|[^\W\d_]+)|(?P<mark>\S)",
    re.IGNORECASE,
)
_BETWEEN = frozenset(",;:/|()[]=.-–°º˚'’′\"”″")


def read_point(text: str, boxes: Collection[Box]) -> list[WrittenPoint]:
    """The points that a text may mean; none if it is no point at all.

    ``boxes`` are of the countries in which points are expected. Raises :class:`ShortLink`.
    """
    text = text.strip()[:LONGEST_POINT].replace("−", "-").replace("\u00a0", " ")
    if _LINK.search(text):
        return _from_link(text, boxes)
    return _from_utm(text, boxes) or _from_angles(_angles(text), boxes)


def read_fields(lat: str, lon: str, boxes: Collection[Box]) -> list[WrittenPoint]:
    """The points that two fields may mean, one for the latitude and one for the longitude."""
    if not lat.strip() or not lon.strip():
        return read_point(f"{lat}{lon}", boxes)
    first, second = _angles(lat), _angles(lon)
    if len(first) == len(second) == 1:
        lettered = (first[0].is_lat is not False, second[0].is_lat is True)
        pair = [_Angle(first[0].degrees, True), _Angle(second[0].degrees, False)]
        if lettered == (False, True):
            # The letters say that each stands in the other's field.
            return [WrittenPoint(first[0].degrees, second[0].degrees, Doubt.SWAPPED)]
        return _from_angles(pair, boxes)
    return _from_utm(f"{lat} {lon}", boxes)


def reads_as_angle(text: str) -> bool:
    """Whether a text is one angle: half of a point."""
    return len(_angles(text)) == 1


def _from_link(text: str, boxes: Collection[Box]) -> list[WrittenPoint]:
    link = unquote(text)
    pins = _PIN.findall(link) or _GEO.findall(link)
    if pins:
        return [_point(*pins[-1])]
    try:
        query = parse_qs(urlsplit(text if "://" in text else f"https://{text}").query)
    except ValueError:
        return []
    if {"mlat", "mlon"} <= query.keys():
        return _from_angles(_angles(f"lat {query['mlat'][0]} lon {query['mlon'][0]}"), boxes)
    for names, doubt in ((_PINS, None), (_MIDDLES, Doubt.MIDDLE_OF_MAP)):
        for name in names:
            found = _from_angles(_angles(query.get(name, [""])[0].removeprefix("loc:")), boxes)
            if found:
                return [replace(each, doubt=each.doubt or doubt) for each in found]
    if _SHORT.search(link):
        raise ShortLink
    return [replace(_point(*middle), doubt=Doubt.MIDDLE_OF_MAP) for middle in _MIDDLE.findall(link)]


def _point(lat: str, lon: str) -> WrittenPoint:
    return WrittenPoint(float(lon), float(lat))


def _from_utm(text: str, boxes: Collection[Box]) -> list[WrittenPoint]:
    """A pair in metres. Without its zone, each zone that puts it into a country."""
    numbers = _METRES.findall(text)
    if len(numbers) != 2 or "" in numbers:
        return []
    east, north = sorted(float(number.replace(",", ".")) for number in numbers)
    rest = re.sub(r"(etrs|euref|wgs) ?(89|84)", r"\1", _METRES.sub(" ", text), flags=re.IGNORECASE)
    zones = [int(zone) for zone in _ZONE.findall(rest)]
    words = re.findall(r"[^\W\d_]+|\d+", _ZONE.sub(" ", rest).lower())
    if not 1e5 <= east < 1e6 <= north < 1e7 or len(zones) > 1 or set(words) - _UTM_WORDS:
        return []
    if zones:
        return [_unproject(east, north, zones[0])]
    possible = [_unproject(east, north, zone) for zone in _zones(boxes)]
    found = [point for point in possible if _is_in(boxes, point)]
    return found if len(found) < 2 else [replace(point, doubt=Doubt.ZONE) for point in found]


def _zones(boxes: Collection[Box]) -> list[int]:
    """The zones of UTM that countries are measured in: those that their boxes reach."""
    ranges = (
        range(math.floor((west + 180) / 6) + 1, math.floor((east + 180) / 6) + 2)
        for west, _south, east, _north in boxes
    )
    return sorted({zone for each in ranges for zone in each if 28 <= zone <= 38})


def _unproject(east: float, north: float, zone: int) -> WrittenPoint:
    to_degrees = reprojection(f"EPSG:258{zone}")
    assert to_degrees is not None  # noqa: S101 - these systems are not longitude and latitude
    ((lon, lat),) = to_degrees(np.array([[east, north]])).tolist()
    return WrittenPoint(round(lon, 7), round(lat, 7), zone=zone)


def _from_angles(angles: Sequence[_Angle], boxes: Collection[Box]) -> list[WrittenPoint]:
    """Two angles as a point: in the order that lies in a country, if the text leaves that open."""
    if len(angles) != 2:
        return []
    first, second = angles
    if first.is_lat is not None and first.is_lat == second.is_lat:
        return []
    is_said = first.is_lat is not None or second.is_lat is not None
    lat_first = first.is_lat is not False and second.is_lat is not True
    lat, lon = (first, second) if lat_first else (second, first)
    said, swapped = (WrittenPoint(x.degrees, y.degrees) for y, x in ((lat, lon), (lon, lat)))
    if not _is_in(boxes, said) and _is_in(boxes, swapped):
        return [replace(swapped, doubt=Doubt.SWAPPED if is_said else None)]
    return [said] if abs(said.lat) <= 90 and abs(said.lon) <= 180 else []


def _is_in(boxes: Collection[Box], point: WrittenPoint) -> bool:
    return bool(are_in(boxes, np.array([point.lon]), np.array([point.lat])).all())


def _angles(text: str) -> list[_Angle]:
    """The angles that a text consists of; none if it holds anything else."""
    if re.search(r"\d\.\d", text):
        # A decimal point makes every comma a separator; without one it is a decimal comma.
        text = re.sub(r"(?<=\d),(?=\d)", " , ", text)
    items = list(_items(text))
    if None in items:
        return []
    found: list[_Angle] = []
    for group in _groups(items):
        angle = _angle(items, group)
        if angle is None:
            return []
        found.append(angle)
    return found


@dataclass(frozen=True)
class _Number:
    value: float
    is_whole: bool
    begins_angle: bool


@dataclass(frozen=True)
class _Axis:
    is_lat: bool
    is_negative: bool


def _items(text: str) -> Iterator[_Number | _Axis | None]:
    """The numbers and the words for directions in a text; None for what doesn't belong there."""
    before: _Number | _Axis | None = None
    for match in _TOKEN.finditer(text):
        item: _Number | _Axis | None = before
        word = (match["word"] or "").lower()
        if match["number"]:
            number = match["number"].replace(",", ".")
            follows = text[match.end() : match.end() + 12].lstrip().lower()
            begins = follows.startswith(("°", "º", "˚", "grader", "degrees"))
            item = _Number(float(number), "." not in number, begins)
        elif word in _LAT or word in _LON:
            item = _Axis(word in _LAT, word in _WEST_AND_SOUTH)
        elif word in _SAYS_NOTHING or match["mark"] in _BETWEEN:
            continue
        else:
            yield None
            return
        if item != before or isinstance(item, _Number):
            yield item
        before = item


def _groups(items: Sequence[_Number | _Axis | None]) -> list[list[int]]:
    """The positions of the numbers of each angle."""
    numbers = [at for at, item in enumerate(items) if isinstance(item, _Number)]
    if not numbers:
        return []
    starts = [at for at in numbers if getattr(items[at], "begins_angle", False)]
    if not starts:
        starts = [at for at in numbers if at == 0 or isinstance(items[at - 1], _Axis)]
    if starts[:1] != numbers[:1] or (len(starts) == 1 and len(numbers) % 2 == 0):
        half = max(len(numbers) // 2, 1)
        starts = numbers if len(numbers) == 2 else numbers[::half]
    ends = [*starts[1:], len(items)]
    return [
        [at for at in numbers if start <= at < end] for start, end in zip(starts, ends, strict=True)
    ]


def _angle(items: Sequence[_Number | _Axis | None], group: Sequence[int]) -> _Angle | None:
    """Degrees, minutes and seconds with their direction; None if they are none."""
    parts = [item for at in group if isinstance(item := items[at], _Number)]
    is_split = any(later - earlier > 1 for earlier, later in pairwise(group))
    whole = all(part.is_whole for part in parts[:-1])
    if is_split or not whole or len(parts) > 3 or any(p.value >= 60 for p in parts[1:]):
        return None
    at = group[0] - 1 if isinstance(items[0], _Axis) else group[-1] + 1
    axis = items[at] if 0 <= at < len(items) else None
    degrees = sum(abs(part.value) / 60**power for power, part in enumerate(parts))
    is_negative = parts[0].value < 0 or (isinstance(axis, _Axis) and axis.is_negative)
    if degrees > 180 or any(part.value < 0 for part in parts[1:]):
        return None
    return _Angle(
        -degrees if is_negative else degrees, axis.is_lat if isinstance(axis, _Axis) else None
    )
