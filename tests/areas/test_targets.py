"""Targets: what is refused and how it is said, what is touched, whose district it is."""

from __future__ import annotations

from typing import Any

import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from areas.countries import COUNTRIES
from areas.errors import TargetError
from areas.geometry import circle, distance_m, surface_m2
from areas.kinds import AreaKind
from areas.lookup import areas_at, find_area
from areas.models import Area
from areas.targets.descriptions import describe_target
from areas.targets.input import parse_target
from areas.targets.target import Target
from areas.targets.touched_areas import district_codes, is_approximate, touched_areas
from tests.areas.factories import square
from web.languages.choice import speaking

WEST, SOUTH, EAST, NORTH = COUNTRIES["dk"].box


def touched_codes(session: Session, target: Target) -> set[str]:
    """The codes of the areas that a target touches."""
    found = (session.get_one(Area, area_id) for area_id in touched_areas(session, target))
    return {area.code for area in found}


def ring(*corners: tuple[float, float]) -> dict[str, Any]:
    """A polygon of these corners, left as open as they are."""
    return {"type": "Polygon", "coordinates": [[list(corner) for corner in corners]]}


BOW_TIE = ring((12.28, 55.91), (12.3, 55.93), (12.3, 55.91), (12.28, 55.93), (12.28, 55.91))


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        (BOW_TIE, "krydser sig selv ved 12.29, 55.92. Flyt et hjørne"),
        (square(55.91, 12.28, 0.02, 0.02), "Skriv længdegrad før breddegrad"),
        (square(WEST, SOUTH, EAST - WEST, NORTH - SOUTH), "dækker hele landet"),
        (square(-180, -90, 360, 180), "dækker hele landet"),
        (square(2.3, 48.8), "ligger uden for Danmark"),
        (square(13.4, 55.5), "rører ikke noget sted på land"),
        (square(7.6, 57.5), "rører ikke noget sted på land"),
        (square(706_000, 6_200_000, 900, 900), "ikke UTM"),
        ({}, "Der er ikke tegnet noget"),
        ({"type": "Polygon", "coordinates": []}, "Der er ikke tegnet noget"),
        ({"type": "Polygon", "coordinates": [[]]}, "Der er ikke tegnet noget"),
        ({"type": "MultiPolygon", "coordinates": [[]]}, "Der er ikke tegnet noget"),
        ({"type": "Feature", "geometry": None}, "Der er ikke tegnet noget"),
        (ring((12.2, 55.9), (12.3, 55.9), (12.3, 56.0)), "ikke lukket"),
        (ring((12.2, 55.9), (12.3, 55.9), (12.2, 55.9)), "dækker ingenting"),
        (ring((12.2, 55.9), (12.3, 55.9), (12.4, 55.9), (12.2, 55.9)), "dækker ingenting"),
        ({"type": "LineString", "coordinates": [[12, 56], [12.1, 56]]}, "ikke LineString"),
        ({"type": "Polygon"}, "Der er ikke tegnet noget"),
        ({"type": "Polygon", "coordinates": [[12, 56]]}, "kan ikke læses"),
        ({"type": "Polygon", "coordinates": [[["12", "56"], [1, 2], [3, 4]]]}, "kan ikke læses"),
        ({"type": "Polygon", "coordinates": [[[12], [1, 2]]]}, "kan ikke læses"),
        ({"type": "Polygon", "coordinates": [[[float("nan"), 56]] * 4]}, "kan ikke læses"),
        ({"type": "Polygon", "coordinates": "[[12,56]]"}, "kan ikke læses"),
        (ring(*[(12.2, 55.9)] * 10_001), "10001 hjørner"),
        ("et sted", "ikke str"),
        ([], "Der er ikke tegnet noget"),
    ],
)
def test_a_shape_that_cannot_be_used_is_explained(shipped: Session, shape: Any, said: str) -> None:
    with pytest.raises(TargetError) as refused:
        parse_target(shipped, {"shape": shape})
    assert said in str(refused.value.detail)
    assert refused.value.fields["shape"] == [refused.value.detail]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({}, "ikke valgt noget område"),
        ({"centre": [12.29, 55.92], "radius_m": 0}, "mere end 0 meter"),
        ({"centre": [12.29, 55.92], "radius_m": -5}, "mere end 0 meter"),
        ({"centre": [12.29, 55.92], "radius_m": 50_001}, "højst 50 km"),
        ({"centre": [12.29, 55.92], "radius_m": float("nan")}, "mere end 0 meter"),
        ({"centre": [12.29, 55.92], "radius_m": True}, "mere end 0 meter"),
        ({"centre": [12.29, 55.92]}, "mere end 0 meter"),
        ({"radius_m": 500}, "Sæt et punkt"),
        ({"centre": [55.92, 12.29], "radius_m": 500}, "længdegrad før breddegrad"),
        ({"centre": [2.35, 48.85], "radius_m": 500}, "uden for Danmark"),
        ({"centre": [706_000, 6_200_000], "radius_m": 500}, "ikke UTM"),
        ({"centre": ["12", "55"], "radius_m": 500}, "kan ikke læses"),
        ({"centre": {"lon": 12}, "radius_m": 500}, "kan ikke læses"),
        ({"centre": [7.6, 57.9], "radius_m": 500}, "på land"),
        ({"area_ids": [999_999]}, "findes ikke: 999999"),
        ({"areas": ["postcode:9999"]}, "postcode:9999 findes ikke"),
        ({"areas": ["by:Hillerød"]}, "by:Hillerød findes ikke"),
        ({"area_ids": ["et"]}, "ikke udfyldt rigtigt"),
        ({"polygon": {}}, "ikke udfyldt rigtigt"),
    ],
)
def test_a_target_that_cannot_be_used_is_explained(
    shipped: Session, data: dict[str, Any], said: str
) -> None:
    with pytest.raises(TargetError) as refused:
        parse_target(shipped, data)
    assert said in str(refused.value.detail)


