"""A point as people write it is read for what it says, or asked about, and never moved."""

from __future__ import annotations

import re

import numpy as np
import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st

from areas.geometry import distance_m
from areas.targets.written_point import (
    Doubt,
    ShortLink,
    WrittenPoint,
    read_fields,
    read_point,
)

pytestmark = pytest.mark.one_database

DENMARK = [(7.5, 54.4, 15.7, 58.0)]
GOOGLE = "https://www.google.com/maps"


def read(text: str) -> list[tuple[float, float, Doubt | None]]:
    """What a text may mean: latitude, longitude, doubt."""
    return [(round(p.lat, 4), round(p.lon, 4), p.doubt) for p in read_point(text, DENMARK)]


@pytest.mark.parametrize(
    "text",
    [
        "55.9279, 12.3008",
        "55.9279,12.3008",
        "55.9279 12.3008",
        "55,9279 12,3008",
        "55,9279, 12,3008",
        "55,9279,12,3008",
        "55,9279; 12,3008",
        "(55.9279, 12.3008)",
        "[12.3008, 55.9279]",
        "12.3008, 55.9279",
        "55.9279 N 12.3008 Ø",
        "55.9279N 12.3008E",
        "N55.9279 E12.3008",
        "N 55,9279 Ø 12,3008",
        "12,3008 Ø, 55,9279 N",
        "55.9279° N, 12.3008° E",
        "55,9279 nord 12,3008 øst",
        "lat 55.9279 lon 12.3008",
        "lon=12.3008, lat=55.9279",
        "Breddegrad: 55,9279, længdegrad: 12,3008",
        "55°55'40.44\"N 12°18'02.88\"E",
        "55° 55′ 40,44″ N, 12° 18′ 2,88″ Ø",
        "55 55 40.44 N 12 18 02.88 E",
        "55° 55.674' N 12° 18.048' E",
        "N55°55.674 E012°18.048",
        "55 55.674, 12 18.048",
        "\u00a055.9279,\u00a012.3008",
        "geo:55.9279,12.3008",
        f"{GOOGLE}?q=55.9279,12.3008",
        f"{GOOGLE}/search/?api=1&query=55.9279%2C12.3008",
        f"{GOOGLE}/dir/?api=1&destination=55.9279,12.3008",
        f"{GOOGLE}/place/Slotsgade/@55.9,12.2,17z/data=!3m1!4b1!4m6!3m5!8m2!3d55.9279!4d12.3008",
        "https://maps.apple.com/?ll=55.9279,12.3008",
        "https://www.openstreetmap.org/?mlat=55.9279&mlon=12.3008#map=17/55.9/12.2",
    ],
)
def test_a_point_is_read_however_it_is_written(text: str) -> None:
    assert read(text) == [(55.9279, 12.3008, None)]


@pytest.mark.parametrize(
    "text",
    [
        "Slotsgade 14, Hillerød", "Slotsgade 14 3400", "3400", "12", "55,92",
        "H.C. Andersens Vej 7",
        "3400 Hillerød", "N 14", "Ny Østergade 12, 55", "55.92 12.30 13.1", "55°61' 12°18'",
        "55.9 N 12.3 N", "https://www.google.com/maps/place/Slotsgade", "https://[", "geo:", "",
        "6203412", "702415 702416", "1 2 3 4 5", "A55.92 B12.30", "12345678 87654321",
    ],
)  # fmt: skip
def test_what_is_no_point_is_not_taken_for_one(text: str) -> None:
    assert read_point(text, DENMARK) == []


@pytest.mark.parametrize("link", ["https://maps.app.goo.gl/abc123", "https://goo.gl/maps/x"])
def test_a_short_link_says_nothing(link: str) -> None:
    with pytest.raises(ShortLink):
        read_point(link, DENMARK)


def test_the_middle_of_a_map_need_not_be_what_is_meant() -> None:
    assert read(f"{GOOGLE}/@55.9279,12.3008,17z") == [(55.9279, 12.3008, Doubt.MIDDLE_OF_MAP)]
    assert read("https://www.openstreetmap.org/#map=17/55.9279/12.3008") == [
        (55.9279, 12.3008, Doubt.MIDDLE_OF_MAP)
    ]


@pytest.mark.parametrize("text", ["12.3008 N 55.9279 E", "lat 12.3008 lon 55.9279"])
def test_letters_that_say_something_impossible_are_asked_about(text: str) -> None:
    assert read(text) == [(55.9279, 12.3008, Doubt.SWAPPED)]


def test_a_point_in_another_country_is_what_it_says() -> None:
    assert read("59.91, 10.75") == [(59.91, 10.75, None)]
    assert read("33,9 S 18,4 Ø") == [(-33.9, 18.4, None)]
    assert read("40.7 N 74.0 W") == [(40.7, -74.0, None)]
    assert read("-33.9, 18.4") == [(-33.9, 18.4, None)]


