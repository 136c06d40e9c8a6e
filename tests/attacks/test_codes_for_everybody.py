"""One network, or one mailbox, cannot use up the codes that all sign-ups share."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from database import current_database
from tests.subscribers.factories import say, sent_to
from web.http.app import VarskoApp
from web.http.rate_limits import wide_network

LimitedTown = Callable[..., AbstractContextManager[VarskoApp]]
Work = Callable[[], AbstractContextManager[Session]]
WAY_BY_SMS = "send TRYK og dit postnummer"
SCARCE = "Det er ikke sikkert, at koden kommer"


def sign_up(client: FlaskClient, **who: str) -> str:
    form = {"places": "3400", "language": "da", "consent": "true", **who}
    answer = client.post("/tilmeld", data=form, environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert answer.status_code == 303
    return client.get(answer.location, environ_base={"REMOTE_ADDR": "192.0.2.8"}).text


def got(*phones: str) -> list[int]:
    with current_database().unit_of_work() as session:
        return [len([t for t in sent_to(session, phone) if "kode" in t]) for phone in phones]


def test_one_network_gets_few_codes_for_new_numbers(limited_town: LimitedTown) -> None:
    with limited_town(new_addresses_per_hour=3) as app:
        client = app.test_client()
        phones = [f"2233000{number}" for number in range(6)]
        pages = [sign_up(client, phone=phone) for phone in phones]
        assert got(*phones) == [1, 1, 1, 0, 0, 0]
        assert [SCARCE in page for page in pages] == [False, False, True, True, True, True]
        assert all(WAY_BY_SMS in page for page in pages)


def test_who_is_signed_up_still_gets_one_from_there(limited_town: LimitedTown) -> None:
    with limited_town(new_addresses_per_hour=1) as app:
        client = app.test_client()
        say("TRYK 3400", sender="+4522330001")
        sign_up(client, phone="22330009")
        known, unknown = sign_up(client, phone="22330001"), sign_up(client, phone="22330002")
        assert got("22330001", "22330002") == [1, 0]
        assert SCARCE in known
        assert SCARCE in unknown


def test_another_network_is_not_affected(limited_town: LimitedTown) -> None:
    with limited_town(new_addresses_per_hour=1) as app:
        client = app.test_client()
        sign_up(client, phone="22330001")
        form = {"phone": "22330002", "places": "3400", "consent": "true"}
        client.post("/tilmeld", data=form, environ_base={"REMOTE_ADDR": "198.51.100.1"})
        assert got("22330002") == [1]


def test_a_part_of_all_codes_is_kept_for_who_is_signed_up(
    limited_town: LimitedTown, capsys: pytest.CaptureFixture[str]
) -> None:
    with limited_town(sms_segments_per_second=0.1, log_level="error") as app:
        client = app.test_client()
        say("TRYK 3400", sender="+4522330099")
        new = [f"223300{number:02}" for number in range(12)]
        pages = [sign_up(client, phone=phone) for phone in new]
        sign_up(client, phone="22330099")
        assert sum(got(*new)) == 9
        assert got("22330099") == [1]
        assert SCARCE in pages[-1]
    assert "secret_limit_reached" in capsys.readouterr().err


@pytest.mark.parametrize(
    "others",
    [
        ["jens+a@example.dk", "JENS+b@example.dk", "jens+c+d@Example.dk", "jens@example.dk"],
        ["jens@gmail.com", "j.e.n.s@gmail.com", "j.ens+x@gmail.com", "je.ns@gmail.com"],
    ],
)
def test_all_addresses_of_one_mailbox_are_counted_as_one(
    town: VarskoApp, work: Work, others: list[str]
) -> None:
    client = town.test_client()
    for address in others:
        sign_up(client, email=address)
    with work() as session:
        assert [len(sent_to(session, address)) for address in others] == [1, 1, 1, 0]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2::1", "2001:db8:1::/48"),
        ("", ""),
    ],
)
def test_a_network_is_what_one_person_may_have(address: str, expected: str) -> None:
    assert wide_network(address) == expected