def test_the_explanation_comes_in_english_too(shipped: Session) -> None:
    with speaking("en"), pytest.raises(TargetError) as refused:
        parse_target(shipped, {"shape": BOW_TIE})
    assert "edge crosses itself at 12.29, 55.92" in str(refused.value.detail)


def test_a_target_survives_its_json(shipped: Session) -> None:
    feature = {"type": "Feature", "properties": {}, "geometry": square(12.28, 55.91, 0.02, 0.02)}
    target = parse_target(
        shipped,
        {
            "areas": ["postcode:3400", "postcode:3400"],
            "shape": feature,
            "centre": [12.3, 55.9],
            "radius_m": 800,
        },
    )
    assert Target.from_json(target.to_json()) == target
    assert target.area_ids == (find_area(shipped, AreaKind.POSTCODE, "3400").id,)


def test_a_postcode_touches_what_it_lies_in_and_what_lies_in_it(country: Session) -> None:
    postcode = find_area(country, AreaKind.POSTCODE, "2222")
    target = Target(area_ids=(postcode.id,))
    assert touched_codes(country, target) == {"2222", "0101", "0102", "1"}
    assert touched_areas(country, target)[postcode.id] == 0


def test_a_municipality_touches_postcodes_that_reach_into_it(country: Session) -> None:
    target = Target(area_ids=(find_area(country, AreaKind.MUNICIPALITY, "0201").id,))
    assert touched_codes(country, target) == {"0201", "2", "3333", "4444"}


def test_a_shape_touches_what_it_covers_and_not_a_sliver(country: Session) -> None:
    inside = Target(shape=square(12.01, 55.95, 0.03, 0.03))
    assert touched_codes(country, inside) == {"1111", "0101", "1"}
    # 12.05 is the border of 1111 and 2222: six metres over it are a matter of drawing.
    drawn_along = Target(shape=square(12.01, 55.95, 0.0401, 0.03))
    assert touched_codes(country, drawn_along) == {"1111", "0101", "1"}
    over = Target(shape=square(12.01, 55.95, 0.045, 0.03))
    assert touched_codes(country, over) == {"1111", "2222", "0101", "1"}


def test_a_large_shape_misses_no_ten_hectares(country: Session) -> None:
    # Less than 0.5 % of the shape and of either postcode, but a quarter where people live.
    wide = square(12.0, 55.9, 0.0503, 0.2)
    common = surface_m2(
        shapely.geometry.shape(wide).intersection(shapely.box(12.05, 55.9, 12.15, 56.1))
    )
    assert 100_000 < common < 0.01 * surface_m2(shapely.geometry.shape(wide))
    assert "2222" in touched_codes(country, Target(shape=wide))


def test_a_circle_touches_within_its_radius(country: Session) -> None:
    border = distance_m(12.04, 56.0, 12.05, 56.0)
    near = Target(centre=(12.04, 56.0), radius_m=border * 1.3)
    assert touched_codes(country, near) == {"1111", "2222", "0101", "1"}
    assert touched_codes(country, Target(centre=(12.04, 56.0), radius_m=border * 0.95)) == {
        "1111",
        "0101",
        "1",
    }
    assert not is_approximate(country, near)


def test_distances_go_from_the_circles_centre_to_the_labels(country: Session) -> None:
    postcode = find_area(country, AreaKind.POSTCODE, "1111")
    assert postcode.label_lon is not None
    assert postcode.label_lat is not None
    target = Target(centre=(12.04, 56.0), radius_m=100)
    expected = distance_m(12.04, 56.0, postcode.label_lon, postcode.label_lat)
    assert touched_areas(country, target)[postcode.id] == pytest.approx(expected)


