"""An address that somebody else typed never gets access to what a person already follows."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.subscribers.factories import code_in, follows, path_in, say, sent_to, subscriber_of
from tests.subscribers.factories import subscribed as subscribe
from web.http.app import VarskoApp

Work = Callable[[], AbstractContextManager[Session]]

OWN_PHONE = "+4522330002"
VICTIM = "v@example.dk"
VICTIMS_PHONE = "+4522330077"


@pytest.fixture
def client(town: VarskoApp) -> FlaskClient:
    return town.test_client()


def sign_up(client: FlaskClient, places: str = "3450", **who: str) -> str:
    form = {"places": places, "language": "da", "consent": "true", **who}
    answer = client.post("/tilmeld", data=form)
    assert answer.status_code == 303
    return answer.location


class Stranger:
    """Somebody who signs up an own address together with another person's."""

    def __init__(self, client: FlaskClient, work: Work) -> None:
        self.client, self.work = client, work
        self.page = sign_up(client, phone=OWN_PHONE, email=VICTIM)
        with work() as session:
            self.code = code_in(sent_to(session, OWN_PHONE)[-1])
            self.link = path_in(sent_to(session, VICTIM)[-1])

    def confirm_the_phone(self) -> str:
        return self.client.post(self.page, data={"code": self.code}).location

    def let_the_victim_press(self) -> None:
        assert self.client.post(self.link).status_code == 303


@pytest.mark.parametrize("first", ["stranger", "victim"])
def test_who_already_follows_something_is_not_joined_to_the_number_beside(
    client: FlaskClient, work: Work, first: str
) -> None:
    with work() as session:
        subscribe(session, VICTIM, ("3400",))
    stranger = Stranger(client, work)
    if first == "stranger":
        page = stranger.confirm_the_phone()
        stranger.let_the_victim_press()
    else:
        stranger.let_the_victim_press()
        page = stranger.confirm_the_phone()
    with work() as session:
        assert follows(session, OWN_PHONE) == ["3450"]
        assert follows(session, VICTIM) == ["3400", "3450"]
    shown = client.get(page).text
    assert "3400" not in shown
    own = page.partition("?")[0]
    client.post(f"{own}/afmeld")
    with work() as session:
        assert follows(session, VICTIM) == ["3400", "3450"]


@pytest.mark.parametrize("first", ["stranger", "victim"])
def test_nor_who_signed_up_between(client: FlaskClient, work: Work, first: str) -> None:
    stranger = Stranger(client, work)
    sign_up(client, places="3400", email=VICTIM)
    with work() as session:
        own_link = path_in(sent_to(session, VICTIM)[-1])
    client.post(own_link)
    if first == "stranger":
        stranger.confirm_the_phone()
        stranger.let_the_victim_press()
    else:
        stranger.let_the_victim_press()
        stranger.confirm_the_phone()
    with work() as session:
        assert subscriber_of(session, OWN_PHONE) is not subscriber_of(session, VICTIM)
        assert follows(session, OWN_PHONE) == ["3450"]


def test_a_number_that_follows_something_is_not_joined_to_the_mail_beside(
    client: FlaskClient, work: Work
) -> None:
    say("TRYK 3400", sender=VICTIMS_PHONE)
    page = sign_up(client, phone=VICTIMS_PHONE, email="stranger@example.dk")
    with work() as session:
        code = code_in(sent_to(session, VICTIMS_PHONE)[-1])
        link = path_in(sent_to(session, "stranger@example.dk")[-1])
    client.post(page, data={"code": code})
    own = client.post(link).location
    assert "3400" not in client.get(own).text
    with work() as session:
        assert follows(session, VICTIMS_PHONE) == ["3400", "3450"]
        assert follows(session, "stranger@example.dk") == ["3450"]


@pytest.mark.parametrize("is_known", [False, True])
def test_who_is_asked_to_join_is_told_whom_before_the_button(
    client: FlaskClient, work: Work, is_known: bool
) -> None:
    """In the same words whether the other one is known or not."""
    if is_known:
        say("TRYK 3400", sender=OWN_PHONE)
    stranger = Stranger(client, work)
    told = "Tilmeldingen gælder også nummeret, der ender på 02"
    with work() as session:
        assert told in sent_to(session, VICTIM)[-1]
    page = client.get(stranger.link).text
    assert told in page
    assert page.index(told) < page.index("Ja, send mig varsler")
    shown = client.get(stranger.page).text
    also = "Tilmeldingen gælder også v•••@example.dk"
    assert shown.index(also) < shown.index('name="code"')


def test_an_address_alone_hears_of_no_other(client: FlaskClient, work: Work) -> None:
    sign_up(client, email=VICTIM)
    with work() as session:
        mail = sent_to(session, VICTIM)[-1]
    assert "gælder også" not in mail
    assert "gælder også" not in client.get(path_in(mail)).text
