"""A place that is not certain is asked back by SMS, and any plain answer to that is understood."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from areas.importing.official import load_official
from database import current_database, utcnow
from dispatch.models import Delivery
from dispatch.segments import Encoding, count_segments
from subscribers.models import PlaceQuestion, Subscriber
from subscribers.retention import purge_sign_ups
from tests.subscribers.factories import PHONE, contact_of, follows, say
from web.http.app import VarskoApp

Work = Callable[[], AbstractContextManager[Session]]


@pytest.fixture
def work(app: VarskoApp) -> Work:
    """A unit of work on the whole of Denmark."""
    with current_database().unit_of_work() as session:
        load_official(session)
    return current_database().unit_of_work


def followed() -> list[str]:
    """What the phone follows."""
    with current_database().unit_of_work() as session:
        return follows(session, PHONE)


def ask(text: str) -> str:
    """Write something that is asked back; nobody follows anything by it."""
    before = followed()
    answer = say(text)
    assert answer is not None, text
    assert followed() == before, answer
    return answer


@pytest.mark.one_database
class TestAsking:
    @pytest.mark.parametrize(
        ("place", "named"),
        [
            ("Lillerød", "3450 Allerød"),
            ("Ullerød", "3400 Hillerød"),
            ("Østerbro", "1: 2100 København Ø"),
            ("Vesterbro", "1: Københavns Kommune"),
            ("Ordrup", "2920 Charlottenlund"),
            ("Utterslev", "2400 København NV"),
            ("Ganløse", "3660 Stenløse"),
            ("Ramløse", "3200 Helsinge"),
            ("Blistrup", "3230 Græsted"),
            ("Frederiksborg", "Hillerød Kommune"),
            ("hillerød vest", "Hillerød Kommune"),
            ("Stige", "5270 Odense N"),
            ("Amager", "2300 København S"),
            ("Hillerød", "1: Hillerød Kommune eller 2: 3400 Hillerød"),
            ("Hilerød", "1: Hillerød Kommune eller 2: 3400 Hillerød"),
            ("Østervrø", "1: 9750 Østervrå"),
            ("Nykøbing", "4800 Nykøbing F"),
            ("København K", "232 postnumre"),
            ("hele landet", "er for stort et område"),
            ("Torup", "?"),
            ("Nørreby", "?"),
            ("Vestergade 3", "dit postnummer"),
            ("9999", "9990 Skagen"),
        ],
    )
    def test_what_is_not_certain_is_asked_back(self, work: Work, place: str, named: str) -> None:
        answer = ask(f"TRYK {place}")
        assert named in answer
        length = count_segments(answer)
        assert (length.encoding, length.segments <= 2) == (Encoding.GSM7, True), answer

    @pytest.mark.parametrize(
        ("place", "code", "said"),
        [
            ("Gellerup", "8220", "8220 Brabrand (Gellerup)"),
            ("frederiksbjerg", "8000", "8000 Aarhus C (frederiksbjerg)"),
            ("Bullerup", "5320", "5320 Agedrup (Bullerup)"),
            ("Sønderho", "6720", "6720 Fanø (Sønderho)"),
            ("Nørrebro", "2200", "2200 København N (Nørrebro)"),
            ("Slotsgade 14, 3400 Hillerød", "3400", "3400 Hillerød."),
            ("Slotsgade 14, 3400", "3400", "3400 Hillerød."),
            ("Slotsgade 14 2. tv. 3400 Hillerød", "3400", "3400 Hillerød."),
            ("Nørrebrogade 200, 2200 Kbh N", "2200", "2200 København N."),
        ],
    )
    def test_what_is_certain_is_followed_and_said(
        self, work: Work, place: str, code: str, said: str
    ) -> None:
        answer = say(f"TRYK {place}") or ""
        assert said in answer
        assert followed() == [code]

    def test_what_is_certain_is_followed_though_another_place_is_asked_back(
        self, work: Work
    ) -> None:
        answer = say("TRYK 3400, Ebletoft og Xyzzy") or ""
        assert answer.startswith("Du får nu varsler for 3400 Hillerød.")
        assert "Xyzzy" in answer
        assert "Mente du 8400 Ebeltoft?" in answer
        assert followed() == ["3400"]
        say("ja")
        assert followed() == ["3400", "8400"]


@pytest.mark.one_database
class TestInTurn:
    @pytest.mark.parametrize("text", ["TRYK Nykøbing Østerbro", "TRYK Nykøbing, Østerbro"])
    def test_a_second_unclear_place_is_asked_about_next(self, work: Work, text: str) -> None:
        assert "Derefter spørger vi om Østerbro." in ask(text)
        answer = say("4500") or ""
        assert "Du får nu varsler for 4500 Nykøbing Sj." in answer
        assert "1: 2100 København Ø" in answer
        say("1")
        assert followed() == ["2100", "4500"]

    def test_no_to_the_first_leads_to_the_second(self, work: Work) -> None:
        ask("TRYK Hillerød og Østerbro")
        assert "2100 København Ø" in ask("nej")
        assert ask("nej").startswith("Vi har ikke ændret noget.")

    def test_what_chooses_nothing_loses_none_of_them(self, work: Work) -> None:
        ask("TRYK Hillerød, Ebletoft, Xyzzyx")
        ask("7")
        assert "Mente du 8400 Ebeltoft?" in (say("2") or "")
        assert "Vi kender ikke Xyzzyx." in (say("ja") or "")
        say("8000")
        assert followed() == ["3400", "8000", "8400"]

    def test_each_name_in_a_sentence_is_asked_about(self, work: Work) -> None:
        ask("jeg vil gerne have beskeder om Hillerød og Nørrebro")
        assert "Nørrebro hører til 2200 København N." in (say("2") or "")
        assert followed() == ["3400"]
        say("ja")
        assert followed() == ["2200", "3400"]

    @pytest.mark.parametrize("text", ["Aarhus Viby", "Viby Aarhus"])
    def test_a_place_beside_the_town_it_lies_in_is_one_place(self, work: Work, text: str) -> None:
        assert "Mente du 8260 Viby J?" in ask(f"TRYK {text}")

    def test_many_unclear_places_fit_two_segments(self, work: Work) -> None:
        many = ["Nykøbing", "Torup", "Østervrø", "Nørreby", "Vesterbro", "Frederiksborgggggg"]
        answer = ask("TRYK " + ", ".join(many))
        assert count_segments(answer).segments <= 2


@pytest.mark.one_database
class TestAnswering:
    @pytest.mark.parametrize(
        "answer",
        [
            *("2", "2 tak", "2👍", "“2”", "2.", "2\nMvh Anna", "TRYK 2", "nr. 2", "Svar 2", "2️⃣"),
            *("3400", "3400 Hillerød", "byen", "jeg mener 3400", "Det er 2"),
        ],
    )
    def test_a_number_a_postcode_or_a_name_answers(self, work: Work, answer: str) -> None:
        ask("tilmeld Hillerød")
        assert "3400 Hillerød" in (say(answer) or "")
        assert followed() == ["3400"]

    @pytest.mark.parametrize("answer", ["Hillerød Kommune", "hillerød kommune!", "kommunen", "1"])
    def test_the_other_choice(self, work: Work, answer: str) -> None:
        ask("tilmeld Hillerød")
        say(answer)
        assert followed() == ["0219"]

    def test_both_may_be_meant(self, work: Work) -> None:
        ask("tilmeld Hillerød")
        say("begge tak")
        assert followed() == ["0219", "3400"]

    @pytest.mark.parametrize("answer", ["ja", "Ja tak!", "JA 👍", "jep", "ok", "yes", "1", "8400"])
    def test_yes_answers_a_question_about_one_place(self, work: Work, answer: str) -> None:
        ask("TRYK Ebletoft")
        say(answer)
        assert followed() == ["8400"]

    @pytest.mark.parametrize("answer", ["nej", "Nej tak", "no"])
    def test_no_changes_nothing_and_is_no_tip(self, work: Work, answer: str) -> None:
        ask("TRYK Ebletoft")
        assert ask(answer).startswith("Vi har ikke ændret noget.")
        say("ja")
        assert followed() == []

    @pytest.mark.parametrize("answer", ["ja", "7", "0", "33"])
    def test_what_chooses_nothing_is_asked_again(self, work: Work, answer: str) -> None:
        question = ask("TRYK Hillerød")
        assert ask(answer) == question
        say("2")
        assert followed() == ["3400"]

    def test_yes_to_a_postcode_that_does_not_exist_is_asked_again(self, work: Work) -> None:
        ask("TRYK 9999")
        assert "9990 Skagen" in ask("ja")

    def test_another_place_is_an_answer_too(self, work: Work) -> None:
        ask("TRYK Ebletoft")
        assert "1: Hillerød Kommune" in ask("Hillerød")
        say("Nørrebro")
        assert followed() == ["2200"]

    def test_an_open_question_is_answered_by_a_place(self, work: Work) -> None:
        say("TRYK 3400")
        assert "dit postnummer" in (say("TRYK", sender="+4522334456") or "")
        say("TRYK")
        say("8000")
        assert followed() == ["3400", "8000"]
        assert "Du får varsler for" in (say("8000") or ""), "the question has been answered"

    @pytest.mark.parametrize(
        "text",
        [
            "Jeg så en rød varevogn ved stationen kl. 14",
            "Han løb mod Netto",
            "AB12345",
            "sort Audi med tyske plader",
        ],
    )
    def test_a_tip_is_still_a_tip(self, work: Work, text: str) -> None:
        ask("TRYK Hillerød")
        assert say(text) is None

    def test_the_answer_speaks_the_language_of_the_question(self, work: Work) -> None:
        assert "Did you mean" in ask("JOIN Ebletoft")
        assert (say("yes") or "").startswith("You now get alerts for 8400 Ebeltoft.")


class TestForgetting:
    def test_an_answer_counts_once(self, work: Work) -> None:
        ask("TRYK Hillerød")
        say("2")
        assert say("1") is None

    def test_stop_ends_the_question(self, work: Work) -> None:
        ask("TRYK Ebletoft")
        say("STOP")
        say("ja")
        assert followed() == []

    def test_another_phone_cannot_answer(self, work: Work) -> None:
        ask("TRYK Ebletoft")
        say("ja", sender="+4522334456")
        assert followed() == []

    def test_after_a_day_nothing_is_asked_any_more(self, work: Work) -> None:
        ask("TRYK Ebletoft")
        with work() as session:
            session.execute(update(PlaceQuestion).values(asked_at=utcnow() - timedelta(hours=25)))
        say("ja")
        with work() as session:
            purge_sign_ups(session)
            assert session.scalar(select(func.count()).select_from(PlaceQuestion)) == 0
            assert session.scalar(select(func.count()).select_from(Subscriber)) == 0

    def test_yes_after_an_alert_answers_the_alert(self, work: Work) -> None:
        say("TRYK 3400")
        ask("TRYK Ebletoft")
        with work() as session:
            contact = contact_of(session, PHONE)
            assert contact is not None
            session.add(
                Delivery(
                    broadcast_id=1,
                    contact_id=contact.id,
                    channel=contact.channel,
                    attempted_at=utcnow() + timedelta(seconds=1),
                )
            )
        say("ja")
        assert followed() == ["3400"]
        say("8400")
        assert followed() == ["3400", "8400"]
