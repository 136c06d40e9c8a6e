"""What the pages say happened did happen."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from html import unescape

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from areas.kinds import AreaKind
from areas.models import Area, AreaEdition
from database import utcnow
from subscribers import my_page_link
from subscribers.subscribing import MAX_AREAS
from tests.subscribers.factories import (
    MAIL,
    PHONE,
    code_in,
    contact_of,
    follows,
    say,
    sent_to,
)
from web.http.app import VarskoApp

pytestmark = pytest.mark.one_database

Work = Callable[[], AbstractContextManager[Session]]
FORM = {"phone": PHONE, "places": "3400", "consent": "true", "language": "da"}


@pytest.fixture
def client(town: VarskoApp) -> FlaskClient:
    return town.test_client()


@pytest.fixture
def own_page(client: FlaskClient, work: Work) -> str:
    """The own page of somebody who follows 3400."""
    say("TRYK 3400")
    with work() as session:
        contact = contact_of(session, PHONE)
        assert contact is not None
        return "/min-side/" + my_page_link.token_for(session, contact)


def add_postcodes(work: Work, count: int, first: int = 5000) -> list[str]:
    codes = [str(first + number) for number in range(count)]
    with work() as session:
        session.add_all(
            Area(kind=AreaKind.POSTCODE, code=code, name=f"By {code}", source="test")
            for code in codes
        )
        session.get_one(AreaEdition, 1).token = f"test {first} {utcnow()}"[:32]
    return codes


def is_stopped(session: Session) -> bool:
    contact = contact_of(session, PHONE)
    return contact is not None and contact.is_suppressed


def follow(client: FlaskClient, page: str, codes: list[str]) -> tuple[int, str]:
    answer = client.post(page + "/foelg", data={"places": ", ".join(codes)}, follow_redirects=True)
    return answer.status_code, unescape(answer.text)


def test_added_is_said_only_if_it_was(client: FlaskClient, work: Work, own_page: str) -> None:
    codes = add_postcodes(work, MAX_AREAS)
    assert "15 områder er tilføjet." in follow(client, own_page, codes[:15])[1]
    assert "Du følger allerede 15 områder." in follow(client, own_page, codes[:15])[1]
    status, page = follow(client, own_page, codes[15:])
    assert status == 422
    assert "Vi har ikke tilføjet noget. Du følger 16 områder" in page
    assert "er tilføjet" not in page
    with work() as session:
        assert len(follows(session, PHONE)) == 16
    assert "14 områder er tilføjet." in follow(client, own_page, codes[15:29])[1]


def test_more_places_than_one_field_takes_are_all_refused_by_number(
    client: FlaskClient, work: Work, own_page: str
) -> None:
    status, page = follow(client, own_page, add_postcodes(work, 21))
    assert status == 422
    assert "Skriv højst 20 steder ad gangen." in page
    assert "5020" in page, "what was typed is still there"


def test_a_sign_up_that_does_not_fit_says_so(
    client: FlaskClient, work: Work, own_page: str
) -> None:
    follow(client, own_page, add_postcodes(work, 20)[:20])
    follow(client, own_page, add_postcodes(work, 9, 6000))
    page = client.post("/tilmeld", data={**FORM, "places": "5008, 3480 Fredensborg"}).location
    with work() as session:
        code = code_in(sent_to(session, PHONE)[-1])
    answer = client.post(page, data={"code": code}, follow_redirects=True)
    assert "ikke alle de områder, du valgte, er kommet med" in answer.text


def test_removed_is_said_only_if_it_was(client: FlaskClient, own_page: str) -> None:
    answer = client.post(own_page + "/slip", data={"area": "999999"}, follow_redirects=True)
    assert "er fjernet" not in answer.text


@pytest.mark.parametrize("typed", ["abcdef", "12345", "1234567", "det er min kode", "١٢٣"])
def test_what_is_no_code_is_no_attempt(client: FlaskClient, work: Work, typed: str) -> None:
    page = client.post("/tilmeld", data=FORM).location
    for _time in range(6):
        answer = client.post(page, data={"code": typed})
        assert answer.status_code == 422
        assert "<title>Fejl:" in answer.text
    with work() as session:
        code = code_in(sent_to(session, PHONE)[-1])
    spaced = f" {code[:3]} {code[3:]} "
    assert client.post(page, data={"code": spaced}).status_code == 303


def test_nobody_is_told_that_a_code_was_sent(client: FlaskClient) -> None:
    pages = [client.post("/tilmeld", data=FORM).location for _time in range(4)]
    assert "kan få beskeder fra os, sender vi en kode" in client.get(pages[0]).text
    late = client.get(pages[3]).text
    assert "sender vi en kode" not in late
    assert "En kode fra en tidligere tilmelding virker ikke her" in late
    assert "Sendt til" not in late


def test_a_page_opened_again_after_the_code_ran_out_says_so(client: FlaskClient) -> None:
    page = client.post("/tilmeld", data=FORM).location
    client.get(page)
    with time_machine.travel(utcnow() + timedelta(minutes=31)):
        assert "den tid er gået" in client.get(page).text


def test_a_link_that_was_not_sent_is_not_promised(client: FlaskClient) -> None:
    answers = [
        client.post("/min-side", data={"address": PHONE}, follow_redirects=True).text
        for _time in range(4)
    ]
    assert "sender vi et link med det samme" in answers[2]
    assert "sender vi et link med det samme" not in answers[3]
    assert "Vi har ikke sendt noget nyt" in answers[3]


def test_the_mail_that_waits_is_still_shown_when_the_phone_is_confirmed(
    client: FlaskClient, work: Work
) -> None:
    page = client.post("/tilmeld", data={**FORM, "email": MAIL}).location
    with work() as session:
        code = code_in(sent_to(session, PHONE)[-1])
    own = client.post(page, data={"code": code}, follow_redirects=True).text
    assert "mangler: åbn linket i den mail" in own


def test_leaving_asks_once_and_can_be_undone(
    client: FlaskClient, work: Work, own_page: str
) -> None:
    asked = client.get(own_page + "/afmeld").text
    assert "Vil du afmelde alt?" in asked
    with work() as session:
        assert not is_stopped(session)
    left = client.post(own_page + "/afmeld")
    assert "Du er afmeldt" in client.get(left.location).text
    back = client.post(left.location, follow_redirects=True)
    assert "Du er tilmeldt igen, som før." in back.text
    with work() as session:
        assert not is_stopped(session)
        assert follows(session, PHONE) == ["3400"]


def test_it_cannot_be_undone_after_an_hour_nor_after_a_stop(
    client: FlaskClient, work: Work, own_page: str
) -> None:
    left = client.post(own_page + "/afmeld").location
    with time_machine.travel(utcnow() + timedelta(hours=2)):
        late = client.post(left)
        assert late.status_code == 410
        assert "Afmeldingen er ikke fortrudt" in late.text
        assert "<title>Fejl: " in late.text
        assert "Fortryd afmeldingen" not in client.get(left).text
    assert client.get("/afmeldt/forged").status_code == 404
    say("TRYK 3400")
    say("STOP")
    assert client.post(left).status_code == 410
    with work() as session:
        assert is_stopped(session)


@pytest.mark.parametrize("address", ["/tilmeld", "/min-side"])
def test_a_form_with_errors_says_so_in_its_title(client: FlaskClient, address: str) -> None:
    assert "<title>Fejl:" not in client.get(address).text
    assert "<title>Fejl:" in client.post(address).text
    assert "<title>Error:" in client.post("/en" + address).text


def test_the_language_switch_keeps_what_was_typed(client: FlaskClient) -> None:
    typed = {"phone": "2233", "email": "mig@", "places": "3400, Xyzzy", "only_translate": "yes"}
    page = client.post("/en/tilmeld", data=typed)
    assert page.status_code == 200
    assert "<title>Sign up" in page.text
    for value in ("2233", "mig@", "3400, Xyzzy"):
        assert f'value="{value}"' in page.text
    assert "error-summary" not in page.text
    switch = re.search(r'<button[^>]*form="kept-form"[^>]*>', page.text)
    assert switch is not None
    assert 'formaction="/tilmeld"' in switch[0]


@pytest.mark.parametrize("ending", ["foelg", "slip", "sprog"])
def test_a_link_to_where_a_form_goes_leads_to_its_page(
    client: FlaskClient, own_page: str, ending: str
) -> None:
    answer = client.get(f"/en{own_page}/{ending}")
    assert (answer.status_code, answer.location) == (303, f"/en{own_page}")
