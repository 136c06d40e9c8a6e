"""Coordinates in any form set the circle, or are asked about; the words stay beside the point."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any

import pyproj
import pytest
from flask.testing import FlaskClient

from alerts.composing.saving import find_alert
from alerts.releasing.publishing import publish_alert
from areas.addresses.importing import import_addresses
from database import current_database
from dispatch.models import Broadcast
from staff.permissions import Role
from tests.alerts.factories import NORTH, Country, make_officer, make_reader
from tests.alerts.test_desk_loses_nothing import hidden
from tests.alerts.test_pages import DESK, TYPED
from tests.areas.addresses.factories import town, write_register
from tests.staff.factories import make_staff, sign_in
from web.http.app import VarskoApp

pytestmark = pytest.mark.one_database

NEW = f"{DESK}/new"
CIRCLE = {**TYPED, "where": "circle", "areas": "", "radius_m": "500"}
LINK = "https://www.google.com/maps"


@pytest.fixture
def desk(app: VarskoApp, country: Country, tmp_path: Path) -> FlaskClient:
    """An officer of the north, and a few addresses."""
    import_addresses(current_database(), write_register(tmp_path / "addresses.csv", town()))
    with current_database().unit_of_work() as session:
        make_reader(session, country.p3400)
        staff = make_staff(session, [Role.OFFICER], [NORTH])
    return sign_in(app.test_client(), staff)


def submit(desk: FlaskClient, page: str = "", /, **typed: str) -> Any:
    """The form with a circle, sent from the page that is shown."""
    return desk.post(NEW, data={**CIRCLE, **hidden(page or desk.get(NEW).text), **typed})


def target_of(answer: Any) -> dict[str, Any]:
    """Where the draft goes."""
    assert answer.status_code == 302, re.findall(r"form-error-message[^>]*>([^<]*)", answer.text)
    with current_database().unit_of_work(writes=False) as session:
        return dict(find_alert(session, answer.location.split("/")[-2]).target)


def proposed(page: str) -> list[str]:
    """The points to press on."""
    found = re.findall(r'name="use_point" value="([^"]*)"', page)
    return [unescape(point) for point in found]


def words(page: str) -> str:
    """What stands on a page about what was written for the point."""
    found = re.search(r'<p class="as-written">(.*?)</p>', page, re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", found[1] if found else "")).split())


@pytest.mark.parametrize(
    "typed",
    [
        {"address": "55.9279 N 12.3008 Ø"},
        {"address": "12.3008, 55.9279"},
        {"address": f"{LINK}/place/X/@55.9,12.2,17z/data=!3d55.9279!4d12.3008"},
        {"lat": "55,9279", "lon": "12,3008"},
        {"lat": "55.9279, 12.3008"},
        {"lat": "55°55'40.44\" N", "lon": "12°18'02.88\" Ø"},
    ],
)
def test_coordinates_are_understood_however_they_are_written(
    desk: FlaskClient, typed: dict[str, str]
) -> None:
    lon, lat = target_of(submit(desk, **typed))["centre"]
    assert (round(lon, 4), round(lat, 4)) == (12.3008, 55.9279)


def test_swapped_coordinates_are_an_error_that_one_press_puts_right(desk: FlaskClient) -> None:
    page = submit(desk, lat="12,3008", lon="55,9279")
    assert page.status_code == 422
    assert "Breddegrad 12,3008 og længdegrad 55,9279 ligger ikke i landet" in unescape(page.text)
    assert proposed(page.text) == ["55,9279 N, 12,3008 Ø"]
    assert "3400 Hillerød" in page.text

    saved = submit(desk, page.text, lat="12,3008", lon="55,9279", use_point=proposed(page.text)[0])
    assert target_of(saved)["centre"] == [12.3008, 55.9279]


def test_a_link_to_a_map_without_a_pin_is_asked_about(desk: FlaskClient) -> None:
    link = f"{LINK}/@55.9279,12.3008,17z"
    page = submit(desk, address=link)
    assert page.status_code == 422
    assert "ikke et bestemt punkt" in page.text
    saved = submit(desk, page.text, address=link, use_point=proposed(page.text)[0])
    assert target_of(saved)["centre"] == [12.3008, 55.9279]


def test_metres_in_two_zones_are_offered_with_their_places(desk: FlaskClient) -> None:
    to_metres = pyproj.Transformer.from_crs("OGC:CRS84", "EPSG:25833", always_xy=True)
    east, north = to_metres.transform(14.7, 55.1)
    page = submit(desk, address=f"{east:.0f} {north:.0f}")
    assert page.status_code == 422
    assert len(proposed(page.text)) == 2
    assert "UTM-zone 32" in page.text
    assert "UTM-zone 33" in page.text


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"address": "https://maps.app.goo.gl/abc"}, "address", "Et kort link siger ikke"),
        ({"lat": "55,9", "lon": "øst for byen"}, "lon", "Vi kan ikke læse »øst for byen«"),
        ({"lat": "55,9"}, "lon", "både bredde- og længdegrad"),
        ({"address": "x" * 130}, "address", "Adressen er for lang"),
        ({"address": "59.9, 10.7"}, "lat", "ligger uden for"),
    ],
)
def test_what_cannot_be_a_point_is_said_at_its_field(
    desk: FlaskClient, typed: dict[str, str], field: str, said: str
) -> None:
    page = submit(desk, **typed)
    assert page.status_code == 422
    assert f'href="#field-{field}"' in page.text
    assert said in unescape(page.text)


def test_what_was_written_stays_beside_what_it_became(desk: FlaskClient, country: Country) -> None:
    saved = submit(desk, address="slotsgade 14 st. tv, hillerød")
    became = "Skrevet: » slotsgade 14 st. tv, hillerød « Fundet: Slotsgade 14, 3400 Hillerød"
    point = "(55,9293 N, 12,3098 Ø)"
    assert words(desk.get(saved.location).text) == f"{became} {point}"
    edit = desk.get(saved.location.replace("/preview", "/edit")).text
    assert 'value="slotsgade 14 st. tv, hillerød"' in edit
    assert words(edit) == f"{became} {point}"

    code = saved.location.split("/")[-2]
    with current_database().unit_of_work() as session:
        publish_alert(session, make_officer(session), find_alert(session, code), "key-12345")
        (broadcast,) = session.query(Broadcast).all()
        assert "slotsgade" not in str(broadcast.audience_params).lower()
    assert words(desk.get(f"{DESK}/{code}").text) == f"{became} {point}"
    public = desk.get(f"/varsel/{code}").text
    assert "lotsgade 14" not in public


def test_a_draft_that_is_opened_and_saved_again_goes_to_the_same_point(desk: FlaskClient) -> None:
    for written in ("55°55'40.44\"N 12°18'02.88\"Ø", "Slotsgade 14, Hillerød"):
        saved = submit(desk, address=written)
        edit = saved.location.replace("/preview", "/edit")
        page = desk.get(edit).text
        value = re.search(r'name="address"[^>]*value="([^"]*)"', page)
        assert value is not None
        assert unescape(value[1]) == written
        again = desk.post(edit, data={**CIRCLE, **hidden(page), "address": written})
        assert target_of(again) == target_of(saved)
