"""Counting an alert's recipients by a drawn target, against a plain search for points.

The floor represents places with a radius: one point per subscriber, an index over them, and a
polygon to compare them with. The product answers by areas: which ones the polygon touches, and
how many confirmed contacts follow them, by channel and language.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

import numpy as np
import shapely
from shapely.geometry import Polygon
from sqlalchemy import Column, Float, Index, Integer, MetaData, Table, insert, select
from sqlalchemy.orm import Session

from alerts.models import Alert
from alerts.releasing.releases import area_audience
from areas.kinds import AreaKind
from areas.models import Area
from areas.targets.target import Target as AreaTarget
from benchmarks.harness import Bench, Figure, Row, Target, Unmeasurable
from benchmarks.population import MIDDLE, STEP, Population
from benchmarks.sending import staged
from database import current_database
from dispatch import count_audience

CORNERS = 1_000
RADIUS = 5.5 * STEP
"""Degrees: about a tenth of the country."""
REPEATS = 5

POINT = Table(
    "subscriber_point",
    MetaData(),
    Column("subscriber_id", Integer, primary_key=True, autoincrement=False),
    Column("lon", Float),
    Column("lat", Float),
    Index("ix_subscriber_point_lon_lat", "lon", "lat"),
)


def measure(bench: Bench) -> Iterator[Figure]:
    """Both in turn, in this process; the median of each counts."""
    people = Population(
        phones=bench.scaled(800_000, at_least=8), mailboxes=bench.scaled(200_000, at_least=2)
    )
    drawn = draw()
    with staged(bench, people) as stage, stage.app():
        with current_database().unit_of_work() as session:
            _add_points(session, people)
        floors: list[float] = []
        products: list[float] = []
        for _ in range(REPEATS):
            began = time.perf_counter()
            inside = count_points(drawn)
            between = time.perf_counter()
            counted = count_recipients(drawn)
            floors.append(between - began)
            products.append(time.perf_counter() - between)
    if not inside or not counted:
        raise Unmeasurable("nobody lives in the polygon")
    yield Figure(
        f"{people.total:,} subscribers, {CORNERS:,} corners", "s", statistics.median(products),
        statistics.median(floors), Target(at_most=2.0),
        {"points_inside": inside, "recipients": counted, "product_first": round(products[0], 3)},
    )  # fmt: skip


def draw() -> Polygon:
    """A star-like polygon around the middle of the country."""
    angles = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)
    radii = RADIUS * (1 + 0.2 * np.sin(angles * 17))
    corners = np.column_stack([np.cos(angles), np.sin(angles)]) * radii[:, None]
    return Polygon(corners + np.array(MIDDLE))


def count_points(drawn: Polygon) -> int:
    """The floor: the points in the polygon's bounding box, then those in the polygon."""
    west, south, east, north = drawn.bounds
    with current_database().unit_of_work(writes=False) as session:
        rows = session.execute(
            select(POINT.c.lon, POINT.c.lat).where(
                POINT.c.lon.between(west, east), POINT.c.lat.between(south, north)
            )
        ).all()
    if not rows:
        return 0
    points = np.array([tuple(row) for row in rows])
    return int(shapely.contains_xy(drawn, points[:, 0], points[:, 1]).sum())


def count_recipients(drawn: Polygon) -> int:
    """The product: what the preview of an alert counts."""
    target = AreaTarget(shape=shapely.geometry.mapping(drawn))
    with current_database().unit_of_work(writes=False) as session:
        audience = area_audience(session, Alert(target=target.to_json()))
        return count_audience(session, audience).recipients


def _add_points(session: Session, people: Population) -> None:
    """A point for each subscriber, somewhere in the postcode they follow."""
    POINT.create(session.connection())
    labels = session.execute(
        select(Area.label_lon, Area.label_lat)
        .where(Area.kind == AreaKind.POSTCODE)
        .order_by(Area.id)
    ).all()
    numbers = np.arange(1, people.total + 1)
    middles = np.array([tuple(row) for row in labels])[people.postcodes_of(numbers)]
    points = middles + np.random.default_rng(3400).uniform(-STEP / 2, STEP / 2, middles.shape)
    for first in range(0, people.total, 50_000):
        part = slice(first, first + 50_000)
        rows = zip(numbers[part].tolist(), points[part].tolist(), strict=True)
        session.execute(
            insert(POINT),
            [{"subscriber_id": n, "lon": lon, "lat": lat} for n, (lon, lat) in rows],
        )


ROW = Row("preview", "Audience preview", measure)
