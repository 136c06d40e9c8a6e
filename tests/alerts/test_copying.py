"""A new alert with the text of an earlier one: what is taken over, what is asked, what is saved."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from alerts.composing.saving import find_alert
from alerts.draft import AlertDraft, Wording
from alerts.models import Alert, Severity
from alerts.releasing.steering import stop_alert
from alerts.releasing.withdrawing import withdraw_alert
from audit.models import AuditEntry
from cases.models import Case
from cases.opening import close_case
from database import current_database, utcnow
from staff.permissions import Role
from tests.alerts.factories import (
    CASE,
    NORTH,
    SOUTH,
    Country,
    make_draft,
    make_officer,
    make_reader,
)
from tests.alerts.test_pages import DESK, published
from tests.staff.factories import make_staff, sign_in, submit
from web.http.app import VarskoApp

pytestmark = pytest.mark.one_database

TEXTS = {"da": Wording("Indbrud på Søvej", "Så du noget?"), "en": Wording("Burglary", "Seen it?")}


@pytest.fixture
def desk(app: VarskoApp, country: Country) -> FlaskClient:
    """A signed-in officer of the north, with a reader in the area."""
    with current_database().unit_of_work() as session:
        make_reader(session, country.p3400)
        staff = make_staff(session, [Role.OFFICER], [NORTH])
    return sign_in(app.test_client(), staff)


def values(page: str) -> dict[str, str]:
    """What the fields of the compose form hold, as a browser would send them."""
    form = page[page.rindex("data-kept>") :]
    found = dict(re.findall(r'<input[^>]* name="(\w+)" type="[\w-]+" value="([^"]*)"', form))
    # A browser drops the line break that a text area begins with.
    found |= dict(re.findall(r'<textarea[^>]* name="(\w+)"[^>]*>\n?([^<]*)</textarea>', form))
    found |= dict(re.findall(r'type="radio" id="[^"]*" name="(\w+)" value="(\w+)" checked', form))
    for name in ("kind", "severity"):
        select_box = form[form.index(f'name="{name}"') :].partition("</select>")[0]
        chosen = re.search(r'value="(\w+)" selected', select_box)
        found[name] = chosen.group(1) if chosen else ""
    return found


def count_alerts() -> int:
    """How many alerts are stored."""
    with current_database().unit_of_work(writes=False) as session:
        return session.scalar(select(func.count()).select_from(Alert)) or 0


def test_the_form_opens_with_texts_place_kind_and_severity_and_nothing_is_made(
    desk: FlaskClient, country: Country
) -> None:
    later = utcnow() + timedelta(days=2)
    code = published(country, texts=TEXTS, severity=Severity.SEVERE, expires_at=later)
    assert f'href="{DESK}/{code}/copy"' in desk.get(f"{DESK}/{code}").text
    before = count_alerts()
    page = desk.get(f"{DESK}/{code}/copy").text
    held = values(page)
    assert held["kind"] == "witness_appeal"
    assert held["severity"] == "severe"
    assert (held["title_da"], held["body_da"]) == ("Indbrud på Søvej", "Så du noget?")
    assert (held["title_en"], held["body_en"]) == ("Burglary", "Seen it?")
    assert (held["where"], held["areas"]) == ("areas", "3400 Hillerød")
    assert held["case_reference"] == held["send_at"] == held["expires_at"] == ""
    assert held["when"] == "now"
    assert f'href="{DESK}/{code}"' in page
    assert "Intet er gemt" in page
    assert count_alerts() == before


def test_saved_it_is_a_draft_of_its_own_and_the_trail_says_from_which(
    desk: FlaskClient, country: Country
) -> None:
    code = published(country, texts=TEXTS)
    address = f"{DESK}/{code}/copy"
    fields = {**values(desk.get(address).text), "case_reference": "0900-10161-00019-24"}
    saved = submit(desk, address, fields)
    assert saved.status_code == 302, saved.text
    made = saved.location.split("/")[-2]
    with current_database().unit_of_work(writes=False) as session:
        first, second = (AlertDraft.of(find_alert(session, each)) for each in (code, made))
        assert made != code
        assert second.texts == first.texts
        assert second.target == first.target
        assert second.expires_at is None
        entry = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "alert.drafted")
        ).all()[-1]
        assert entry.detail["copied_from"] == code


def test_a_mistake_keeps_the_words_and_still_says_where_they_are_from(
    desk: FlaskClient, country: Country
) -> None:
    code = published(country)
    address = f"{DESK}/{code}/copy"
    wrong = submit(desk, address, {**values(desk.get(address).text), "body_da": "Ny tekst"})
    assert wrong.status_code == 422
    assert values(wrong.text)["body_da"] == "Ny tekst"
    assert f'href="{DESK}/{code}"' in wrong.text
    assert 'href="#field-case_reference"' in wrong.text


def test_the_number_of_an_open_case_of_ones_own_is_asked_about(
    desk: FlaskClient, country: Country
) -> None:
    code = published(country)
    page = desk.get(f"{DESK}/{code}/copy").text
    assert "Hører det til samme sag?" in page
    assert f'<option value="{CASE}">' in page
    assert values(page)["case_reference"] == ""
    with current_database().unit_of_work() as session:
        reader = make_officer(session, roles=[Role.INVESTIGATOR])
        close_case(session, reader, session.scalars(select(Case.id)).one())
    page = desk.get(f"{DESK}/{code}/copy").text
    assert "Hører det til samme sag?" not in page
    assert f'value="{CASE}"' not in page


def test_another_districts_case_is_not_offered(app: VarskoApp, country: Country) -> None:
    code = published(country)
    with current_database().unit_of_work() as session:
        staff = make_staff(session, [Role.OFFICER], [SOUTH])
    page = sign_in(app.test_client(), staff).get(f"{DESK}/{code}/copy").text
    assert values(page)["title_da"] == "Indbrud på Søvej"
    assert f'value="{CASE}"' not in page


def test_a_draft_can_be_copied_by_those_who_may_read_it_only(
    app: VarskoApp, desk: FlaskClient, country: Country
) -> None:
    with current_database().unit_of_work() as session:
        code = make_draft(session, country, make_officer(session)).code
        strangers = make_staff(session, [Role.OFFICER], [SOUTH])
        reader = make_staff(session, [Role.INVESTIGATOR], [NORTH])
    assert f'href="{DESK}/{code}/copy"' in desk.get(f"{DESK}/{code}/preview").text
    assert desk.get(f"{DESK}/{code}/copy").status_code == 200
    assert sign_in(app.test_client(), strangers).get(f"{DESK}/{code}/copy").status_code == 404
    investigator = sign_in(app.test_client(), reader)
    assert f"{DESK}/{code}/copy" not in investigator.get(f"{DESK}/{code}/preview").text
    assert investigator.get(f"{DESK}/{code}/copy").status_code == 403


def test_a_circle_comes_along(desk: FlaskClient, country: Country) -> None:
    circle = {"centre": [12.3, 55.95], "radius_m": 1500}
    code = published(country, target=circle)
    held = values(desk.get(f"{DESK}/{code}/copy").text)
    assert (held["where"], held["lat"], held["lon"], held["radius_m"]) == (
        "circle", "55,95", "12,3", "1500"
    )  # fmt: skip


def test_who_was_left_out_stays_left_out(desk: FlaskClient, country: Country) -> None:
    circle = {"centre": [12.3, 55.9005], "radius_m": 1500.0, "left_out_ids": [country.p3480]}
    code = published(country, target=circle)
    address = f"{DESK}/{code}/copy"
    fields = {**values(desk.get(address).text), "case_reference": CASE}
    same = submit(desk, address, fields)
    other = submit(desk, address, {**fields, "radius_m": "1400"})
    with current_database().unit_of_work(writes=False) as session:
        same_code, other_code = (made.location.split("/")[-2] for made in (same, other))
        assert find_alert(session, same_code).target == circle
        assert "left_out_ids" not in find_alert(session, other_code).target
    assert "Ingen er udeladt mere" in desk.get(other.location).text
    assert "Ingen er udeladt mere" not in desk.get(same.location).text


def test_what_was_withdrawn_is_said_to_be_wrong(desk: FlaskClient, country: Country) -> None:
    code = published(country)
    assert "trukket tilbage" not in desk.get(f"{DESK}/{code}/copy").text
    with current_database().unit_of_work() as session:
        alert = find_alert(session, code)
        stop_alert(session, make_officer(session), alert)
        withdraw_alert(session, make_officer(session), alert, {"da": "Det var forkert."}, "key-w-1")
    page = desk.get(f"{DESK}/{code}/copy").text
    assert "Det er trukket tilbage" in page
    assert values(page)["title_da"] == "Indbrud på Søvej"
