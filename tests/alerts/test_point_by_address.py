"""The circle of an alert is set by an address; what is not certain is asked, never guessed."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from alerts.composing.saving import find_alert
from areas.addresses.importing import import_addresses
from database import current_database
from staff.permissions import Role
from tests.alerts.factories import NORTH, Country, make_reader
from tests.alerts.test_desk_loses_nothing import hidden
from tests.alerts.test_pages import DESK, TYPED
from tests.areas.addresses.factories import ODENSE, row, town, write_register
from tests.staff.factories import make_staff, sign_in
from web.http.app import VarskoApp

pytestmark = pytest.mark.one_database

NEW = f"{DESK}/new"
CIRCLE = {**TYPED, "where": "circle", "areas": "", "radius_m": "500"}


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
    kept = hidden(page or desk.get(NEW).text)
    return desk.post(NEW, data={**CIRCLE, **kept, **typed})


def centre_of(answer: Any) -> list[float]:
    """Where the circle of the draft was drawn."""
    assert answer.status_code == 302, re.findall(r"form-error-message[^>]*>([^<]*)", answer.text)
    with current_database().unit_of_work(writes=False) as session:
        target = find_alert(session, answer.location.split("/")[-2]).target
    assert target["radius_m"] == 500
    centre: list[float] = target["centre"]
    return centre


def offered(page: str) -> list[str]:
    """The addresses to choose from."""
    found = re.findall(r'type="radio"[^>]*name="meant_address" value="([^"]*)"', page)
    return [unescape(title) for title in found]


def test_an_address_is_the_middle_of_the_circle(desk: FlaskClient) -> None:
    assert centre_of(submit(desk, address="slotsgade 14 st. tv, hillerød")) == [12.3098, 55.9293]


def test_an_address_in_several_towns_is_asked_about(desk: FlaskClient) -> None:
    page = submit(desk, address="Slotsgade 16")
    assert page.status_code == 422
    assert offered(page.text) == ["Slotsgade 16, 3400 Hillerød", "Slotsgade 16, 5000 Odense C"]

    saved = submit(desk, page.text, address="Slotsgade 16", meant_address=offered(page.text)[0])
    assert centre_of(saved) == [12.3098, 55.9295]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Slotsgade 141, Hillerød", "Slotsgade 28, 3400 Hillerød"),
        ("Slotsgate 14, Hillerød", "Slotsgade 14, 3400 Hillerød"),
        ("Kirkestræde 11, Hillerød", "Kirkestræde 11, 6270 Tønder"),
        ("Slotsgade, Hillerød", "Slotsgade 14B, 3400 Hillerød"),
    ],
)
def test_what_is_not_what_was_written_is_never_taken(
    desk: FlaskClient, written: str, meant: str
) -> None:
    page = submit(desk, address=written)

    assert page.status_code == 422
    assert offered(page.text) == [meant]


def test_a_choice_for_an_address_that_was_corrected_changes_nothing(desk: FlaskClient) -> None:
    page = submit(desk, address="Slotsgade 16")

    saved = submit(
        desk, page.text, address="Nørregade 7", meant_address="Slotsgade 16, 5000 Odense C"
    )

    assert centre_of(saved) == [12.3098, 55.9286]


def test_an_address_that_nobody_knows_is_an_error(desk: FlaskClient) -> None:
    page = submit(desk, address="Ingenstedsvej 3")

    assert page.status_code == 422
    assert "Vi kender ikke adressen" in page.text
    assert 'href="#field-address"' in page.text


def test_coordinates_elsewhere_than_the_address_are_an_error(desk: FlaskClient) -> None:
    address = "Slotsgade 14, 3400 Hillerød"

    wrong = submit(desk, address=address, lat="55,5", lon="12,1")
    right = submit(desk, wrong.text, address=address, lat="55,9293", lon="12,3098")

    assert wrong.status_code == 422
    assert "to forskellige steder" in wrong.text
    assert centre_of(right) == [12.3098, 55.9293]


def test_addresses_are_suggested_while_one_is_typed(desk: FlaskClient) -> None:
    part = desk.get(f"{DESK}/addresses?address=slotsgade+16").text

    assert re.findall(r'data-address="([^"]*)" data-lat="([^"]*)" data-lon="([^"]*)"', part) == [
        ("Slotsgade 16, 3400 Hillerød", "55,9295", "12,3098"),
        ("Slotsgade 16, 5000 Odense C", "55,9295", "12,3098"),
    ]


def test_staff_find_addresses_by_the_api(desk: FlaskClient, app: VarskoApp) -> None:
    found = desk.get("/api/v1/addresses?q=slotsgade+14b+hillerød").get_json()
    nobody = app.test_client().get("/api/v1/addresses?q=slotsgade")
    too_long = desk.get("/api/v1/addresses?q=" + "a" * 121)

    (match,) = found["addresses"]
    assert (match["title"], match["exact"]) == ("Slotsgade 14B, 3400 Hillerød", True)
    assert (match["lon"], match["lat"], match["found"]) == (12.3098, 55.9293, "number")
    assert nobody.status_code == 401
    assert too_long.status_code == 422


def test_one_of_hundreds_of_towns_is_asked_for(
    desk: FlaskClient, app: VarskoApp, tmp_path: Path
) -> None:
    towns = [
        row("Skolevej", "1", {**ODENSE, "postnr": f"{5000 + at}", "postnrnavn": f"By {at}"})
        for at in range(30)
    ]
    file = write_register(tmp_path / "many.csv", towns)
    import_addresses(current_database(), file, {"all"})

    page = submit(desk, address="Skolevej 1")

    assert page.status_code == 422
    assert "Der er 30 mulige adresser" in page.text
