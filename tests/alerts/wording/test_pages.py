"""The wording check where an officer meets it: while writing, and on the page before sending."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from alerts.releasing.publishing import publish_alert
from database import current_database, utcnow
from staff.permissions import Role
from tests.alerts.factories import NORTH, Country, make_draft, make_officer, make_reader
from tests.staff.factories import csrf_token, make_staff, sign_in, submit
from web.http.app import VarskoApp
from web.texts.filters import format_datetime_local

pytestmark = pytest.mark.one_database

DESK = "/staff/alerts"
TYPED = {
    "kind": "witness_appeal",
    "severity": "severe",
    "case_reference": "0900 10161 00018 24",
    "areas": "3400 Hillerød",
    "title_da": "Indbrud i Hillerød",
    "body_da": "Jens Nielsen blev set torsdag kl. 14.\r\nSå du en hvid varevogn?",
    "when": "now",
}


@pytest.fixture
def desk(app: VarskoApp, country: Country) -> FlaskClient:
    """A signed-in officer of the north, with a reader in the area."""
    with current_database().unit_of_work() as session:
        make_reader(session, country.p3400)
        staff = make_staff(session, [Role.OFFICER], [NORTH])
    return sign_in(app.test_client(), staff)


def live(desk: FlaskClient, language: str = "da", **changes: str) -> str:
    """What the page says about a text while it is written."""
    answer = desk.post(
        f"{DESK}/wording?language={language}",
        data={**TYPED, **changes, "csrf_token": csrf_token(desk.get(f"{DESK}/new"))},
        headers={"HX-Request": "true"},
    )
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_a_name_is_found_while_it_is_written_and_the_finding_leads_to_it(desk: FlaskClient) -> None:
    said = live(desk)
    assert "»Jens Nielsen« ligner et navn på en person." in said
    assert 'data-field="field-body_da" data-start="0" data-end="12"' in said


def test_the_name_of_a_street_of_the_gazetteer_and_a_good_text_are_left_in_peace(
    desk: FlaskClient,
) -> None:
    good = "Torsdag kl. 14 blev der brudt ind på Jens Jessens Vej. Så du en hvid varevogn?"
    assert "finding-list" not in live(desk, body_da=good)


def test_a_text_that_is_not_begun_is_not_judged(desk: FlaskClient) -> None:
    assert "finding-list" not in live(desk, body_da="")


def test_a_missing_person_may_be_named(desk: FlaskClient) -> None:
    assert "ligner et navn" not in live(desk, kind="missing_person")


@pytest.mark.parametrize("body", ["x" * 20_000, "http://[", "i aftes " * 3_000, "\x00", "🔥" * 500])
def test_any_text_gets_an_answer(desk: FlaskClient, body: str) -> None:
    live(desk, body_da=body)


def test_the_english_text_is_checked_by_the_english_rules(desk: FlaskClient) -> None:
    said = live(
        desk, "en", title_en="Robbery in Hillerød", body_en="The perpetrator ran on Friday."
    )
    assert "»perpetrator« er fagsprog." in said
    assert 'data-field="field-body_en"' in said


def test_the_check_page_says_the_same_without_javascript(desk: FlaskClient) -> None:
    saved = submit(desk, f"{DESK}/new", TYPED)
    page = desk.get(saved.location).get_data(as_text=True)
    assert "»Jens Nielsen« ligner et navn på en person." in page
    assert "/edit#field-body_da" in page


ENGLISH = {"title_en": "Burglary in Hillerød", "body_en": "Did you see a white van on Thursday?"}


def test_texts_in_each_other_s_fields_are_noticed_while_writing_and_before_sending(
    desk: FlaskClient,
) -> None:
    swapped = {
        "title_da": ENGLISH["title_en"],
        "body_da": ENGLISH["body_en"],
        "title_en": "Indbrud i Hillerød",
        "body_en": "Så du en hvid varevogn torsdag?",
    }
    assert "ser ud til at være på engelsk" in live(desk, "da", **swapped)
    assert "ser ud til at være på dansk" in live(desk, "en", **swapped)
    page = desk.get(submit(desk, f"{DESK}/new", {**TYPED, **swapped}).location).text
    assert "ser ud til at være på engelsk" in page
    assert "ser ud til at være på dansk" in page
    right = live(desk, "en", **ENGLISH)
    assert "ser ud til" not in right


def test_a_day_is_not_guessed_for_a_text_that_is_sent_on_another_day(desk: FlaskClient) -> None:
    stale = "Nygade i Hillerød spærres i aften. Så du en hvid varevogn?"
    now = live(desk, body_da=stale)
    assert "passer kun den dag" in now
    assert "Skriv for eksempel:" in now
    in_a_week = format_datetime_local(utcnow() + timedelta(days=7))
    later = {"when": "later", "send_at": in_a_week}
    said = live(desk, body_da=stale, **later)
    assert "bliver læst en anden dag" in said
    assert "Skriv for eksempel:" not in said
    page = desk.get(submit(desk, f"{DESK}/new", {**TYPED, "body_da": stale, **later}).location)
    assert "bliver læst en anden dag" in page.text
    dated = "Nygade i Hillerød spærres i aften, torsdag den 3. december. Så du noget?"
    assert "en anden dag" not in live(desk, body_da=dated, **later)
    live(desk, body_da=stale, when="later", send_at="i morgen")


def test_the_same_text_in_both_fields_is_noticed(desk: FlaskClient) -> None:
    same = {"title_en": TYPED["title_da"], "body_en": TYPED["body_da"].replace("\r\n", "\n")}
    assert "er den samme som den danske" in live(desk, "en", **same)
    assert "er den samme som den danske" not in live(desk, "en", **ENGLISH)


def test_the_texts_of_an_update_are_checked_but_need_not_tell_everything_again(
    desk: FlaskClient, app: VarskoApp, country: Country
) -> None:
    with current_database().unit_of_work() as session:
        officer = make_officer(session)
        alert = make_draft(session, country, officer)
        code = publish_alert(session, officer, alert, "the-key-of-a-test").code
    said = desk.post(
        f"{DESK}/wording?language=da&code={code}",
        data={
            "text_da": "Vi har fundet Jens Nielsen.",
            "csrf_token": csrf_token(desk.get(f"{DESK}/new")),
        },
    ).get_data(as_text=True)
    assert said.count("<li>") == 1
    assert 'data-field="field-text_da"' in said
