"""Links that are given away tell nothing of ids, so nobody can count subscribers or messages."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from itertools import pairwise

import pytest
from sqlalchemy.orm import Session

from dispatch.contacts import ensure_contact
from dispatch.models import Channel
from dispatch.signed_links import Tokens, bounce_address, receipt_url, unsubscribe_url
from tests.settings import make_config
from tests.subscribers.factories import path_in, say, sent_to
from web.http.app import VarskoApp

pytestmark = pytest.mark.one_database

Work = Callable[[], AbstractContextManager[Session]]


def readings(token: str) -> Iterator[bytes]:
    """What a token says as it is, and its parts decoded."""
    yield token.encode()
    for part in re.split(r"[^A-Za-z0-9_-]", token):
        yield base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def says(token: str, number: int) -> bool:
    own, wide = str(number).encode(), number.to_bytes(8)
    return any(own in reading or wide in reading for reading in readings(token))


def test_a_link_to_one_s_page_holds_no_id(town: VarskoApp, work: Work) -> None:
    client = town.test_client()
    phones = [f"+4522330{number:03}" for number in range(3)]
    for phone in phones:
        say("TRYK 3400", sender=phone)
        client.post("/min-side", data={"address": phone})
    with work() as session:
        links = [path_in(sent_to(session, phone)[-1]) for phone in phones]
    tokens = [link.rsplit("/", 1)[1] for link in links]
    assert len({len(token) for token in tokens}) == 1
    for first, second in pairwise(tokens):
        alike = sum(a == b for a, b in zip(first, second, strict=True))
        assert alike < len(first) / 3
    altered = links[0][:-4] + ("AAAA" if links[0][-4:] != "AAAA" else "BBBB")
    assert client.get(links[0]).status_code == 200
    assert client.get(altered).status_code == 404
    left = client.post(f"{links[0]}/afmeld").location
    assert b"3400" not in b"".join(readings(left.rsplit("/", 1)[1]))
    assert client.get(left).status_code == 200
    assert client.get(left[:-4] + "AAAA").status_code == 404


def test_links_and_addresses_of_messages_hold_no_id(town: VarskoApp, work: Work) -> None:
    config = make_config(mail_bounce_domain="bounce.example.dk")
    tokens = Tokens(config.secret_key)
    number = 987_654_321
    for made in (
        unsubscribe_url(config, tokens, number).rsplit("/", 1)[1],
        receipt_url(config, tokens, "twilio", number, 1).rsplit("/", 1)[1],
    ):
        assert not says(made, number)
    assert str(number) not in bounce_address(config, tokens, number, 1)


def test_an_unsubscribe_link_is_good_for_its_contact_only(town: VarskoApp, work: Work) -> None:
    with work() as session:
        contact = ensure_contact(session, Channel.EMAIL, "jens@example.dk").id
    config = town.extensions["varsko_config"]
    link = unsubscribe_url(config, Tokens(config.secret_key), contact)
    path = link.removeprefix(config.public_url)
    assert town.test_client().get(path).status_code == 200
    assert town.test_client().get(path[:-3] + "AAA").status_code == 404
