"""Beside the form stands what the server would send; nothing is claimed before it has said so."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from alerts.models import Alert
from database import current_database
from staff.permissions import Role
from tests.alerts.factories import NORTH, SOUTH, Country, make_reader
from tests.alerts.test_desk_loses_nothing import hidden
from tests.alerts.test_pages import DESK, TYPED
from tests.staff.factories import csrf_token, make_staff, sign_in, submit
from web.http.app import VarskoApp

pytestmark = pytest.mark.one_database

NEW = f"{DESK}/new"
FILLED = {**TYPED, "areas": "3400 Hillerød"}


@pytest.fixture
def desk(app: VarskoApp, country: Country) -> FlaskClient:
    """An officer of two districts."""
    with current_database().unit_of_work() as session:
        make_reader(session, country.p3400)
        staff = make_staff(session, [Role.OFFICER], [NORTH, SOUTH])
    return sign_in(app.test_client(), staff)


def live(desk: FlaskClient, **changes: str) -> str:
    """The preview of a form that is being filled in."""
    token = csrf_token(desk.get(NEW))
    answer = desk.post(
        f"{DESK}/live",
        data={**FILLED, **changes, "csrf_token": token},
        headers={"HX-Request": "true"},
    )
    assert answer.status_code == 200
    return answer.text


def bubbles(page: str) -> list[str]:
    """The texts of the SMS on a page."""
    found = re.findall(r'<div class="bubble-text">(.*?)</div>', page, re.DOTALL)
    return [unescape(re.sub(r"<[^>]*>", "", text)) for text in found]


def test_the_sms_is_the_one_that_the_check_page_shows(desk: FlaskClient) -> None:
    english = {"title_en": "Burglary in Hillerød", "body_en": "Did you see a white van?"}
    shown = bubbles(live(desk, **english))
    checked = desk.get(submit(desk, NEW, {**FILLED, **english}).location).text
    code = re.search(r"/varsel/([A-Z0-9]{6})", checked)
    assert code is not None
    assert [text.replace("XXXXXX", code[1]) for text in shown] == bubbles(checked)
    assert len(shown) == 2


def test_it_says_segments_subject_and_place(desk: FlaskClient) -> None:
    page = live(desk, body_da="Så du en hvid varevogn? " * 12)
    assert re.search(r'class="bubble-meta">3 dele', page)
    assert re.search(rf"Emne i e-mailen:.*{FILLED['title_da']}", page)
    assert "<strong>3400 Hillerød</strong>" in page
    assert 'role="img"' in page
    too_long = live(desk, body_da="Så du en hvid varevogn? " * 40)
    assert "og der må højst være 4" in too_long


def test_the_sender_is_the_district_of_the_place(desk: FlaskClient) -> None:
    assert bubbles(live(desk, areas="3400"))[0].startswith("Nordsjællands Politi: ")
    assert bubbles(live(desk, areas="4600"))[0].startswith("Midt- og Vestsjællands Politi: ")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"title_da": "", "body_da": ""}, "en vises her, når du skriver"),
        ({"kind": ""}, "Vælg en type"),
        ({"areas": ""}, "Skriv mindst ét sted"),
        ({"areas": "Ingensteder"}, "Ingensteder"),
        ({"where": "circle", "areas": ""}, "Skriv, hvor langt fra punktet"),
        ({"where": "shape", "areas": "", "shape": "{"}, "Det er ikke GeoJSON"),
        ({"case_reference": "0900"}, "Sag 0900"),
        ({"send_at": "i morgen", "severity": "x", "kind": "y"}, "Vælg en type"),
        ({"title_da": ""}, "Titlen mangler"),
    ],
)
def test_an_unfinished_form_is_shown_as_far_as_it_is(
    desk: FlaskClient, changes: dict[str, str], said: str
) -> None:
    assert said in live(desk, **changes)


@pytest.mark.parametrize(
    "changes",
    [{"body_da": "x" * 20_000}, {"body_da": "\x00🔥"}, {"areas": "3400\n" * 500},
     {"case_reference": "9" * 5_000}, {"shape": "[" * 5_000, "where": "shape", "areas": ""}],
)  # fmt: skip
def test_any_form_gets_an_answer(desk: FlaskClient, changes: dict[str, str]) -> None:
    live(desk, **changes)


def test_without_javascript_a_button_draws_it_and_stores_no_alert(desk: FlaskClient) -> None:
    page = desk.get(NEW)
    assert 'name="only_show"' in page.text
    assert bubbles(page.text) == []
    typed = {**FILLED, **hidden(page.text), "only_show": "yes", "title_da": "Helt ny titel"}
    shown = desk.post(NEW, data=typed)
    assert shown.status_code == 200
    assert "Helt ny titel" in bubbles(shown.text)[0]
    assert 'value="Helt ny titel"' in shown.text
    assert "error-summary" not in shown.text
    with current_database().unit_of_work(writes=False) as session:
        assert session.scalar(select(func.count()).select_from(Alert)) == 0


def test_a_draft_opens_with_its_preview_and_can_be_shown_again(desk: FlaskClient) -> None:
    saved = submit(desk, NEW, FILLED)
    edit = saved.location.replace("/preview", "/edit")
    page = desk.get(edit).text
    assert FILLED["title_da"] in bubbles(page)[0]
    typed = {**FILLED, **hidden(page), "only_show": "yes", "body_da": "Noget andet."}
    again = desk.post(edit, data=typed)
    assert "Noget andet." in bubbles(again.text)[0]
    assert "Noget andet." not in bubbles(desk.get(saved.location).text)[0]


def test_fields_of_which_one_is_enough_are_not_called_optional(desk: FlaskClient) -> None:
    page = desk.get(NEW).text
    marked = re.findall(r'for="field-(\w+)">[^<]*<span class="form-optional">', page)
    assert marked == ["title_en", "body_en", "expires_at"]
