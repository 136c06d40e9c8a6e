"""A place that is not certain is asked back as a choice, on the page and without a script."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask.testing import FlaskClient

from alerts.composing.saving import find_alert
from database import current_database
from staff.permissions import Role
from tests.alerts.factories import NORTH, Country, make_reader
from tests.alerts.test_desk_loses_nothing import hidden
from tests.alerts.test_pages import DESK, TYPED
from tests.staff.factories import make_staff, sign_in
from web.http.app import VarskoApp

pytestmark = pytest.mark.one_database

NEW = f"{DESK}/new"


@pytest.fixture
def desk(app: VarskoApp, country: Country) -> FlaskClient:
    """An officer of the north."""
    with current_database().unit_of_work() as session:
        make_reader(session, country.p3400)
        staff = make_staff(session, [Role.OFFICER], [NORTH])
    return sign_in(app.test_client(), staff)


def asked(page: str) -> dict[str, list[str]]:
    """What is asked, by the name of the choice: the titles to choose from."""
    found: dict[str, list[str]] = {}
    for name, title in re.findall(r'type="radio"[^>]*name="(meant_\d+)" value="([^"]*)"', page):
        found.setdefault(name, []).append(unescape(title))
    return found


def written_areas(page: str) -> str:
    """What the field holds."""
    found = re.search(r'<textarea[^>]*name="areas"[^>]*>(.*?)</textarea>', page, re.S)
    assert found
    return unescape(found[1]).strip()


def test_all_unclear_places_are_settled_by_choices_at_once(
    desk: FlaskClient, country: Country
) -> None:
    typed = {**TYPED, "areas": "Hillerød\n4600, Fredensbrog"}
    page = desk.post(NEW, data={**typed, **hidden(desk.get(NEW).text)})
    assert page.status_code == 422
    assert asked(page.text) == {
        "meant_0": ["Hillerød Kommune", "3400 Hillerød"],
        "meant_1": ["3480 Fredensborg"],
    }
    assert "Hvilket sted mener du med »Hillerød«?" in page.text
    assert len(set(re.findall(r'id="field-(?:meant_[^"]*)-hint">([^<]+)', page.text))) == 3
    links = re.findall(r'href="#field-([\w-]+)"', page.text)
    assert links == ["meant_0", "meant_1"]
    assert all(f'id="field-{link}"' in page.text for link in links)

    one = desk.post(NEW, data={**typed, **hidden(page.text), "meant_0": "3400 Hillerød"})
    assert one.status_code == 422
    assert asked(one.text) == {"meant_0": ["3480 Fredensborg"]}
    assert written_areas(one.text) == "3400 Hillerød\n4600\nFredensbrog"

    typed["areas"] = written_areas(one.text).replace("4600\n", "")
    saved = desk.post(NEW, data={**typed, **hidden(one.text), "meant_0": "3480 Fredensborg"})
    assert saved.status_code == 302
    with current_database().unit_of_work(writes=False) as session:
        target = find_alert(session, saved.location.split("/")[-2]).target
    assert set(target["area_ids"]) == {country.p3400, country.p3480}


def test_a_choice_for_what_was_corrected_by_hand_changes_nothing(desk: FlaskClient) -> None:
    typed = {**TYPED, "areas": "Hillerød"}
    page = desk.post(NEW, data={**typed, **hidden(desk.get(NEW).text)})
    fields = {**typed, **hidden(page.text), "meant_0": "Hillerød Kommune", "areas": "3480"}
    saved = desk.post(NEW, data=fields)
    assert saved.status_code == 302
    shown = desk.get(saved.location).text
    assert "3480 Fredensborg" in shown
    assert "Hillerød Kommune" not in shown


def test_a_choice_outlives_the_session(desk: FlaskClient) -> None:
    typed = {**TYPED, "areas": "Hillerød"}
    page = desk.post(NEW, data={**typed, **hidden(desk.get(NEW).text)})
    form = {**typed, **hidden(page.text), "meant_0": "3400 Hillerød"}
    assert desk.post(NEW, data={**form, "only_keep": "1"}).status_code == 200
    again = desk.get(f"{NEW}?unsent={form['form_id']}").text
    assert written_areas(again) == "3400 Hillerød"


@pytest.mark.parametrize("title", ["", "<b>", "Atlantis", "x" * 2000])
def test_a_choice_that_was_not_offered_is_no_answer(desk: FlaskClient, title: str) -> None:
    typed = {**TYPED, "areas": "Hillerød", "unclear_0": "Hillerød", "meant_0": title}
    page = desk.post(NEW, data={**typed, "csrf_token": hidden(desk.get(NEW).text)["csrf_token"]})
    assert page.status_code == 422
    assert "<b>" not in page.text
