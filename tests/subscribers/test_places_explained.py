"""Places on citizens' pages and in SMS: in English too, and with a word why each is offered."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from areas.errors import AmbiguousArea
from areas.importing.official import load_official
from areas.models import Area
from areas.search import find_place
from areas.titles import area_title
from database import current_database
from dispatch.segments import count_segments
from subscribers import my_page_link
from subscribers.sms import replies
from subscribers.written_places import read_places
from tests.subscribers.factories import PHONE, contact_of, follows, say
from web.http.app import VarskoApp
from web.languages.choice import LANGUAGES, speaking

pytestmark = pytest.mark.one_database

Work = Callable[[], AbstractContextManager[Session]]


@pytest.fixture
def work(app: VarskoApp) -> Work:
    """A unit of work on the whole of Denmark."""
    with current_database().unit_of_work() as session:
        load_official(session)
    return current_database().unit_of_work


@pytest.fixture
def client(app: VarskoApp, work: Work) -> FlaskClient:
    return app.test_client()


def own_page(work: Work) -> str:
    """The page of the phone that wrote."""
    with work() as session:
        contact = contact_of(session, PHONE)
        assert contact is not None
        return "/min-side/" + my_page_link.token_for(session, contact)


def choices(page: str) -> dict[str, str]:
    """The areas that a page offers, each with the word why."""
    offered = re.findall(
        r'name="area".*?<label[^>]*>(.*?)</label>\s*(?:<span class="form-hint"[^>]*>(.*?)</span>)?',
        page,
        re.DOTALL,
    )
    return {html.unescape(title): html.unescape(why) for title, why in offered}


def search(client: FlaskClient, written: str, language: str = "") -> dict[str, str]:
    """What the sign-up form offers for a place."""
    page = client.post(f"{language}/tilmeld", data={"phone": "22334455", "places": written})
    assert page.status_code == 422
    return choices(page.text)


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("Copenhagen", "Copenhagen Municipality (Københavns Kommune)"),
        ("copenhagen municipality", "Copenhagen Municipality (Københavns Kommune)"),
        ("Københavns Kommune", "Copenhagen Municipality (Københavns Kommune)"),
        ("Elsinore", "Helsingør Municipality"),
        ("Funen", "Funen Police (Fyns Politi)"),
        ("North Zealand", "North Zealand Police (Nordsjællands Politi)"),
        ("Bornholm", "Bornholm Municipality (Bornholms Regionskommune)"),
    ],
)
def test_english_names_are_found_or_asked_about(
    client: FlaskClient, written: str, title: str
) -> None:
    assert title in search(client, written, "/en")


@pytest.mark.parametrize("written", ["Zealand", "Jutland"])
def test_what_is_too_wide_in_english_is_known_to_be(client: FlaskClient, written: str) -> None:
    page = client.post("/en/tilmeld", data={"phone": "22334455", "places": written})
    assert f"{written} is too large an area" in page.text


def test_no_title_is_danish_alone_where_english_has_a_name_of_its_own(work: Work) -> None:
    with work() as session, speaking("en"):
        titles = [area_title(area) for area in session.scalars(select(Area))]
    for title in titles:
        if re.search(r"Kommune|Regionskommune|Politi\b", title):
            assert re.fullmatch(r".+ (Municipality|Police) \(.+\)", title), title


def test_every_title_is_understood_where_it_is_typed_again(work: Work) -> None:
    with work() as session:
        for language in LANGUAGES:
            with speaking(language):
                wide = session.scalars(select(Area).where(Area.kind != "postcode"))
                for area in wide:
                    try:
                        found = [find_place(session, area_title(area)).area]
                    except AmbiguousArea as asked:  # there is a village of that name, too
                        found = asked.candidates[:1]
                    assert found == [area]


@pytest.mark.parametrize(
    ("written", "offered"),
    [
        (
            "Frederiksberg",
            {
                "Frederiksberg Kommune": "Samme navn (kommune)",
                "2000 Frederiksberg": "Samme navn (postnummer)",
                "4180 Sorø": "Et sted her hedder Frederiksberg",
            },
        ),
        (
            "Vesterbro",
            {
                "Københavns Kommune": "Et sted her hedder Vesterbro",
                "5000 Odense C": "Et sted her hedder Vesterbro",
                "9000 Aalborg": "Et sted her hedder Vesterbro",
            },
        ),
        (
            "Hilerød",
            {"Hillerød Kommune": "Staves næsten ens", "3400 Hillerød": "Staves næsten ens"},
        ),
        ("Østervrø", {"9750 Østervrå": "Staves næsten ens"}),
        (
            "3400 Hellerup",
            {"3400 Hillerød": "Nummeret 3400", "2900 Hellerup": "Samme navn (postnummer)"},
        ),
        ("Vestebro", {"9000 Aalborg": "Et sted her hedder Vesterbro"}),
        ("Hillerød midtby", {"Hillerød Kommune": "Navnet er en del af det, du skrev"}),
        ("Nykøbing", {"4800 Nykøbing F": "Navnet indeholder det, du skrev"}),
        ("Frederikssu", {"Frederikssund Kommune": "Navnet begynder sådan"}),
        ("9999", {"9990 Skagen": "Et af de nærmeste numre i brug"}),
    ],
)
def test_each_choice_says_why_it_is_offered(
    client: FlaskClient, written: str, offered: dict[str, str]
) -> None:
    found = search(client, written)
    assert found.items() >= offered.items()
    assert all(found.values())
    assert all(search(client, written, "/en").values())


def test_an_sms_names_the_place_that_a_choice_is_offered_for(work: Work) -> None:
    answer = say("TRYK Frederiksberg")
    assert "3: 4180 Sorø (Frederiksberg)" in str(answer)
    answer = say("TRYK Vestebro")
    assert "5000 Odense C (Vesterbro)" in str(answer)


def test_the_names_never_make_an_sms_longer_than_two_segments(work: Work) -> None:
    with work() as session:
        names = sorted({place.name for place in session.scalars(select(Area))})[::20]
        asked = read_places(session, [*names, "Amager", "Vesterbro", "Frederiksberg"]).unclear
        assert asked
        for language in LANGUAGES:
            with speaking(language):
                for place in asked:
                    assert count_segments(replies.unclear(place)).segments <= 2


def test_my_page_names_what_was_added_and_the_name_it_was_taken_from(
    client: FlaskClient, work: Work
) -> None:
    say("TRYK 3400")
    page = own_page(work)
    answer = client.post(page + "/foelg", data={"places": "Nørrebro"}, follow_redirects=True)
    assert "2200 København N (fra “Nørrebro”) er tilføjet." in answer.text
    answer = client.post(page + "/foelg", data={"places": "3480, Trøjborg"}, follow_redirects=True)
    assert "3480 Fredensborg og 8200 Aarhus N (fra “Trøjborg”) er tilføjet." in answer.text
    answer = client.post("/en" + page + "/foelg", data={"places": "3450"}, follow_redirects=True)
    assert "3450 Allerød has been added." in answer.text
    answer = client.post(page + "/foelg", data={"places": "Nørrebro"}, follow_redirects=True)
    assert "Du følger allerede 2200 København N (fra “Nørrebro”)." in answer.text


def test_my_page_names_what_was_chosen_and_what_was_removed(
    client: FlaskClient, work: Work
) -> None:
    say("TRYK 3400")
    page = own_page(work)
    with work() as session:
        odense = session.scalars(select(Area).where(Area.code == "5000")).one().id
    chosen = {"places": "Vesterbro", "area": str(odense)}
    answer = client.post(page + "/foelg", data=chosen, follow_redirects=True)
    assert "5000 Odense C (fra “Vesterbro”) er tilføjet." in answer.text
    answer = client.post(page + "/slip", data={"area": odense}, follow_redirects=True)
    assert "5000 Odense C er fjernet." in answer.text
    with work() as session:
        assert follows(session, PHONE) == ["3400"]


def test_many_areas_are_counted(client: FlaskClient, work: Work) -> None:
    say("TRYK 3400")
    many = {"places": "8000, 8200, 8210, 8220, 8230, 8240, 8250"}
    answer = client.post(own_page(work) + "/foelg", data=many, follow_redirects=True)
    assert "7 områder er tilføjet." in answer.text
