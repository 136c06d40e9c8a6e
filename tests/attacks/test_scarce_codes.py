"""What is said and done when codes run short is the same for every address that is asked about."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
import time_machine
from flask.testing import FlaskClient

from database import current_database
from dispatch.contacts import suppress_contact
from dispatch.models import SuppressionReason
from tests.subscribers.factories import contact_of, say, sent_to
from web.http.app import VarskoApp

LimitedTown = Callable[..., AbstractContextManager[VarskoApp]]

SCARCE = "Det er ikke sikkert, at koden kommer"
PEOPLE = ("unknown", "signed up", "stopped", "complained")


class Stranger:
    """Somebody with a network and an unknown phone of their own, who asks about others' numbers."""

    def __init__(self, client: FlaskClient, number: int) -> None:
        self.client = client
        self.network = {"REMOTE_ADDR": f"198.51.{number}.7"}
        self.target = f"2233{number:02}99"
        self.phone = f"2233{number:02}98"
        self.made_up = iter(f"2233{number:02}{each:02}" for each in range(90))

    def sign_up(self, phone: str) -> bool:
        """Whether the page then warns that no code may come."""
        form = {"phone": phone, "places": "3400", "language": "da", "consent": "true"}
        answer = self.client.post("/tilmeld", data=form, environ_base=self.network)
        assert answer.status_code == 303
        return SCARCE in self.client.get(answer.location, environ_base=self.network).text

    def ask_for_link(self, phone: str) -> None:
        form = {"address": phone}
        answer = self.client.post("/min-side", data=form, environ_base=self.network)
        assert answer.status_code == 303

    def gets_a_code(self) -> bool:
        self.sign_up(self.phone)
        with current_database().unit_of_work() as session:
            return any("kode" in text for text in sent_to(session, self.phone))


def prepare(phone: str, who: str) -> None:
    number = f"+45{phone}"
    if who != "unknown":
        say("TRYK 3400", sender=number)
    if who == "stopped":
        say("STOP", sender=number)
    if who == "complained":
        with current_database().unit_of_work() as session:
            contact = contact_of(session, number)
            assert contact is not None
            suppress_contact(session, contact, SuppressionReason.COMPLAINT)


def strangers(app: VarskoApp) -> Iterator[tuple[str, Stranger]]:
    """One for each kind of person, each from a network of their own."""
    client = app.test_client()
    for number, who in enumerate(PEOPLE):
        stranger = Stranger(client, number)
        prepare(stranger.target, who)
        yield who, stranger


@pytest.mark.parametrize("way", ["sign up", "link"])
def test_one_network_s_limit_moves_alike_for_every_number(
    limited_town: LimitedTown, way: str
) -> None:
    with limited_town(new_addresses_per_hour=3) as app:
        shown = {}
        for who, stranger in strangers(app):
            before = [stranger.sign_up(next(stranger.made_up)) for _each in range(2)]
            if way == "link":
                stranger.ask_for_link(stranger.target)
            else:
                before.append(not stranger.sign_up(stranger.target))
            shown[who] = (any(before), stranger.gets_a_code())
        assert set(map(str, shown.values())) == {str((False, False))}, shown


def test_what_all_networks_share_moves_alike_for_every_number(limited_town: LimitedTown) -> None:
    with (
        limited_town(sms_segments_per_second=0.1) as app,
        time_machine.travel("2026-03-01 12:00+00:00", tick=False) as clock,
    ):
        shown = {}
        for who, stranger in strangers(app):
            before = [stranger.sign_up(next(stranger.made_up)) for _each in range(8)]
            warned = stranger.sign_up(stranger.target)
            shown[who] = (any(before), warned, stranger.gets_a_code())
            clock.shift(11 * 60)
        assert set(map(str, shown.values())) == {str((False, True, False))}, shown


def test_who_is_signed_up_gets_a_code_after_strangers_used_theirs(
    limited_town: LimitedTown,
) -> None:
    with limited_town(new_addresses_per_hour=3) as app:
        stranger = Stranger(app.test_client(), 1)
        prepare(stranger.target, "signed up")
        for _each in range(4):
            stranger.sign_up(next(stranger.made_up))
        stranger.sign_up(stranger.target)
        with current_database().unit_of_work() as session:
            assert any("kode" in text for text in sent_to(session, f"+45{stranger.target}"))
