"""A small drawing of a target, made here, so that no map service learns where an alert goes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import shapely
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from alerts.composing.map_words import Nearby, nearby_places, say_surface
from areas.atlas import Atlas, current_atlas
from areas.geometry import surface_m2
from areas.kinds import AreaKind
from areas.targets.descriptions import say_length
from areas.targets.target import Target
from areas.titles import area_title

WIDTH = 640
HEIGHT = 400
MARGIN = 16
MOST_DRAWN = 60
MOST_AROUND = 40
SMALLEST = 0.1
"""Coordinates are rounded to this, in units of the drawing: smaller steps are invisible."""
METRES_PER_DEGREE = 111_195
MOST_LABELS = 8
LETTER, LINE = 12, 26
"""The room that a letter and a line of a label take, in units of the drawing."""
LONGEST_BAR = 0.3
"""The most of the drawing's width that the scale bar takes."""


@dataclass(frozen=True)
class Outline:
    """One shape as an SVG path, in the drawing's units."""

    path: str
    title: str


@dataclass(frozen=True)
class Label:
    """The name of a place, where it lies."""

    x: float
    y: float
    text: str


@dataclass(frozen=True)
class Drawing:
    """The target's shapes, on top of the surrounding areas.

    ``dots``: its areas without a boundary, if it has none with one.
    ``surface``: empty if not all of the target is drawn; ``nearby``: the nearest places outside.
    ``bar`` is the length of the scale bar in the drawing's units, ``bar_says`` that on the ground.
    """

    width: int
    height: int
    target: list[Outline]
    around: list[Outline]
    dots: list[Label]
    labels: list[Label]
    bar: float
    bar_says: str
    surface: str
    nearby: Sequence[Nearby]


def draw_target(session: Session, target: Target) -> Drawing | None:
    """Draw the known boundaries of the target, else where it lies; None if neither is known."""
    atlas = current_atlas(session)
    known = [atlas.positions[area_id] for area_id in target.area_ids if area_id in atlas.positions]
    marked = [(atlas.boundaries[at], area_title(atlas.bounded[at])) for at in known[:MOST_DRAWN]]
    drawn = target.geometry()
    if drawn is not None:
        marked.append((drawn, ""))
    if not marked:
        return _draw_dots(atlas, target)
    whole = shapely.union_all([shapely.make_valid(geometry) for geometry, _title in marked])
    drawing = _draw(atlas, marked, whole)
    return drawing if len(known) <= MOST_DRAWN else replace(drawing, surface="")


def _draw_dots(atlas: Atlas, target: Target) -> Drawing | None:
    """Areas without boundaries, each as a dot where its name stands on maps."""
    places = [atlas.places[area_id] for area_id in target.area_ids if area_id in atlas.places]
    dots = [(place.label, place.name) for place in places if place.label][:MOST_DRAWN]
    if not dots:
        return None
    whole = shapely.MultiPoint([label for label, _name in dots])
    return replace(_draw(atlas, [], whole, dots), surface="")


