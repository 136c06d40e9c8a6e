"""Nobody can find out whether a number is signed up, or has said STOP."""

from __future__ import annotations

import datetime as dt
import re
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session

from database import current_database
from dispatch.contacts import suppress_contact
from dispatch.models import SuppressionReason
from tests.subscribers.factories import code_in, contact_of, say, sent_to
from web.http.app import VarskoApp

Work = Callable[[], AbstractContextManager[Session]]

PHONES = {
    "unknown": "22330001",
    "signed up": "22330002",
    "stopped": "22330003",
    "stopped, and had its code": "22330004",
    "complained": "22330005",
}


@pytest.fixture
def client(town: VarskoApp, work: Work) -> FlaskClient:
    client = town.test_client()
    for phone in list(PHONES.values())[1:]:
        say("TRYK 3400", sender=f"+45{phone}")
    for name in ("stopped", "stopped, and had its code"):
        say("STOP", sender=f"+45{PHONES[name]}")
    with work() as session:
        contact = contact_of(session, PHONES["complained"])
        assert contact is not None
        suppress_contact(session, contact, SuppressionReason.COMPLAINT)
    return client


def sign_up(client: FlaskClient, phone: str) -> str:
    form = {"phone": phone, "places": "3400", "language": "da", "consent": "true"}
    answer = client.post("/tilmeld", data=form)
    assert answer.status_code == 303
    return answer.location


def seen(client: FlaskClient, phone: str, asked_before: int) -> list[tuple[int, str]]:
    """Everything a stranger is shown who asks for links, signs a number up and tries codes."""
    pages = [client.post("/min-side", data={"address": phone}) for _link in range(asked_before)]
    page = sign_up(client, phone)
    pages.append(client.get(page))
    for _round in range(3):
        pages += [client.post(page, data={"code": "12345x"}) for _guess in range(2)]
        pages += [client.post(page, data={"code": "000000"}) for _guess in range(2)]
        pages.append(client.post(page + "/ny"))
        pages.append(client.get(pages[-1].location))
    token = page.rsplit("/", 1)[1]
    tail = phone[-2:]

    def neutral(text: str) -> str:
        return re.sub(rf"ender på {tail}", "ender på 00", text.replace(token, "TOKEN"))

    return [(page.status_code, neutral(page.text)) for page in pages]


@pytest.mark.parametrize("asked_before", [0, 1, 2, 3, 4])
def test_a_stranger_sees_the_same_for_every_number(
    client: FlaskClient, work: Work, asked_before: int
) -> None:
    with time_machine.travel("2026-03-01 12:00+00:00", tick=False) as clock:
        sign_up(client, PHONES["stopped, and had its code"])
        sign_up(client, PHONES["unknown"])
        clock.shift(dt.timedelta(hours=2))
        shown = {name: seen(client, phone, asked_before) for name, phone in PHONES.items()}
    for name, pages in shown.items():
        assert pages == shown["unknown"], name


def statements(client: FlaskClient, url: str, form: dict[str, str]) -> list[str]:
    """The statements of the thread that answers a request."""
    engine = current_database().engine
    seen: list[str] = []

    mine = threading.get_ident()

    def note(_c: object, _k: object, statement: str, *_more: object) -> None:
        if threading.get_ident() == mine:
            seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        client.post(url, data=form)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return seen


def test_a_request_does_the_same_work_for_every_number(client: FlaskClient) -> None:
    """What differs is done after the response, so its duration tells nothing."""
    form = {"places": "3400", "language": "da", "consent": "true"}
    statements(client, "/min-side", {"address": "22339999"})
    for url, name in (("/min-side", "address"), ("/tilmeld", "phone")):
        done = {
            known: statements(client, url, {**form, name: phone}) for known, phone in PHONES.items()
        }
        for known, sql in done.items():
            assert sql == done["unknown"], (url, known)
    pages = {known: sign_up(client, phone) for known, phone in PHONES.items()}
    again = {known: statements(client, f"{page}/ny", {}) for known, page in pages.items()}
    for known, sql in again.items():
        assert sql == again["unknown"], known


def test_a_code_that_was_sent_is_good_after_one_that_was_withheld(
    client: FlaskClient, work: Work
) -> None:
    phone = PHONES["stopped"]
    page = sign_up(client, phone)
    with work() as session:
        code = code_in(sent_to(session, phone)[-1])
    client.post(page + "/ny")
    with work() as session:
        assert len([text for text in sent_to(session, phone) if "kode" in text]) == 1
    assert client.post(page, data={"code": code}).status_code == 303


def test_a_withheld_code_can_not_be_guessed_more_often(client: FlaskClient) -> None:
    """Over the limit a new request brings no new tries."""
    page = sign_up(client, PHONES["stopped"])
    for _round in range(6):
        for _guess in range(5):
            client.post(page, data={"code": "000000"})
        client.post(page + "/ny")
    assert "brugt alle forsøg" in client.post(page, data={"code": "000000"}).text


def test_links_are_counted_for_unknown_addresses_too(client: FlaskClient, work: Work) -> None:
    phone = PHONES["unknown"]
    for _link in range(3):
        client.post("/min-side", data={"address": phone})
    page = sign_up(client, phone)
    with work() as session:
        assert sent_to(session, phone) == []
    assert "Vi har ikke sendt noget nyt" in client.get(page).text


def test_a_code_that_was_not_tried_is_not_called_wrong(client: FlaskClient, work: Work) -> None:
    phone = PHONES["signed up"]
    page = sign_up(client, phone)
    with work() as session:
        code = code_in(sent_to(session, phone)[-1])
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    assert "gælder kun den nyeste" in client.post(page, data={"code": wrong}).text
    for _guess in range(4):
        client.post(page, data={"code": wrong})
    text = client.post(page, data={"code": code}).text
    assert "Koden er forkert" not in text
    assert "brugt alle forsøg, så vi prøver ikke flere koder. Bed om en ny" in text


@pytest.mark.parametrize("name", PHONES)
def test_a_page_over_the_limit_asks_for_nothing_that_can_not_be(
    client: FlaskClient, name: str
) -> None:
    for _link in range(3):
        client.post("/min-side", data={"address": PHONES[name]})
    page = sign_up(client, PHONES[name])
    shown = client.get(page).text
    assert "En kode fra en tidligere tilmelding virker ikke her. Vent en time" in shown
    assert "send TRYK og dit postnummer" in shown
    for dead_end in ("Skriv koden", "Brug den seneste kode", "Har du fået en kode"):
        assert dead_end not in shown
    tried = client.post(page, data={"code": "123456"}).text
    assert "Bed om en ny nedenfor" not in tried
    assert "vent en time" in tried
