"""The language of a reply: the subscriber's, what they plainly write, or were asked in last."""

from __future__ import annotations

import pytest

from database import current_database
from dispatch.models import Channel
from subscribers.models import Evidence
from subscribers.sms.sender import language_of_address
from subscribers.subscribing import find_subscriber, leave_entirely
from tests.subscribers.factories import contact_of
from tests.subscribers.people import People
from web.texts.language import evident_language, plain_language

OTHERS = [
    "Widziałem czarny samochód przy ulicy Slotsgade",
    "Dzień dobry, ktoś był w ogrodzie",
    "Bir adam gördüm, siyah araba",
    "Я бачив чорну машину",
    "رأيت سيارة سوداء",
]
DANISH = ["Jeg så Adam og en sort bil", "bilen kørte mod Sokak Kebab", "Han hed Adam", "dur ikke"]


@pytest.mark.one_database
def test_a_yes_is_answered_in_the_language_that_was_asked_in(people: People) -> None:
    number = people.phone("I live at Slotsgade 12 3400 Hillerod")
    assert "You now get alerts" in people.write(number, "yes").reply


@pytest.mark.one_database
def test_one_word_does_not_change_the_language_of_a_talk(people: People) -> None:
    number = people.phone("kan i skrive på engelsk")
    for text in ("EN", "Netto og", "3400"):
        reply = people.write(number, text).reply
        assert " you" in reply.lower(), (text, reply)
        assert "du " not in reply.lower().split("http")[0], (text, reply)


@pytest.mark.one_database
def test_who_left_on_the_web_is_answered_in_their_language(people: People) -> None:
    for sign_up, text, answer in (
        (["ENGLISH", "FOLLOW 3400"], "DELETE", "Reply YES"),
        (["ENGLISH", "FOLLOW 3400"], "SLET", "Reply YES"),
        (["TRYK 3400"], "DELETE", "Svar JA"),
    ):
        number = people.phone(*sign_up)
        with current_database().unit_of_work() as session:
            contact = contact_of(session, number)
            assert contact is not None
            subscriber = find_subscriber(session, contact)
            assert subscriber is not None
            leave_entirely(session, subscriber, Evidence.WEB_FORM)
        assert answer in people.write(number, text).reply, text
    assert "We do not hold" in people.write(people.phone(), "DELETE").reply
    assert "Vi har ikke" in people.write(people.phone(), "SLET").reply


@pytest.mark.one_database
def test_a_tip_in_another_language_is_answered_in_english(people: People) -> None:
    for text in OTHERS:
        assert people.write(people.phone(), text).reply.startswith("Thank you."), text
    for text in DANISH:
        assert people.write(people.phone(), text).reply.startswith("Tak."), text


@pytest.mark.one_database
def test_a_subscriber_keeps_their_language(people: People) -> None:
    number = people.phone("TRYK 3400")
    assert "Tak." in people.write(number, OTHERS[0]).reply
    with current_database().unit_of_work() as session:
        assert language_of_address(session, Channel.SMS, number, OTHERS[0]) == "da"


def test_a_single_word_is_never_plain() -> None:
    for text in ("en", "Netto og", "the", "samochód", "araba 3400"):
        assert plain_language(text) is None, text
    assert evident_language("samochód") is None
    assert plain_language("jeg så en bil") == "da"
    assert plain_language("I saw the car") == "en"
