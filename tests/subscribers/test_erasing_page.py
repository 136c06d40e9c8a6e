"""Being forgotten on the web, also after STOP: by a link that only the owner gets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dispatch.contacts import note_opt_out
from dispatch.models import Contact, SuppressionReason
from subscribers.models import Consent
from tests.subscribers.factories import (
    MAIL,
    PHONE,
    contact_of,
    follows,
    path_in,
    say,
    sent_to,
    subscribed,
)
from tests.subscribers.test_my_page import own_page
from web.http.app import VarskoApp

Work = Callable[[], AbstractContextManager[Session]]


@pytest.fixture
def client(town: VarskoApp) -> FlaskClient:
    return town.test_client()


def ask(client: FlaskClient, work: Work, address: str = PHONE) -> str:
    """Ask for the link; its path."""
    assert client.post("/slet", data={"address": address}).status_code == 303
    with work() as session:
        return path_in(sent_to(session, address)[-1])


def kept(work: Work) -> tuple[int, int]:
    with work() as session:
        numbers = select(func.count()).where(Contact.address.is_not(None))
        consents = select(func.count()).select_from(Consent)
        return session.scalar(numbers) or 0, session.scalar(consents) or 0


def test_who_said_stop_is_forgotten_by_the_link(client: FlaskClient, work: Work) -> None:
    say("TRYK 3400")
    say("STOP")
    path = ask(client, work)
    page = client.get(path).text
    assert "3400 Hillerød" in page
    assert "den ender" not in page
    assert "22334455" not in page
    assert kept(work) == (1, 1), "looking deletes nothing"
    done = client.post(path, follow_redirects=True)
    assert "Det er slettet" in done.text
    assert kept(work) == (0, 0)
    with work() as session:
        contact = contact_of(session, PHONE)
        assert contact is not None
        assert contact.is_suppressed
        assert follows(session, PHONE) == []
    assert client.post(path).status_code == 303, "once more changes nothing"


def test_who_was_forgotten_long_ago_can_still_have_the_number_deleted(
    client: FlaskClient, work: Work
) -> None:
    with work() as session:
        subscribed(session, MAIL, language="en")
        contact = contact_of(session, MAIL)
        assert contact is not None
        note_opt_out(session, contact, SuppressionReason.UNSUBSCRIBE)
    path = ask(client, work, MAIL)
    client.post(path)
    assert kept(work) == (0, 0)


def test_the_page_is_the_same_for_strangers_and_they_get_nothing(
    client: FlaskClient, work: Work
) -> None:
    say("TRYK 3400")
    known = client.post("/slet", data={"address": PHONE}, follow_redirects=True)
    strange = client.post("/slet", data={"address": "22334466"}, follow_redirects=True)
    assert known.text == strange.text
    with work() as session:
        assert sent_to(session, "22334466") == []


def test_after_stop_one_link_a_day_and_none_after_a_complaint(
    client: FlaskClient, work: Work
) -> None:
    say("TRYK 3400")
    say("STOP")
    for _time in range(3):
        client.post("/slet", data={"address": PHONE})
    with work() as session:
        assert len(sent_to(session, PHONE)) == 1
        subscribed(session, MAIL)
        contact = contact_of(session, MAIL)
        assert contact is not None
        note_opt_out(session, contact, SuppressionReason.COMPLAINT)
    client.post("/slet", data={"address": MAIL})
    with work() as session:
        assert sent_to(session, MAIL) == []


def test_a_link_to_the_own_page_that_day_takes_nothing_from_the_one_to_be_forgotten(
    client: FlaskClient, work: Work
) -> None:
    say("TRYK 3400")
    client.post("/min-side", data={"address": PHONE})
    say("STOP")
    for _time in range(2):
        client.post("/slet", data={"address": PHONE})
    with work() as session:
        links = [text for text in sent_to(session, PHONE) if "/slet/" in text]
    assert len(links) == 1
    client.post(path_in(links[0]))
    assert kept(work) == (0, 0)


@pytest.mark.parametrize("address", [PHONE, "22334466"])
def test_links_of_both_kinds_are_asked_for_within_one_limit_known_or_not(
    client: FlaskClient, address: str
) -> None:
    say("TRYK 3400")
    say("STOP")
    asked = ["/min-side", "/slet", "/min-side", "/slet", "/min-side"]
    told = [
        client.post(page, data={"address": address}, follow_redirects=True).text for page in asked
    ]
    assert ["ikke sendt noget nyt" in text for text in told] == [False] * 3 + [True] * 2


def test_a_link_is_good_for_a_day_and_cannot_be_made_up(client: FlaskClient, work: Work) -> None:
    assert client.get("/slet/x").status_code == 404
    with time_machine.travel("2026-03-01 12:00+00:00", tick=False) as clock:
        say("TRYK 3400")
        path = ask(client, work)
        clock.shift(dt.timedelta(hours=25))
        assert client.get(path).status_code == 404
        assert client.post(path).status_code == 404
    assert kept(work) == (1, 1)


def test_the_other_address_stays_and_is_named(client: FlaskClient, work: Work) -> None:
    with work() as session:
        subscribed(session, MAIL, to=subscribed(session))
    path = ask(client, work)
    assert "j•••@example.dk" in client.get(path).text
    client.post(path)
    with work() as session:
        assert (follows(session, PHONE), follows(session, MAIL)) == ([], ["3400"])


def test_ones_own_page_leads_there(client: FlaskClient, work: Work) -> None:
    say("TRYK 3400")
    page = client.get(own_page(work)).text
    path = page.split('href="/slet/')[1].split('"')[0]
    client.post(f"/slet/{path}")
    assert kept(work) == (0, 0)


def test_leaving_cannot_be_undone_once_all_is_deleted(client: FlaskClient, work: Work) -> None:
    say("TRYK 3400")
    own = own_page(work)
    left = client.post(f"{own}/afmeld").location
    client.post(ask(client, work))
    assert "Fortryd" not in client.get(left).text
    assert client.post(left).status_code == 410
    assert kept(work) == (0, 0)
    with work() as session:
        assert follows(session, PHONE) == []


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_every_text_tells_the_same(client: FlaskClient, work: Work, prefix: str) -> None:
    say("TRYK 3400")
    word, days = ("DELETE", "30 days") if prefix else ("SLET", "30 dage")
    assert word in client.get(f"{prefix}/slet").text
    privacy = client.get(f"{prefix}/privatliv").text
    assert word in privacy
    assert f'href="{prefix}/slet"' in privacy
    assert days in privacy
    assert days in client.get(f"{prefix}/tilmeld").text
    assert f'href="{prefix}/slet"' in client.get(f"{prefix}/min-side").text


def test_what_is_deleted_after_leaving_is_told_as_it_is(client: FlaskClient, work: Work) -> None:
    say("TRYK 3400")
    left = client.post(f"{own_page(work)}/afmeld").location
    page = client.get(left).text
    assert "De står kun i linket til denne side" in page
    assert "gemmer vi endnu" in page
    assert "Du er afmeldt" in str(say("STATUS")), "as after STOP"
    client.post(ask(client, work))
    page = client.get(left).text
    assert "De står kun i linket til denne side" not in page
    assert "gemmer vi endnu" not in page


def test_stop_claims_no_areas_of_a_phone_that_followed_none(work: Work) -> None:
    told = str(say("STOP"))
    assert "Du er afmeldt" in told
    assert "slettes" not in told
    assert "Du er afmeldt" in str(say("STATUS"))