def _draw(
    atlas: Atlas,
    marked: Sequence[tuple[Any, str]],
    whole: BaseGeometry,
    dots: Sequence[tuple[tuple[float, float], str]] = (),
) -> Drawing:
    west, south, east, north = whole.bounds
    squeeze = math.cos(math.radians((south + north) / 2))
    # A margin around the target, to show its surroundings; then as wide as the drawing is.
    air = 0.2 * max((east - west) * squeeze, north - south, 0.3 if dots else 1e-4)
    scale = min(
        (WIDTH - 2 * MARGIN) / ((east - west) * squeeze + 2 * air),
        (HEIGHT - 2 * MARGIN) / (north - south + 2 * air),
    )
    across = (WIDTH / 2 - MARGIN) / scale / squeeze
    along = (HEIGHT / 2 - MARGIN) / scale
    middle_lon, middle_lat = (west + east) / 2, (south + north) / 2
    west, east = middle_lon - across, middle_lon + across
    south, north = middle_lat - along, middle_lat + along
    window = shapely.box(west, south, east, north)

    def at(lon: float, lat: float) -> tuple[float, float]:
        return MARGIN + (lon - west) * squeeze * scale, MARGIN + (north - lat) * scale

    def outline(geometry: Any, title: str) -> Outline:
        seen = shapely.intersection(shapely.make_valid(geometry), window)
        path = "".join(
            _ring([at(lon, lat) for lon, lat in ring.coords[:-1]])
            for polygon in _polygons(shapely.simplify(seen, SMALLEST / scale))
            for ring in (polygon.exterior, *polygon.interiors)
        )
        return Outline(path, title)

    placed = [Label(*at(*label), name) for label, name in dots]
    metres = bar_metres(LONGEST_BAR * WIDTH / scale * METRES_PER_DEGREE)
    return Drawing(
        width=WIDTH,
        height=HEIGHT,
        target=[outline(geometry, title) for geometry, title in marked],
        around=[
            outline(atlas.boundaries[position], area_title(atlas.bounded[position]))
            for position in _around(atlas, window)
        ],
        dots=placed,
        labels=_labels(atlas, window, at, placed),
        bar=round(metres / METRES_PER_DEGREE * scale, 1),
        bar_says=say_length(metres),
        surface=say_surface(surface_m2(whole)),
        nearby=nearby_places(atlas, whole),
    )


def _around(atlas: Atlas, window: BaseGeometry) -> list[int]:
    """The areas that give the drawing its ground: the finest kind of which few enough are seen."""
    seen = atlas.tree.query(window, predicate="intersects").tolist()
    for kind in (AreaKind.POSTCODE, AreaKind.MUNICIPALITY, AreaKind.POLICE_DISTRICT):
        found = sorted(position for position in seen if atlas.bounded[position].kind == kind)
        if 0 < len(found) <= MOST_AROUND:
            return found
    return []


def _labels(
    atlas: Atlas,
    window: BaseGeometry,
    at: Callable[[float, float], tuple[float, float]],
    dots: Sequence[Label],
) -> list[Label]:
    """The names of towns in the window that don't run into each other, the largest first."""
    kept = list(dots)
    west, south, east, north = window.bounds
    towns = [
        (-(place.surface_m2 or 0), place.code, place.name, place.label)
        for place in atlas.of_kind(AreaKind.POSTCODE)
        if place.label and west < place.label[0] < east and south < place.label[1] < north
    ]
    right, bottom = at(east, south)
    for _size, _code, name, label in sorted(towns):
        x, y = at(*label)
        half = len(name) * LETTER / 2
        is_inside = half < x < right - half and LINE * 2 < y < bottom - LINE * 2
        is_free = all(
            abs(x - other.x) > half + len(other.text) * LETTER / 2 or abs(y - other.y) > LINE
            for other in kept
        )
        if is_inside and is_free and len(kept) < MOST_LABELS:
            kept.append(Label(round(x, 1), round(y, 1), name))
    return kept[len(dots) :]


def bar_metres(longest: float) -> float:
    """The longest round length (1, 2 or 5 and zeros) that is not above this, in metres."""
    power = 10.0 ** math.floor(math.log10(longest))
    return max(step * power for step in (1, 2, 5) if step * power <= longest)


def _polygons(geometry: Any) -> list[Polygon]:
    if isinstance(geometry, Polygon):
        return [] if geometry.is_empty else [geometry]
    if isinstance(geometry, MultiPolygon) or hasattr(geometry, "geoms"):
        return [polygon for part in geometry.geoms for polygon in _polygons(part)]
    return []


def _ring(points: Sequence[tuple[float, float]]) -> str:
    return f"M{'L'.join(f'{x:.1f} {y:.1f}' for x, y in points)}Z"
