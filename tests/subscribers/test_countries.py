"""People and a second country: their own is meant, the other is offered, both can be left."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from areas.importing.official import load_demo
from database import current_database
from subscribers.subscribing import followed_areas
from tests.areas.norway import import_norway
from tests.subscribers.factories import PHONE, say, subscriber_of
from web.http.app import VarskoApp

pytestmark = pytest.mark.one_database


@pytest.fixture(autouse=True)
def both(app: VarskoApp, tmp_path: Path) -> None:
    """Denmark, as shipped, and a piece of Norway."""
    with current_database().unit_of_work() as session:
        load_demo(session)
        import_norway(session, tmp_path / "no")


def followed(address: str = PHONE) -> list[tuple[str, str]]:
    """Country and code of what somebody follows."""
    with current_database().unit_of_work() as session:
        subscriber = subscriber_of(session, address)
        areas = followed_areas(session, subscriber) if subscriber else []
        return sorted((area.country, area.code) for area in areas)


@pytest.mark.parametrize("text", ["TRYK 3400", "3400", "TRYK DK-3400", "TRYK 3400, Danmark"])
def test_a_number_is_the_home_country_s(text: str) -> None:
    say(text)
    say("ja")  # A number alone is asked about.
    assert followed() == [("dk", "3400")]


@pytest.mark.parametrize(
    "text",
    ["TRYK NO-3400", "TRYK 3400 Norge", "TRYK 3400 Lier, Norge", "TRYK Norge 3400", "TRYK N-3400"],
)
def test_a_country_that_is_written_is_followed(text: str) -> None:
    answer = say(text)
    assert followed() == [("no", "3400")]
    assert "3400 Lier (Norge)" in (answer or "")


@pytest.mark.parametrize(
    ("text", "answers", "meant"),
    [
        ("TRYK 3400 Lier", "2", ("no", "3400")),
        ("TRYK 3400 Lier", "1", ("dk", "3400")),
        ("TRYK 0150", "ja", ("no", "0150")),
        ("TRYK Filtvet", "ja", ("no", "3480")),
    ],
)
def test_what_may_be_elsewhere_is_asked(text: str, answers: str, meant: tuple[str, str]) -> None:
    asked = say(text)
    assert followed() == []
    assert "Norge" in (asked or "")
    say(answers)
    assert followed() == [meant]


def test_each_of_two_with_one_number_can_be_left() -> None:
    say("TRYK 3400")
    say("TRYK NO-3400")
    assert followed() == [("dk", "3400"), ("no", "3400")]
    say("STOP NO-3400")
    assert followed() == [("dk", "3400")]
    say("TRYK NO-3400")
    say("STOP 3400")
    assert followed() == [("no", "3400")]
    say("STOP 3400")
    assert followed() == []


def test_the_form_offers_both(client: FlaskClient) -> None:
    page = client.post(
        "/tilmeld", data={"places": "3400 Lier", "phone": "22334455", "language": "da"}
    ).text
    assert "3400 Hillerød" in page
    assert "3400 Lier (Norge)" in page
    ticked = client.post(
        "/tilmeld", data={"places": "3400 Lier, Norge", "phone": "", "language": "da"}
    ).text
    assert "3400 Lier (Norge)" in ticked
    assert "3400 Hillerød" not in ticked