def utm(zone: int, lon: float, lat: float) -> tuple[float, float]:
    """A point in metres, by PROJ itself."""
    to_metres = pyproj.Transformer.from_crs("OGC:CRS84", f"EPSG:258{zone}", always_xy=True)
    east, north = to_metres.transform(lon, lat)
    return east, north


@pytest.mark.parametrize(
    "text",
    ["32U {e} {n}", "{e} {n}", "{n}, {e}", "UTM32 Ø: {e} N: {n}", "EPSG:25832 {e},{n}",
     "{e} mE {n} mN zone 32", "ETRS89 / UTM 32N {e} {n}", "x={e} y={n}"],
)  # fmt: skip
def test_a_pair_of_metres_is_read_in_its_zone(text: str) -> None:
    east, north = utm(32, 12.3008, 55.9279)
    (found,) = read_point(text.format(e=f"{east:.1f}", n=f"{north:.1f}"), DENMARK)
    assert (found.doubt, found.zone) == (None, 32)
    assert distance_m(found.lon, found.lat, 12.3008, 55.9279) < 1


def test_metres_that_lie_in_the_country_in_two_zones_are_asked_about() -> None:
    east, north = utm(33, 14.7, 55.1)
    found = read_point(f"{east:.0f} {north:.0f}", DENMARK)
    assert [(point.zone, point.doubt) for point in found] == [(32, Doubt.ZONE), (33, Doubt.ZONE)]
    (said,) = read_point(f"33 {east:.0f} {north:.0f}", DENMARK)
    assert distance_m(said.lon, said.lat, 14.7, 55.1) < 2


@pytest.mark.parametrize(
    ("lat", "lon", "expected"),
    [
        ("55,9279", "12,3008", (55.9279, 12.3008, None)),
        ("55.9279 N", "12.3008 Ø", (55.9279, 12.3008, None)),
        ("55°55'40.44\"", "12°18'02.88\"", (55.9279, 12.3008, None)),
        ("55 55 40.44", "12 18 02.88", (55.9279, 12.3008, None)),
        ("55.9279, 12.3008", "", (55.9279, 12.3008, None)),
        ("", "55.9279 12.3008", (55.9279, 12.3008, None)),
        ("12.3008", "55.9279", (55.9279, 12.3008, Doubt.SWAPPED)),
        ("12.3008 Ø", "55.9279 N", (55.9279, 12.3008, Doubt.SWAPPED)),
    ],
)
def test_two_fields_are_read_as_one_point(
    lat: str, lon: str, expected: tuple[float, float, Doubt | None]
) -> None:
    found = read_fields(lat, lon, DENMARK)
    assert [(round(p.lat, 4), round(p.lon, 4), p.doubt) for p in found] == [expected]


@pytest.mark.parametrize(
    ("lat", "lon"), [("55", ""), ("nord", "12"), ("55.9", "x"), ("5 5", "1 2")]
)
def test_half_a_point_in_two_fields_is_none(lat: str, lon: str) -> None:
    assert read_fields(lat, lon, DENMARK) == []


def sexagesimal(degrees: float, parts: int) -> str:
    """Degrees as degrees and minutes, or with seconds."""
    whole, rest = divmod(degrees, 1)
    if parts == 2:
        return f"{whole:.0f}° {min(rest * 60, 59.9999):.4f}'"
    minutes, seconds = divmod(rest * 60, 1)
    return f"{whole:.0f}°{minutes:.0f}'{min(seconds * 60, 59.999):.3f}\""


@given(
    lat=st.floats(54.5, 57.9),
    lon=st.floats(7.6, 15.6),
    way=st.sampled_from(["point", "comma", "letters", "minutes", "seconds", "link", "lon first"]),
)
def test_a_point_written_in_any_way_is_read_where_it_is(lat: float, lon: float, way: str) -> None:
    written = {
        "point": f"{lat:.6f}, {lon:.6f}",
        "comma": f"{lat:.6f} {lon:.6f}".replace(".", ","),
        "letters": f"{lon:.6f} Ø {lat:.6f} N",
        "minutes": f"{sexagesimal(lat, 2)} N {sexagesimal(lon, 2)} E",
        "seconds": f"{sexagesimal(lat, 3)}N, {sexagesimal(lon, 3)}Ø",
        "link": f"{GOOGLE}/place/X/@1.0,2.0,3z/data=!3d{lat:.6f}!4d{lon:.6f}",
        "lon first": f"{lon:.6f},{lat:.6f}",
    }[way]
    (found,) = read_point(written, DENMARK)
    assert found.doubt is None
    assert distance_m(found.lon, found.lat, lon, lat) < 5


@given(
    st.text(max_size=60)
    | st.from_regex(re.compile(r"[\d ,.;°'\"NSØEVW:/?=@!-]{0,60}"), fullmatch=True)
)
def test_any_text_is_read_without_an_error(text: str) -> None:
    try:
        found = read_point(text, DENMARK)
    except ShortLink:
        return
    for point in found:
        assert isinstance(point, WrittenPoint)
        assert np.isfinite([point.lon, point.lat]).all()
