"""A drawing of a target says what it is, where, how large and how far away from what."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from alerts.composing.map_words import bearing, direction, say_surface
from alerts.composing.maps import LONGEST_BAR, WIDTH, bar_metres, draw_target
from areas.atlas import renew_edition
from areas.geometry import distance_m
from areas.models import Area
from areas.targets.target import Target
from tests.alerts.factories import Country

pytestmark = pytest.mark.one_database


def test_an_area_is_measured_and_its_neighbours_are_named(
    session: Session, country: Country
) -> None:
    drawn = draw_target(session, Target(area_ids=(country.p3400,)))
    assert drawn is not None
    assert drawn.surface == "139 km²"
    assert [place.words for place in drawn.nearby] == [
        "3480 Fredensborg (8,3 km mod syd)",
        "4600 Køge (50 km mod syd)",
    ]
    assert drawn.dots == []
    assert "Hillerød" in [label.text for label in drawn.labels]


def test_a_circle_is_drawn_in_the_areas_around_it_and_names_the_next_towns(
    session: Session, country: Country
) -> None:
    drawn = draw_target(session, Target(centre=(12.3, 55.905), radius_m=800))
    assert drawn is not None
    assert drawn.surface == "2,02 km²"
    assert {outline.title for outline in drawn.around} == {"3400 Hillerød", "3480 Fredensborg"}
    assert [place.place.code for place in drawn.nearby] == ["3480", "4600"]


def test_areas_without_boundaries_are_dots_that_claim_no_size(
    session: Session, country: Country
) -> None:
    for area in session.query(Area):
        area.boundary = None
    session.flush()
    renew_edition(session)
    drawn = draw_target(session, Target(area_ids=(country.p3400,)))
    assert drawn is not None
    assert [dot.text for dot in drawn.dots] == ["Hillerød"]
    assert (drawn.target, drawn.surface) == ([], "")
    assert drawn.nearby[0].place.code == "3480"


def test_the_bar_is_as_long_as_it_says(session: Session, country: Country) -> None:
    drawn = draw_target(session, Target(centre=(12.3, 55.93), radius_m=1_000))
    assert drawn is not None
    assert drawn.bar_says == "1 km"
    xs = [float(pair.split()[0]) for pair in drawn.target[0].path[1:-1].split("L")]
    assert (max(xs) - min(xs)) / drawn.bar == pytest.approx(2, rel=0.01)


@given(st.floats(0.5, 5e6))
def test_the_bar_is_round_and_the_longest_that_fits(longest: float) -> None:
    metres = bar_metres(longest)
    assert longest / 2.5 < metres <= longest
    assert f"{metres:.0e}"[0] in "125"
    assert LONGEST_BAR * WIDTH > 0


@given(st.floats(7, 16), st.floats(54, 58), st.floats(0, 359.9), st.floats(500, 90_000))
def test_a_direction_is_the_one_to_go_in(lon: float, lat: float, way: float, metres: float) -> None:
    east, north = math.sin(math.radians(way)), math.cos(math.radians(way))
    end = (
        lon + metres * east / 111_195 / math.cos(math.radians(lat)),
        lat + metres * north / 111_195,
    )
    off = abs(bearing((lon, lat), end) - way) % 360
    assert min(off, 360 - off) < 2
    assert distance_m(lon, lat, *end) == pytest.approx(metres, rel=0.03)


@pytest.mark.parametrize(
    ("degrees", "name"), [(0, "nord"), (44, "nordøst"), (90, "øst"), (200, "syd"), (359, "nord")]
)
def test_directions_have_names(session: Session, degrees: float, name: str) -> None:
    assert direction(degrees) == name


@pytest.mark.parametrize(
    ("square_metres", "said"),
    [(7_854, "7.850 m²"), (314.2, "314 m²"), (2_010_619, "2,01 km²"), (139_432_100, "139 km²"),
     (3_141_592_653, "3.140 km²"), (0, "0 m²")],
)  # fmt: skip
def test_surfaces_are_said_with_three_digits(
    session: Session, square_metres: float, said: str
) -> None:
    assert say_surface(square_metres) == said
