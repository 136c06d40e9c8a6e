"""Being forgotten by SMS, also after STOP: asked once, done at once, and told as it is."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dispatch.models import Contact
from dispatch.segments import count_segments
from subscribers.models import Consent, SignUp
from subscribers.retention import FORGET_UNSUBSCRIBED_AFTER
from tests.subscribers.factories import MAIL, PHONE, contact_of, follows, say, subscribed
from tests.subscribers.people import People
from tests.subscribers.test_sms_as_people_write import fits
from web.http.app import VarskoApp

Work = Callable[[], AbstractContextManager[Session]]

WISHES = [
    "SLET", "slet mine oplysninger", "Slet alle mine data", "jeg vil have slettet mine data",
    "slet alt om mig",
    "Kan I slette mine oplysninger?", "delete my data", "please erase my personal data", "DELETE",
    "retten til at blive glemt", "right to be forgotten",
]  # fmt: skip
OTHERS = [
    "jeg så ham slet ikke", "de prøvede at slette mine data på computeren", "slet ikke",
    "he tried to delete my data when he broke in",
]  # fmt: skip


def kept(work: Work) -> tuple[int, int]:
    """How many numbers and consents are kept."""
    with work() as session:
        numbers = select(func.count()).where(Contact.address.is_not(None))
        consents = select(func.count()).select_from(Consent)
        return session.scalar(numbers) or 0, session.scalar(consents) or 0


def test_who_wants_to_be_forgotten_is_asked_once(people: People) -> None:
    for text in WISHES:
        phone = people.phone("TRYK 3400")
        asked = people.write(phone, text)
        assert "Svar JA" in asked.reply or "Reply YES" in asked.reply, text
        assert "114" in asked.reply, "of tips"
        assert (asked.follows, asked.stopped, asked.tips) == (["3400"], False, []), text
        assert fits(asked.reply)
        done = people.write(phone, "ja")
        assert (done.follows, done.stopped, done.tips) == ([], True, []), text
        assert "slettet" in done.reply or "deleted" in done.reply
        assert fits(done.reply)


def test_other_messages_ask_nothing_of_the_kind(people: People) -> None:
    for text in OTHERS:
        assert "Svar JA" not in people.subscriber_writes(text).reply, text


@pytest.mark.parametrize("answer", ["JA", "ja tak", "SLET", "1"])
def test_after_stop_everything_goes_but_the_stop_itself(work: Work, answer: str) -> None:
    say("TRYK 3400")
    say("STOP")
    say("SLET")
    assert "slettet" in str(say(answer))
    assert kept(work) == (0, 0)
    with work() as session:
        contact = contact_of(session, PHONE)
        assert contact is not None, "by its keyed hash"
        assert contact.is_suppressed
        assert follows(session, PHONE) == []


def test_stop_and_delete_in_one_stops_at_once_and_asks_about_the_rest(work: Work) -> None:
    say("TRYK 3400")
    answer = say("slet mit nummer")
    assert "Du er afmeldt" in str(answer)
    assert "JA" in str(answer)
    assert kept(work) == (1, 1)
    say("ja")
    assert kept(work) == (0, 0)


def test_who_says_no_keeps_what_there_is(work: Work) -> None:
    say("TRYK 3400")
    say("SLET")
    assert "ikke slettet" in str(say("nej"))
    assert kept(work) == (1, 1)
    with work() as session:
        assert follows(session, PHONE) == ["3400"]


def test_mail_goes_on_and_is_named(work: Work) -> None:
    with work() as session:
        subscribed(session, MAIL, to=subscribed(session))
    assert "e-mail" in str(say("SLET"))
    assert "e-mail" in str(say("JA"))
    with work() as session:
        assert follows(session, MAIL) == ["3400"]
        assert follows(session, PHONE) == []
    assert kept(work) == (1, 1)


def test_nothing_is_claimed_of_a_number_that_is_not_kept(work: Work) -> None:
    assert "ikke gemt" in str(say("SLET"))
    assert kept(work) == (0, 0)
    say("TRYK 3400")
    say("SLET")
    say("JA")
    assert "ikke gemt" in str(say("SLET"))


def test_who_was_forgotten_can_sign_up_again(work: Work) -> None:
    say("TRYK 3400")
    say("SLET")
    say("JA")
    assert "for 3480" in str(say("TRYK 3480"))
    assert kept(work) == (1, 1)
    with work() as session:
        assert follows(session, PHONE) == ["3480"]
        contact = contact_of(session, PHONE)
        assert contact is not None
        assert not contact.is_suppressed


def test_a_sign_up_in_progress_goes_too(town: VarskoApp, work: Work) -> None:
    client = town.test_client()
    form = {"phone": PHONE, "places": "3400", "language": "da", "consent": "yes"}
    assert client.post("/tilmeld", data=form).status_code == 303
    say("SLET")
    say("JA")
    with work() as session:
        assert session.scalars(select(SignUp)).all() == []


def test_stop_says_when_the_areas_go_and_how_to_be_forgotten_now(people: People) -> None:
    told = people.write(people.phone("TRYK 3400"), "STOP").reply
    assert f"{FORGET_UNSUBSCRIBED_AFTER.days} dage" in told
    assert "SLET" in told
    assert count_segments(told).segments == 1
