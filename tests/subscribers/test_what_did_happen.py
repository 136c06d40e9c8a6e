"""A page opened later, from the history or a bookmark, says how things are now."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from database import utcnow
from tests.subscribers.factories import MAIL, PHONE, area, code_in, path_in, say, subscribed
from tests.subscribers.test_my_page import own_page
from tests.subscribers.web_form import confirm, fill_in, last_sent
from web.http.app import VarskoApp

pytestmark = pytest.mark.one_database

Work = Callable[[], AbstractContextManager[Session]]


@pytest.fixture
def client(town: VarskoApp) -> FlaskClient:
    return town.test_client()


def test_who_came_back_is_not_told_that_they_are_unsubscribed(
    client: FlaskClient, work: Work
) -> None:
    with work() as session:
        subscribed(session, MAIL, to=subscribed(session))
    left = client.post(own_page(work) + "/afmeld").location
    assert "Du er afmeldt" in client.get(left).text
    client.post(left)
    for answer in (client.get(left), client.post(left, follow_redirects=True)):
        assert answer.status_code == 200
        assert "Du er afmeldt" not in answer.text
        assert "Du er tilmeldt igen" in answer.text
        assert "Fortryd afmeldingen" not in answer.text
    with time_machine.travel(utcnow() + timedelta(hours=3)):
        assert "You are signed up again" in client.get("/en" + left).text


def test_who_came_back_by_sms_is_told_so_too_and_not_after_another_stop(
    client: FlaskClient, work: Work
) -> None:
    say("TRYK 3400")
    left = client.post(own_page(work) + "/afmeld").location
    say("TRYK 3400")
    assert "Du er tilmeldt igen" in client.get(left).text
    say("STOP")
    page = client.get(left).text
    assert "Du er afmeldt" in page
    assert "Fortryd afmeldingen" not in page, "it would do nothing"


def test_a_welcome_is_for_those_who_get_alerts(client: FlaskClient, work: Work) -> None:
    answer = fill_in(client)
    welcome = confirm(client, answer, code_in(last_sent(work, PHONE))).location
    words = "Du får nu varsler for områderne nedenfor"
    assert words in client.get(welcome).text
    with work() as session:
        hilleroed = area(session, "3400").id
    client.post(welcome.partition("?")[0] + "/slip", data={"area": hilleroed})
    page = client.get(welcome).text
    assert words not in page
    assert "Du følger ingen områder" in page


def test_a_word_in_the_address_is_believed_for_an_hour_or_two_and_only_if_it_is_ours(
    client: FlaskClient, work: Work
) -> None:
    say("TRYK 3400")
    page = own_page(work)
    added = client.post(page + "/foelg", data={"places": "3480"}).location
    asked = client.post("/min-side", data={"address": PHONE}).location
    assert "3480 Fredensborg er tilføjet" in client.get(added).text
    assert "sender vi et link" in client.get(asked).text
    for word in ("velkommen", "fulgt", "sluppet", "fortrudt"):
        assert "Udført" not in client.get(f"{page}?besked={word}").text
    for word in ("sender", "for-mange", "\0"):
        text = client.get("/min-side", query_string={"besked": word}).text
        assert "sender vi et link" not in text
        assert "Vi har ikke sendt" not in text
    with time_machine.travel(utcnow() + timedelta(hours=2)):
        assert "3480 Fredensborg er tilføjet" not in client.get(added).text
        assert "sender vi et link" not in client.get(asked).text


def test_another_code_is_on_its_way_only_if_it_was_asked_for(client: FlaskClient) -> None:
    page = fill_in(client).location
    assert "Vi prøver igen" not in client.get(page + "?sendt=1").text
    again = client.post(page + "/ny").location
    assert "Vi prøver igen" in client.get(again).text


@pytest.mark.parametrize("with_mail", [False, True])
def test_a_confirmed_sign_up_opened_again_is_done_and_leads_on(
    client: FlaskClient, work: Work, with_mail: bool
) -> None:
    page = fill_in(client, email=MAIL if with_mail else None).location
    path = path_in(last_sent(work, MAIL)) if with_mail else ""
    client.post(page, data={"code": code_in(last_sent(work, PHONE))})
    if with_mail:
        text = client.get(page).text
        assert "Åbn linket i din e-mail" in text
        assert "Når du har bekræftet, følger du" not in text
        client.post(path)
    text = client.get(page).text
    assert "Dit telefonnummer er bekræftet" in text
    for asked in ("Når du har bekræftet", "Fik du ikke noget?", "Send igen", "Skriv koden"):
        assert asked not in text
    assert "Færdig" in text
    assert "Gå til din side" in text
    answer = client.post(page)
    assert answer.location.startswith("/min-side/")
    assert client.get(answer.location).status_code == 200


def test_a_confirmed_mail_does_not_open_the_page_to_who_typed_it(
    client: FlaskClient, work: Work
) -> None:
    page = fill_in(client, phone=None, email=MAIL).location
    client.post(path_in(last_sent(work, MAIL)))
    text = client.get(page).text
    assert "Din e-mail er bekræftet" in text
    assert "Gå til din side" not in text
    assert "/min-side" in text


def test_a_confirmed_sign_up_opened_after_unsubscribing_says_so(
    client: FlaskClient, work: Work
) -> None:
    page = fill_in(client, email=MAIL).location
    path = path_in(last_sent(work, MAIL))
    client.post(page, data={"code": code_in(last_sent(work, PHONE))})
    own = client.post(path).location.partition("?")[0]
    client.post(own + "/afmeld")
    assert "afmeldt dig siden" in client.get(page).text
    assert "er afmeldt igen siden" in client.get(path).text
    assert "Du får varsler" not in client.get(path).text
    for address in (page, path):
        assert client.post(address).location == address