def test_districts_of_a_target(country: Session) -> None:
    def of(target: Target) -> set[str]:
        return set(district_codes(country, target))

    def area(kind: AreaKind, code: str) -> Target:
        return Target(area_ids=(find_area(country, kind, code).id,))

    assert of(area(AreaKind.POLICE_DISTRICT, "2")) == {"2"}
    assert of(area(AreaKind.MUNICIPALITY, "0102")) == {"1"}
    assert of(area(AreaKind.POSTCODE, "3333")) == {"1", "2"}
    assert of(Target(shape=square(12.01, 55.95, 0.03, 0.03))) == {"1"}
    assert of(Target(shape=square(12.15, 55.95, 0.1, 0.03))) == {"1", "2"}
    assert of(Target(centre=(12.196, 56.0), radius_m=200)) == {"1"}


def test_a_corner_in_the_next_district_does_not_bind_it(country: Session) -> None:
    corner = Target(shape=square(12.1, 55.95, 0.102, 0.03))
    assert "2" in touched_codes(country, corner)
    assert district_codes(country, corner) == {"1"}


def test_without_boundaries_a_shape_reaches_too_many_rather_than_too_few(shipped: Session) -> None:
    target = parse_target(shipped, {"centre": [12.29, 55.92], "radius_m": 500})
    codes = touched_codes(shipped, target)
    assert {"3400", "0219", "9", "demo-02"} <= codes
    assert not codes & {"8000", "0751", "2", "12"}
    assert is_approximate(shipped, target)
    assert district_codes(shipped, target) == {"9"}


@pytest.mark.parametrize("code", ["3400", "1050", "9990", "3760", "6720", "8305", "5985"])
def test_without_boundaries_the_label_of_every_area_above_is_reached(
    shipped: Session, code: str
) -> None:
    postcode = find_area(shipped, AreaKind.POSTCODE, code)
    target = Target(centre=(postcode.label_lon or 0, postcode.label_lat or 0), radius_m=50)
    touched = touched_areas(shipped, target)
    above = shipped.get_one(Area, postcode.parent_id)
    assert {postcode.id, above.id, above.parent_id} <= touched.keys()


def test_targets_are_said_in_words(shipped: Session) -> None:
    def ids(*codes: tuple[AreaKind, str]) -> tuple[int, ...]:
        return tuple(find_area(shipped, kind, code).id for kind, code in codes)

    hilleroed = (AreaKind.MUNICIPALITY, "0219")
    postcodes = [(AreaKind.POSTCODE, code) for code in ("3400", "3320", "3480", "2100", "2200")]
    near = Target(centre=(12.29, 55.92), radius_m=800)
    said = {
        Target(area_ids=ids(hilleroed)): "Hillerød Kommune",
        Target(area_ids=ids(hilleroed, postcodes[0])): "Hillerød Kommune og 3400 Hillerød",
        Target(area_ids=ids(*postcodes)): (
            "3400 Hillerød, 3320 Skævinge, 3480 Fredensborg og 2 andre områder"
        ),
        near: "inden for 800 m af et punkt i 3400 Hillerød",
        Target(centre=near.centre, radius_m=1500): "inden for 1,5 km af et punkt i 3400 Hillerød",
    }
    for target, words in said.items():
        assert describe_target(shipped, target) == words
    drawn = Target(shape=square(12.28, 55.91, 0.03, 0.02))
    assert describe_target(shipped, drawn) == "et markeret område i 3400 Hillerød"
    with speaking("en"):
        assert describe_target(shipped, near) == "within 800 m of a point in 3400 Hillerød"


def test_a_point_lies_in_the_areas_around_it(country: Session) -> None:
    assert [area.code for area in areas_at(country, 12.06, 56.0)] == ["1", "0101", "2222"]
    assert areas_at(country, 11.0, 55.0) == []


places = st.tuples(st.floats(8.2, 15.1), st.floats(54.6, 57.7))


@given(places, st.floats(1, 50_000), st.floats(0, 360))
def test_a_circle_holds_its_radius_and_little_more(
    place: tuple[float, float], radius: float, bearing: float
) -> None:
    drawn = circle(*place, radius)
    lon, lat = drawn.exterior.interpolate(bearing / 360, normalized=True).coords[0]
    assert radius * 0.9999 <= distance_m(*place, lon, lat) <= radius * 1.002


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    st.lists(st.tuples(st.floats(11.9, 12.5), st.floats(55.8, 56.2)), min_size=1, max_size=9).map(
        lambda corners: ring(*corners, corners[0])
    )
)
def test_any_drawn_shape_is_taken_or_explained(shipped: Session, shape: dict[str, Any]) -> None:
    try:
        target = parse_target(shipped, {"shape": shape})
    except TargetError as refused:
        said = str(refused.detail)
    else:
        assert touched_areas(shipped, target)
        assert district_codes(shipped, target)
        said = describe_target(shipped, target)
    assert said
