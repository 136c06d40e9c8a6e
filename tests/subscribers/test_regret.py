"""Regret after STOP, a bare yes, and "stop" that has nothing to do with alerts."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import undefer

from database import current_database
from simulator import Simulator
from tests.dispatch.fixtures import send_replies
from tests.subscribers.factories import add_areas, contact_of
from tips.models import Tip
from web.http.app import VarskoApp

REGRETS = [
    "sorry start again", "jeg fortryder", "jeg fortryder start igen", "fortryd",
    "yes i want alerts again", "I changed my mind", "jeg vil gerne have varsler igen",
]  # fmt: skip
YES = ["yes", "ja tak", "JA"]
WITNESSES = [
    "den holdt ved stop skiltet", "Stop sign was knocked over by the car that fled",
    "stop. jeg så ham", "stop thief", "stop him", "bus stop", "dont stop",
    "i dont want you to know my number but the guy in the red car lives on Slotsgade",
]  # fmt: skip
SOMEBODY = ["Stop dem", "stop them"]
OFFER = "Vil du afmelde alle varsler?"
PHONE = "+4522334001"


class Phone:
    """A phone that follows one area, and what comes of what it writes."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._count = 0
        self._number = PHONE

    def new(self) -> None:
        self._count += 1
        self._number = f"+4522334{self._count:03}"
        self.write("TRYK 3400")

    def write(self, text: str) -> str:
        before = len(self._simulator.phone(self._number).texts)
        assert self._simulator.receive_sms(self._number, text).status == 200
        send_replies()
        return "\n".join(self._simulator.phone(self._number).texts[before:])

    def is_stopped(self) -> bool:
        with current_database().unit_of_work(writes=False) as session:
            contact = contact_of(session, self._number)
            return contact is not None and contact.is_suppressed

    def tips(self) -> list[str]:
        with current_database().unit_of_work(writes=False) as session:
            tips = session.scalars(select(Tip).options(undefer(Tip.text), undefer(Tip.sender)))
            return [str(tip.text) for tip in tips if tip.sender == self._number]


@pytest.fixture
def phone(app_with_simulator: VarskoApp, simulator: Simulator) -> Phone:
    with current_database().unit_of_work() as session:
        add_areas(session)
    return Phone(simulator)


def test_who_regrets_stop_gets_alerts_again(phone: Phone) -> None:
    for text in REGRETS:
        phone.new()
        phone.write("STOP")
        assert "Velkommen tilbage" in phone.write(text), text
        assert not phone.is_stopped(), text
        assert phone.tips() == [], text


def test_regret_of_nothing_says_what_is_followed(phone: Phone) -> None:
    phone.new()
    assert "3400 Hillerød" in phone.write("jeg fortryder")


def test_a_bare_yes_to_the_offer_stops_and_is_no_tip(phone: Phone) -> None:
    for text in YES:
        phone.new()
        assert OFFER in phone.write("Stop bilen AB12345")
        assert "Du er afmeldt" in phone.write(text), text
        assert phone.tips() == ["Stop bilen AB12345"], text


def test_a_bare_yes_to_nothing_is_told_what_to_write(phone: Phone) -> None:
    for text in YES:
        phone.new()
        assert "svar STOP" in phone.write(text), text
        assert (phone.tips(), phone.is_stopped()) == ([], False), text


def test_a_witness_is_not_offered_to_unsubscribe(phone: Phone) -> None:
    for text in WITNESSES:
        phone.new()
        assert OFFER not in phone.write(text), text
        assert (phone.tips(), phone.is_stopped()) == ([text], False), text


def test_stop_them_is_asked_about_and_kept(phone: Phone) -> None:
    for text in SOMEBODY:
        phone.new()
        assert OFFER in phone.write(text), text
        assert (phone.tips(), phone.is_stopped()) == ([text], False), text


def test_who_wants_out_is_out(phone: Phone) -> None:
    phone.new()
    phone.write("I want out")
    assert phone.is_stopped()
