"""A citizen's own page: opened by a signed link, and by nothing else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.models import Contact
from subscribers import my_page_link
from subscribers.models import Consent, Evidence
from tests.subscribers.factories import (
    MAIL,
    PHONE,
    area,
    contact_of,
    follows,
    path_in,
    say,
    sent_to,
    subscribed,
    subscriber_of,
)
from tests.tampering import break_sealed
from web.http.app import VarskoApp

pytestmark = pytest.mark.one_database

Work = Callable[[], AbstractContextManager[Session]]


@pytest.fixture
def client(town: VarskoApp) -> FlaskClient:
    return town.test_client()


def own_page(work: Work, address: str = PHONE) -> str:
    with work() as session:
        contact = contact_of(session, address)
        assert contact is not None
        return "/min-side/" + my_page_link.token_for(session, contact)


def test_the_link_comes_to_who_asks_for_it(client: FlaskClient, work: Work) -> None:
    say("TRYK 3400")
    page = client.post("/min-side", data={"address": "22334455"})
    with work() as session:
        path = path_in(sent_to(session, PHONE)[-1])
    assert "3400 Hillerød" in client.get(path).text
    assert client.post("/min-side", data={"address": "22334466"}).text == page.text
    with work() as session:
        assert sent_to(session, "22334466") == []


def test_the_link_is_sent_three_times_an_hour_at_most(client: FlaskClient, work: Work) -> None:
    say("TRYK 3400")
    for _time in range(5):
        client.post("/min-side", data={"address": PHONE})
    with work() as session:
        assert len(sent_to(session, PHONE)) == 3


def test_who_said_stop_gets_no_link(client: FlaskClient, work: Work) -> None:
    say("TRYK 3400")
    say("STOP")
    client.post("/min-side", data={"address": PHONE})
    with work() as session:
        assert sent_to(session, PHONE) == []


def test_an_impossible_address_is_told(client: FlaskClient) -> None:
    assert client.post("/min-side", data={"address": "112"}).status_code == 422
    assert client.post("/min-side", data={}).status_code == 422


def test_areas_are_added_and_removed(client: FlaskClient, work: Work) -> None:
    say("TRYK 3400")
    page = own_page(work)
    assert client.post(page + "/foelg", data={"places": "3480, Allerød Kommune"}).status_code == 303
    with work() as session:
        assert follows(session, PHONE) == ["0201", "3400", "3480"]
        hilleroed = area(session, "3400").id
    client.post(page + "/slip", data={"area": hilleroed})
    with work() as session:
        assert follows(session, PHONE) == ["0201", "3480"]


def test_an_ambiguous_place_is_asked_back(client: FlaskClient, work: Work) -> None:
    say("TRYK 3400")
    answer = client.post(own_page(work) + "/foelg", data={"places": "Nykøbing"})
    assert answer.status_code == 422
    assert "7900 Nykøbing M" in answer.text
    with work() as session:
        assert follows(session, PHONE) == ["3400"]


def test_the_language_is_chosen(client: FlaskClient, work: Work) -> None:
    say("TRYK 3400")
    done = client.post(own_page(work) + "/sprog", data={"language": "en"})
    assert "Vi skriver nu til dig på engelsk." in client.get(done.location).text
    client.post(own_page(work) + "/sprog", data={"language": "klingon"})
    with work() as session:
        subscriber = subscriber_of(session, PHONE)
        assert subscriber is not None
        assert subscriber.language == "en"


def test_leaving_stops_every_address_and_forgets(client: FlaskClient, work: Work) -> None:
    with work() as session:
        subscribed(session, MAIL, to=subscribed(session))
    page = own_page(work)
    assert "Du er afmeldt" in client.post(page + "/afmeld", follow_redirects=True).text
    with work() as session:
        for address in (PHONE, MAIL):
            contact = contact_of(session, address)
            assert contact is not None
            assert contact.is_suppressed
            assert subscriber_of(session, address) is None
        consents = session.scalars(select(Consent)).all()
        assert [consent.withdrawn_by for consent in consents] == [Evidence.WEB_FORM] * 2
    gone = client.get(page)
    assert gone.status_code == 404
    assert 'href="/min-side">Bed om et nyt link' in gone.text


def test_the_page_shows_no_whole_address(client: FlaskClient, work: Work) -> None:
    with work() as session:
        subscribed(session, MAIL, to=subscribed(session))
    text = client.get(own_page(work)).text
    assert "nummeret, der ender på 55" in text
    assert "j•••@example.dk" in text
    assert MAIL not in text
    assert "22334455" not in text.replace(" ", "")


def test_an_address_that_cannot_be_opened_leaves_the_page_in_use(
    client: FlaskClient, work: Work
) -> None:
    with work() as session:
        subscribed(session, MAIL, to=subscribed(session))
        phone = contact_of(session, PHONE)
        assert phone is not None
        break_sealed(session, Contact.address, phone.id)
    text = client.get(own_page(work)).text
    assert "Kan ikke åbnes" in text
    assert "j•••@example.dk" in text


def test_a_link_is_good_for_thirty_days(client: FlaskClient, work: Work) -> None:
    say("TRYK 3400")
    with time_machine.travel("2026-03-01 12:00+00:00", tick=False) as clock:
        page = own_page(work)
        clock.shift(dt.timedelta(days=30))
        assert client.get(page).status_code == 200
        clock.shift(dt.timedelta(seconds=1))
        assert client.get(page).status_code == 404


@pytest.mark.parametrize("ending", ["", "/foelg", "/slip", "/sprog", "/afmeld"])
def test_an_altered_link_opens_nothing(client: FlaskClient, work: Work, ending: str) -> None:
    say("TRYK 3400")
    page = own_page(work)
    # Not the last letter: base64 leaves some of its bits unread.
    forged = page[:-5] + ("A" if page[-5] != "A" else "B") + page[-4:]
    assert client.open(forged + ending, method="POST" if ending else "GET").status_code == 404
    with work() as session:
        assert follows(session, PHONE) == ["3400"]


def test_opening_the_page_changes_nothing(client: FlaskClient, work: Work) -> None:
    say("TRYK 3400")
    page = own_page(work)
    assert client.get(page + "/afmeld").status_code == 200
    assert client.get(page + "/slip").location == page
    assert "Set-Cookie" not in client.get(page).headers
