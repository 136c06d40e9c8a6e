"""Being forgotten by SMS, also after STOP: asked once, done at once, and told as it is."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from database import current_database
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
    "slet alt om mig", "slet mig", "Slet mig, tak", "kan I slette mig?", "slet mit nummer",
    "glem mig", "delete me", "please delete my number",
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


def test_who_asks_to_be_deleted_reads_how_to_stop_only(people: People) -> None:
    phone = people.phone("TRYK 3400")
    assert "STOP" in people.write(phone, "slet mig").reply
    assert people.write(phone, "STOP").stopped
    assert "STOP" not in people.write(phone, "slet mig").reply, "it has been done"


YES = [
    "JA", "ja tak", "SLET", "1", "ja gør det", "Ja tak, det vil jeg gerne", "yes please do",
    "ok slet", "ja, slet alt", "ja slet mig", "gør det bare", "Ja det må I gerne", "ja det hele",
    "selvfølgelig", "go ahead", "ja mange tak", "okay gør det nu", "yes, delete everything",
]  # fmt: skip


def test_yes_is_understood_as_people_say_it(people: People) -> None:
    for answer in YES:
        phone = people.phone("TRYK 3400", "STOP", "Slet alt om mig")
        done = people.write(phone, answer)
        assert "er slettet" in done.reply, answer
        assert done.tips == [], answer


@pytest.mark.parametrize("answer", ["ja gør det ikke", "ja men hvad med mit tip", "okey dokey"])
def test_what_is_no_plain_answer_deletes_nothing_and_is_asked_again(
    people: People, answer: str
) -> None:
    told = people.write(people.phone("TRYK 3400", "SLET"), answer)
    assert "ikke slettet noget" in told.reply
    assert "Svar JA" in told.reply
    assert fits(told.reply)
    assert (told.follows, kept(current_database().unit_of_work)) == (["3400"], (1, 1))


@pytest.mark.parametrize("text", ["Stop og slet alt", "stop, slet mine data", "STOP SLET"])
def test_stop_and_delete_everything_deletes_after_a_yes(people: People, text: str) -> None:
    phone = people.phone("TRYK 3400")
    asked = people.write(phone, text)
    assert (asked.stopped, asked.tips) == (True, [])
    assert "Du er afmeldt" in asked.reply
    assert "Svar JA" in asked.reply
    people.write(phone, "ja")
    assert kept(current_database().unit_of_work) == (0, 0)


@pytest.mark.parametrize(
    "text", ["Er mine data slettet nu?", "er det slettet", "have you deleted me?"]
)
def test_whether_it_is_deleted_is_answered_as_it_is(people: People, text: str) -> None:
    phone = people.phone("TRYK 3400")
    before = people.write(phone, text)
    assert "ikke slettet noget" in before.reply
    assert "Svar JA" in before.reply
    people.write(phone, "ja")
    after = people.write(phone, text)
    assert "ikke gemt" in after.reply or "do not hold" in after.reply
    assert (before.tips, after.tips, kept(current_database().unit_of_work)) == ([], [], (0, 0))


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
    answer = say("STOP, slet mit nummer")
    assert "Du er afmeldt" in str(answer)
    assert "JA" in str(answer)
    assert kept(work) == (1, 1)
    say("ja")
    assert kept(work) == (0, 0)


@pytest.mark.parametrize("wish", ["SLET", "slet mig", "delete my number"])
def test_who_says_no_keeps_what_there_is(work: Work, wish: str) -> None:
    say("TRYK 3400")
    say(wish)
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
