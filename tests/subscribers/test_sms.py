"""Signing up, looking, leaving and coming back by SMS, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from areas.models import Area
from dispatch.models import Channel, Contact, SuppressionReason
from dispatch.segments import Encoding, count_segments
from subscribers.models import Consent, Evidence, Subscriber
from subscribers.sms.vocabulary import LONE_WORDS
from subscribers.subscribing import MAX_AREAS, follow_areas
from tests.subscribers.factories import (
    MAIL,
    PHONE,
    area,
    contact_of,
    follows,
    say,
    subscribed,
    subscriber_of,
)

Work = Callable[[], AbstractContextManager[Session]]


def count(session: Session, model: type[object]) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0


class TestFollowing:
    def test_one_sms_is_enough(self, work: Work) -> None:
        assert say("TRYK 3400") == (
            "Du får nu varsler for 3400 Hillerød. "
            "Svar STOP for at afmelde, STATUS for at se dine områder."
        )
        with work() as session:
            assert follows(session, PHONE) == ["3400"]

    def test_the_consent_is_recorded_with_what_shows_it(self, work: Work) -> None:
        say("TRYK 3400")
        with work() as session:
            consent = session.scalars(select(Consent)).one()
            assert consent.evidence is Evidence.INBOUND_SMS
            assert consent.channel is Channel.SMS
            assert (consent.text_version, consent.language) == ("1", "da")
            assert consent.withdrawn_at is None

    def test_twice_is_once(self, work: Work) -> None:
        first = say("TRYK 3400")
        assert say("tryk 3400!") == first
        with work() as session:
            assert follows(session, PHONE) == ["3400"]
            assert count(session, Subscriber) == 1
            assert count(session, Consent) == 1

    @pytest.mark.parametrize("sender", ["22334455", "0045 22 33 44 55", "+45 2233-4455"])
    def test_two_spellings_of_a_number_are_one_subscriber(self, work: Work, sender: str) -> None:
        say("TRYK 3400")
        say("TRYK 3480", sender=sender)
        with work() as session:
            assert follows(session, PHONE) == ["3400", "3480"]
            assert count(session, Contact) == 1

    def test_several_areas_in_one_message(self, work: Work) -> None:
        answer = say("TRYK 3400, 3480 og Allerød Kommune")
        assert answer is not None
        assert "3400 Hillerød, 3480 Fredensborg og Allerød Kommune" in answer
        with work() as session:
            assert follows(session, PHONE) == ["0201", "3400", "3480"]

    def test_an_english_keyword_makes_an_english_subscriber(self, work: Work) -> None:
        answer = say("JOIN 3400")
        assert answer is not None
        assert answer.startswith("You now get alerts for 3400 Hillerød.")
        with work() as session:
            subscriber = subscriber_of(session, PHONE)
            assert subscriber is not None
            assert subscriber.language == "en"

    def test_a_known_subscribers_language_wins_over_the_keywords(self, work: Work) -> None:
        say("JOIN 3400")
        answer = say("TILMELD 3480")
        assert answer is not None
        assert answer.startswith("You now get alerts")

    def test_the_language_is_changed_by_one_word(self, work: Work) -> None:
        say("TRYK 3400")
        assert say("ENGLISH") == (
            "We will now write to you in English. Reply HELP to see what you can write."
        )
        assert (say("STATUS") or "").startswith("You get alerts for 3400 Hillerød.")
        assert (say("dansk") or "").startswith("Vi skriver nu til dig på dansk.")

    def test_a_postcode_alone_answers_the_question_where(self, work: Work) -> None:
        assert "dit postnummer" in (say("START") or "")
        assert "3450 Allerød" in (say("3450") or "")
        with work() as session:
            assert follows(session, PHONE) == ["3450"]
        assert "Vil du følge 3400 Hillerød?" in (say("3400") or ""), "nothing was asked any more"

    def test_nobody_follows_more_than_the_limit(self, work: Work) -> None:
        with work() as session:
            subscribed(session)
            subscriber = subscriber_of(session, PHONE)
            assert subscriber is not None
            template = area(session, "3400")
            many = [
                Area(kind=template.kind, code=f"x{n}", name=f"By {n}", source="test")
                for n in range(MAX_AREAS)
            ]
            session.add_all(many)
            session.flush()
            added = follow_areas(session, subscriber, [found.id for found in many])
            assert len(added) == MAX_AREAS - 1
        assert "højst" in (say("TRYK 3480") or "")


class TestUnclearPlaces:
    def test_an_unknown_postcode_is_answered_with_what_to_do(self, work: Work) -> None:
        answer = say("TRYK 9999") or ""
        assert "9999" in answer
        assert answer.endswith("skriv dit postnummer.")
        with work() as session:
            assert count(session, Subscriber) == 0

    def test_a_name_of_several_places_is_asked_back(self, work: Work) -> None:
        answer = say("TRYK Nykøbing") or ""
        assert answer.startswith("Mente du ")
        for title in ("4800 Nykøbing F", "7900 Nykøbing M", "4500 Nykøbing Sj"):
            assert title in answer
        assert answer.endswith("Svar med tallet, eller skriv dit postnummer.")

    @pytest.mark.one_database
    @pytest.mark.parametrize("spelling", ["Hilleroed", "HILLERØD", "hillerod", "Hilerød"])
    def test_a_name_may_be_misspelt(self, work: Work, spelling: str) -> None:
        assert "Hillerød Kommune eller 2: 3400 Hillerød" in (say(f"TILMELD {spelling}") or "")
        with work() as session:
            assert count(session, Subscriber) == 0

    def test_what_was_understood_counts_and_the_rest_is_said(self, work: Work) -> None:
        answer = say("TRYK 3400, Blablaby") or ""
        assert "3400 Hillerød" in answer
        assert "Blablaby" in answer
        with work() as session:
            assert follows(session, PHONE) == ["3400"]

    def test_a_sentence_that_names_no_place_is_a_tip(self, work: Work) -> None:
        assert say("START bilen kørte stærkt") is None

    def test_an_unknown_postcode_without_a_keyword_is_a_tip(self, work: Work) -> None:
        assert say("0001") is None


class TestLeaving:
    def test_stop_works_in_the_same_moment(self, work: Work) -> None:
        say("TRYK 3400")
        assert say("Stop!!") == (
            "Du er afmeldt og får ikke flere sms'er fra Varsko. Svar START for at begynde igen. "
            "Områder slettes efter 30 dage. SLET: slet alt nu."
        )
        with work() as session:
            contact = contact_of(session, PHONE)
            assert contact is not None
            assert contact.suppressed_reason is SuppressionReason.STOP
            consent = session.scalars(select(Consent)).one()
            assert consent.withdrawn_at is not None
            assert consent.withdrawn_by is Evidence.INBOUND_SMS

    def test_a_strangers_stop_is_kept_too(self, work: Work) -> None:
        assert "afmeldt" in (say("STOP") or "")
        with work() as session:
            contact = contact_of(session, PHONE)
            assert contact is not None
            assert contact.is_suppressed
            assert count(session, Subscriber) == 0

    def test_stop_twice_says_the_same(self, work: Work) -> None:
        say("TRYK 3400")
        assert say("STOP") == say("STOP")

    def test_start_takes_up_what_was_followed(self, work: Work) -> None:
        say("TRYK 3400, 3480")
        say("STOP")
        assert "START" in (say("STATUS") or "")
        assert (say("START") or "").startswith("Velkommen tilbage. Du får nu varsler for 3400")
        with work() as session:
            contact = contact_of(session, PHONE)
            assert contact is not None
            assert not contact.is_suppressed
            consents = session.scalars(select(Consent).order_by(Consent.id)).all()
            assert [consent.withdrawn_at is None for consent in consents] == [False, True]

    def test_a_new_area_lifts_stop_too(self, work: Work) -> None:
        say("STOP")
        say("TRYK 3400")
        with work() as session:
            contact = contact_of(session, PHONE)
            assert contact is not None
            assert not contact.is_suppressed

    @pytest.mark.parametrize("text", ["STOP 3400", "Afmeld 3400 Hillerød", "unsubscribe 3400"])
    def test_one_area_is_left(self, work: Work, text: str) -> None:
        say("TRYK 3400, 3480")
        assert (say(text) or "").startswith("Du får ikke længere varsler for 3400 Hillerød.")
        with work() as session:
            assert follows(session, PHONE) == ["3480"]
            contact = contact_of(session, PHONE)
            assert contact is not None
            assert not contact.is_suppressed

    def test_a_name_leaves_what_is_followed_by_that_name(self, work: Work) -> None:
        say("TRYK 3400")
        assert "3400 Hillerød" in (say("AFMELD Hillerød") or "")
        with work() as session:
            assert follows(session, PHONE) == []

    def test_an_area_that_is_not_followed_is_said_so(self, work: Work) -> None:
        say("TRYK 3400")
        assert (say("STOP 3480") or "").startswith("Du følger ikke 3480.")
        with work() as session:
            assert follows(session, PHONE) == ["3400"]

    def test_a_short_stop_about_no_place_is_stop(self, work: Work) -> None:
        say("TRYK 3400")
        assert "afmeldt" in (say("STOP idioter") or "")

    def test_stop_by_sms_leaves_the_mail_alone_and_says_so(self, work: Work) -> None:
        with work() as session:
            subscribed(session, MAIL, to=subscribed(session))
        assert (say("STOP") or "").endswith("Du får stadig varsler på e-mail.")
        with work() as session:
            mail = contact_of(session, MAIL)
            assert mail is not None
            assert not mail.is_suppressed


@pytest.mark.one_database
class TestOthers:
    @pytest.mark.parametrize("text", ["", "   ", "😀", "🛑✋", "...", "?!"])
    def test_a_message_without_words_gets_help(self, work: Work, text: str) -> None:
        assert "112" in (say(text) or "")

    def test_a_tip_is_left_to_others(self, work: Work) -> None:
        assert say("Jeg så en rød varevogn ved stationen kl. 14") is None
        assert say("x" * 10_000) is None
        assert say("stop " * 2_000) is None

    def test_help_names_the_emergency_number(self, work: Work) -> None:
        assert "112" in (say("HJÆLP") or "")
        assert "call 112" in (say("HELP") or "")

    @pytest.mark.parametrize(
        "sender",
        ["+46701234567", "+4590123456", "112", "Politiet", "+4512"],
        ids=["foreign", "premium", "emergency", "a name", "impossible"],
    )
    def test_a_number_we_cannot_send_to_becomes_no_contact(self, work: Work, sender: str) -> None:
        assert say("TRYK 3400", sender=sender) == ""
        say("STOP", sender=sender)
        with work() as session:
            assert count(session, Contact) == 0

    def test_by_mail_only_stop_is_taken(self, work: Work) -> None:
        assert say("TRYK 3400", sender=MAIL, channel=Channel.EMAIL) is None
        assert say("HELP", sender=MAIL, channel=Channel.EMAIL) is None
        with work() as session:
            subscribed(session, MAIL)
        assert say("STOP", sender=MAIL, channel=Channel.EMAIL) is not None
        with work() as session:
            contact = contact_of(session, MAIL)
            assert contact is not None
            assert contact.is_suppressed


@pytest.mark.one_database
@pytest.mark.parametrize("join", ["TRYK", "JOIN"])
def test_answers_are_short_and_in_plain_letters(work: Work, join: str) -> None:
    """Two segments at most, none of them because of a letter outside GSM-7."""
    texts = [
        "STATUS",
        "START",
        f"{join} 9999",
        f"{join} Nykøbing",
        f"{join} 3400, 3480, 3450, Allerød Kommune, Hillerød Kommune, 4800, 7900",
        f"{join} 3400, Blablaby, Blublaby, Bloblaby, Øø\u0141ødž-Ålesund-på-Fjeldet",
        f"{join} {'Łłłł' * 9}",
        "STATUS",
        "STOP 3400",
        "STOP 9990",
        *LONE_WORDS,
        "",
        "ENGLISH",
        "DANSK",
        "STOP",
        "START",
    ]
    for text in texts:
        answer = say(text)
        assert answer is not None, text
        length = count_segments(answer)
        assert length.encoding is Encoding.GSM7, answer
        assert length.segments <= 2, answer
