"""Unsubscribing by the link in an e-mail."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from database import current_database
from dispatch import Dispatcher, ensure_contact, on_suppressed
from dispatch.models import Channel, Contact, SuppressionReason
from dispatch.signed_links import Purpose, Tokens
from simulator import Simulator
from tests.dispatch.factories import MAIL, add_contacts, broadcast, mailbox, plug_everyone
from tests.settings import ENVIRONMENT
from web.http.app import VarskoApp


@pytest.fixture
def contact(app: VarskoApp) -> Contact:
    with current_database().unit_of_work() as session:
        return ensure_contact(session, Channel.EMAIL, mailbox(1))


def link(contact_id: int) -> str:
    tokens = Tokens(ENVIRONMENT["VARSKO_SECRET_KEY"])
    return f"/afmeld/{tokens.make(Purpose.UNSUBSCRIBE, contact_id)}"


def reason(contact_id: int) -> SuppressionReason | None:
    with current_database().unit_of_work(writes=False) as session:
        return session.get_one(Contact, contact_id).suppressed_reason


def test_opening_the_link_changes_nothing_and_shows_a_button(
    client: FlaskClient, contact: Contact
) -> None:
    page = client.get(link(contact.id))
    assert page.status_code == 200
    assert '<form method="post"' in page.text
    assert "Set-Cookie" not in page.headers
    assert mailbox(1) not in page.text
    assert reason(contact.id) is None


def test_the_button_unsubscribes_and_pressing_it_again_does_no_harm(
    client: FlaskClient, contact: Contact
) -> None:
    for _ in range(2):
        page = client.post(link(contact.id))
        assert page.status_code == 200
        assert "Du er afmeldt" in page.text
    assert reason(contact.id) is SuppressionReason.UNSUBSCRIBE
    assert "Du er afmeldt" in client.get(link(contact.id)).text


def test_one_click_needs_neither_cookie_nor_page(client: FlaskClient, contact: Contact) -> None:
    answer = client.post(link(contact.id), data={"List-Unsubscribe": "One-Click"})
    assert (answer.status_code, answer.text) == (200, "")
    assert reason(contact.id) is SuppressionReason.UNSUBSCRIBE


def test_the_page_speaks_english_too(client: FlaskClient, contact: Contact) -> None:
    assert "Do you want to unsubscribe?" in client.get("/en" + link(contact.id)).text


@pytest.mark.parametrize("token", ["1", "1.AAAAAAAAAAAAAAAAAAAA", "x" * 200, "1.2.3"])
def test_a_link_that_was_made_up_leads_nowhere(
    client: FlaskClient, contact: Contact, token: str
) -> None:
    assert client.get(f"/afmeld/{token}").status_code == 404
    assert client.post(f"/afmeld/{token}").status_code == 404
    assert reason(contact.id) is None


def test_the_other_rooms_are_told_once(
    app: VarskoApp, client: FlaskClient, contact: Contact
) -> None:
    told: list[int] = []
    on_suppressed(app, lambda _session, who, _why: told.append(who.id))
    client.post(link(contact.id))
    client.post(link(contact.id))
    assert told == [contact.id]


def test_the_links_in_a_mail_are_the_recipients_own_and_work(
    app_with_simulator: VarskoApp, simulator: Simulator, dispatcher: Dispatcher
) -> None:
    plug_everyone(app_with_simulator)
    ids = add_contacts([mailbox(1), mailbox(2)])
    broadcast([MAIL])
    dispatcher.drain()
    mails = [simulator.mailbox(mailbox(i)).messages[0] for i in (1, 2)]

    url = mails[0].unsubscribe_url
    assert url != mails[1].unsubscribe_url
    assert url in mails[0].text
    assert re.sub(r"\s", "", url) in mails[0].html
    path = url.removeprefix(app_with_simulator.extensions["varsko_config"].public_url)
    app_with_simulator.test_client().post(path, data={"List-Unsubscribe": "One-Click"})

    broadcast([MAIL])
    dispatcher.drain()
    assert [len(simulator.mailbox(mailbox(i)).messages) for i in (1, 2)] == [1, 2]
    assert reason(ids[0]) is SuppressionReason.UNSUBSCRIBE
