"""A small drawing of a target, made here, so that no map service learns where an alert goes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import shapely
from shapely.geometry import MultiPolygon, Polygon
from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from areas.models import Area
from areas.targets.target import Target
from areas.titles import area_title

WIDTH = 640
HIGHEST = 420
MARGIN = 16
MOST_DRAWN = 60
SMALLEST = 0.1
"""Coordinates are rounded to this, in units of the drawing: smaller steps are invisible."""


@dataclass(frozen=True)
class Outline:
    """One shape as an SVG path, in the drawing's units."""

    path: str
    title: str


@dataclass(frozen=True)
class Drawing:
    """The target's shapes, on top of the surrounding areas."""

    width: int
    height: int
    target: list[Outline]
    around: list[Outline]


def draw_target(session: Session, target: Target) -> Drawing | None:
    """Draw the known boundaries of the target; None if none is known."""
    areas = session.scalars(
        select(Area)
        .where(Area.id.in_(target.area_ids[:MOST_DRAWN]))
        .options(undefer(Area.boundary))
    ).all()
    marked = [
        (shapely.from_wkb(area.boundary), area_title(area)) for area in areas if area.boundary
    ]
    drawn = target.geometry()
    if drawn is not None:
        marked.append((drawn, ""))
    if not marked:
        return None
    around = session.scalars(
        select(Area)
        .where(Area.id.in_([area.parent_id for area in areas if area.parent_id]))
        .options(undefer(Area.boundary))
    ).all()
    faint = [
        (shapely.from_wkb(area.boundary), area_title(area)) for area in around if area.boundary
    ]
    return _draw(marked, faint)


def _draw(marked: list[tuple[Any, str]], faint: list[tuple[Any, str]]) -> Drawing:
    west, south, east, north = shapely.total_bounds([geometry for geometry, _ in marked])
    squeeze = math.cos(math.radians((south + north) / 2))
    # A margin of a tenth around the target, to show its surroundings.
    air = 0.1 * max((east - west) * squeeze, north - south, 1e-4)
    west, east = west - air / squeeze, east + air / squeeze
    south, north = south - air, north + air
    scale = min(
        (WIDTH - 2 * MARGIN) / ((east - west) * squeeze), (HIGHEST - 2 * MARGIN) / (north - south)
    )
    window = shapely.box(west, south, east, north)

    def outline(geometry: Any, title: str) -> Outline:
        seen = shapely.intersection(shapely.make_valid(geometry), window)
        path = "".join(
            _ring(ring, west, north, squeeze * scale, scale)
            for polygon in _polygons(shapely.simplify(seen, SMALLEST / scale))
            for ring in (polygon.exterior, *polygon.interiors)
        )
        return Outline(path, title)

    return Drawing(
        width=round((east - west) * squeeze * scale) + 2 * MARGIN,
        height=round((north - south) * scale) + 2 * MARGIN,
        target=[outline(geometry, title) for geometry, title in marked],
        around=[outline(geometry, title) for geometry, title in faint],
    )


def _polygons(geometry: Any) -> list[Polygon]:
    if isinstance(geometry, Polygon):
        return [] if geometry.is_empty else [geometry]
    if isinstance(geometry, MultiPolygon) or hasattr(geometry, "geoms"):
        return [polygon for part in geometry.geoms for polygon in _polygons(part)]
    return []


def _ring(ring: Any, west: float, north: float, x_scale: float, y_scale: float) -> str:
    points = [
        f"{MARGIN + (lon - west) * x_scale:.1f} {MARGIN + (north - lat) * y_scale:.1f}"
        for lon, lat in ring.coords[:-1]
    ]
    return f"M{'L'.join(points)}Z"
