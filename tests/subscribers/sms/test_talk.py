"""What people write to a service as if to a person: questions, wrong numbers, words for numbers."""

from __future__ import annotations

import pytest

from tests.subscribers.people import People
from tests.subscribers.test_sms_as_people_write import fits

BOTH = ["3400", "3480"]
NOT_THEIR_NUMBER = [
    "min far er gået bort, afmeld ham", "Min mor er død, fjern hende fra listen",
    "my dad died last week, please remove him",
    "min mand er død, hold op med at skrive til hans nummer", "forkert nummer",
    "I skriver til den forkerte", "det er ikke mig der har tilmeldt",
    "jeg har ikke tilmeldt mig noget",
    "jeg har fået dette nummer for nylig, det tilhørte en anden før",
    "det er ikke mit nummer mere", "Forkert person", "jeg har aldrig tilmeldt mig",
    "wrong person", "you have the wrong number", "I never signed up for this",
    "my husband passed away, please stop texting him", "Sorry, wrong number",
    "this number used to belong to someone else", "it wasn't me who signed up",
]  # fmt: skip
SOMEBODY_HAS_DIED = ["min mand er død", "Hej, min mor er desværre død", "my mother died"]
MAY_BE_ANOTHERS = [
    "I har fat i den forkerte",
    "Hej, I har fået fat i den forkerte",
    "you've got the wrong guy",
]
NOT_ABOUT_THE_NUMBER = [
    "der er en død mand ved søen", "jeg skrev forkert nummer før, bilen var rød",
    "min nabo har aldrig tilmeldt bilen", "min mor er død og jeg så hvem der gjorde det",
]  # fmt: skip
ANSWERED = {
    "hvad koster det?": "gratis at få",
    "Koster det noget?": "gratis at få",
    "hvad koster en sms til jer?": "gratis at få",
    "Hvad er Varsko?": "Varsko sender politiets varsler",
    "kan jeg følge flere områder?": "TRYK 3400",
    "Vi tager på ferie på lørdag": "pause endnu",
    "Away until Monday": "pause endnu",
    "Jeg ved ikke hvorfor I skriver til mig": "3400 Hillerød",
    "God vagt": "",
    "does it cost anything?": "gratis at få",
    "hvem er I?": "Varsko sender politiets varsler",
    "who are you?": "Varsko sender politiets varsler",
    "hvordan får jeg mine oplysninger slettet?": "/min-side",
    "hvem har tilmeldt mig?": "/min-side",
    "how do I get my data deleted?": "/min-side",
    "hvorfor får jeg det her?": "3400 Hillerød",
    "why am I getting this?": "3400 Hillerød",
    "hvordan fjerner jeg 3400?": "3400 Hillerød? Svar JA",
    "hvordan ændrer jeg mit postnummer?": "SKIFT TIL 3400",
    "how do I change my postcode?": "SKIFT TIL 3400",
    "kan man få det på mail?": "e-mail",
    "jeg er på ferie de næste 14 dage": "pause endnu",
    "Vi er på ferie i uge 29": "pause endnu",
    "I'm on holiday until Sunday": "pause endnu",
    "tusind tak for hjælpen i går": "",
    "thanks for the help yesterday": "",
}
NOBODY_KNOWS = [
    "har I fanget ham?", "kan man ringe til jer?", "hvad handler det om?", "fik I ham?",
    "hvad skal jeg gøre?", "hvad sker der?", "hvor mange har fået beskeden?",
    "hvornår får jeg varsler?", "Hvorfor er der så meget politi?", "kan I ringe til mig?",
    "have you caught him?", "what happened?", "what should I do?", "can you call me back?",
]  # fmt: skip
ABOUT_AN_ALERT = [
    "hvornår sluttede det?", "gælder det også 3480?", "er det slut?",
    "when did it end?", "does it also cover 3480?",
]  # fmt: skip
TIPS = [
    "jeg så ham ved Føtex, skal jeg gøre noget?", "I saw him at Føtex, should I do something?",
    "jeg er på ferie, men min nabo så en mand i haven", "When I came home the window was broken",
    "I'm on holiday in Hillerød and saw a man breaking into a car",
    "tak for i går, bilen holdt der igen i nat", "hvad koster den cykel han solgte ved Netto",
    "har I set den røde bil der holder ved Netto", "why did nobody stop the man in the blue jacket",
]  # fmt: skip
CHOSEN = {
    "den første": ["0219"], "nr. 2": ["3400"], "nr 2 tak": ["3400"], "begge": ["0219", "3400"],
    "begge to": ["0219", "3400"], "både 1 og 2": ["0219", "3400"], "ingen af dem": [],
    "nej ingen af dem tak": [], "neither": [], "the second one": ["3400"], "den anden": ["3400"],
    "den sidste": ["3400"], "first": ["0219"], "nummer to": ["3400"], "1 tak": ["0219"],
    "jeg vil gerne have den første": ["0219"], "ja den anden": ["3400"], "ja, 2": ["3400"],
    "number one please": ["0219"], "both of them": ["0219", "3400"], "jeg mener byen": ["3400"],
    "I want the first one": ["0219"], "to": ["3400"], "1. den": ["0219"],
}  # fmt: skip
CHOOSES_NOTHING = ["ved ikke", "det er lige meget", "I don't know", "either", "en anden", "nr. 7"]
NOT_UNDERSTOOD = ["ja den i Fyn", "den på Falster", "Falster", "nej den med havnen", "the big one"]
OF_SEVERAL = {
    "den første": ["3480"], "den sidste tak": ["3400"], "the second one": ["3400"],
    "ingen af dem": BOTH, "nr. 2": ["3400"], "fjern den første": ["3480"],
}  # fmt: skip


@pytest.mark.one_database
class TestTalk:
    """Each table in one test, so that the service starts once for it."""

    def test_a_number_that_is_not_theirs_is_stopped_in_kind_words(self, people: People) -> None:
        for text in NOT_THEIR_NUMBER:
            outcome = people.subscriber_writes(text)
            assert (outcome.stopped, outcome.tips) == (True, []), text
            assert "vi kede af" in outcome.reply, text
            assert "START" in outcome.reply, text
            assert fits(outcome.reply), text

    def test_a_death_alone_stops_nothing_and_is_asked_about(self, people: People) -> None:
        for text in SOMEBODY_HAS_DIED:
            number = people.phone("TRYK 3400")
            outcome = people.write(number, text)
            assert (outcome.stopped, outcome.tips) == (False, [(text, False)])
            assert "gør os ondt" in outcome.reply, text
            assert "dit tip" not in outcome.reply, text
            assert people.write(number, "ja").stopped, text

    def test_the_wrong_one_may_have_been_arrested_so_it_is_asked(self, people: People) -> None:
        for text in MAY_BE_ANOTHERS:
            outcome = people.subscriber_writes(text)
            assert "Vil du afmelde alle varsler? Svar STOP." in outcome.reply, text
            assert (outcome.stopped, len(outcome.tips)) == (False, 1), text

    def test_what_only_sounds_like_it_stops_nothing(self, people: People) -> None:
        for text in NOT_ABOUT_THE_NUMBER:
            outcome = people.subscriber_writes(text)
            assert not outcome.stopped, text
            assert [kept for kept, _urgent in outcome.tips] == [text]

    def test_questions_about_the_service_are_answered_and_are_no_tips(self, people: People) -> None:
        for text, answer in ANSWERED.items():
            outcome = people.subscriber_writes(text)
            assert answer in outcome.reply, text
            assert (outcome.tips, outcome.follows, outcome.stopped) == ([], BOTH, False), text
            assert bool(outcome.reply) == bool(answer), text
            assert fits(outcome.reply), text

    def test_a_question_that_nobody_answers_says_so_and_is_kept(self, people: People) -> None:
        for text in NOBODY_KNOWS:
            outcome = people.subscriber_writes(text)
            assert "114" in outcome.reply, text
            assert "dit tip" not in outcome.reply.casefold(), text
            assert [kept for kept, _urgent in outcome.tips] == [text]
            assert fits(outcome.reply), text
        for text in ABOUT_AN_ALERT:
            outcome = people.subscriber_writes(text)
            assert "Ingen svarer på spørgsmål" in outcome.reply, text
            assert [kept for kept, _urgent in outcome.tips] == [text]

    def test_an_observation_with_a_question_is_a_tip_and_says_so(self, people: People) -> None:
        for text in TIPS:
            outcome = people.subscriber_writes(text)
            assert "Dit tip er modtaget" in outcome.reply, text
            assert [kept for kept, _urgent in outcome.tips] == [text]

    def test_who_does_not_want_to_stop_as_it_seems_is_asked(self, people: People) -> None:
        for text in ("stop ikke", "afmeld mig ikke"):
            outcome = people.subscriber_writes(text)
            assert "svar STOP" in outcome.reply
            assert (outcome.stopped, len(outcome.tips)) == (False, 1)
            assert "dit tip" not in outcome.reply.casefold()


@pytest.mark.one_database
class TestChoosing:
    def test_a_choice_is_understood_in_words(self, people: People) -> None:
        for answer, followed in CHOSEN.items():
            outcome = people.write(people.phone("TRYK Hillerød"), answer)
            assert (outcome.follows, outcome.tips) == (followed, []), answer
        for answer, followed in OF_SEVERAL.items():
            outcome = people.write(people.phone("TRYK 3400, 3480", "AFMELD"), answer)
            assert (outcome.follows, outcome.tips) == (followed, []), answer

    def test_who_cannot_choose_is_asked_once_more(self, people: People) -> None:
        for answer in CHOOSES_NOTHING:
            outcome = people.write(people.phone("TRYK Hillerød"), answer)
            assert "2: 3400 Hillerød" in outcome.reply, answer
            assert (outcome.follows, outcome.tips) == ([], []), answer

    def test_what_may_be_the_answer_is_kept_and_the_question_is_put_again(
        self, people: People
    ) -> None:
        for answer in NOT_UNDERSTOOD:
            number = people.phone("TRYK Nykøbing")
            outcome = people.write(number, answer)
            assert "2: 7900 Nykøbing M" in outcome.reply or "2: 7900" in outcome.reply, answer
            assert [kept for kept, _urgent in outcome.tips] == [answer]
            assert fits(outcome.reply), answer
            assert len(people.write(number, "den første").follows) == 1, answer

    def test_danger_after_a_question_is_answered_by_112_alone(self, people: People) -> None:
        outcome = people.write(people.phone("TRYK Hillerød"), "han har en kniv nu")
        assert outcome.reply.startswith("Ring 112 nu")
        assert outcome.tips[0][1]

    def test_a_sighting_after_a_question_is_a_tip(self, people: People) -> None:
        for text in ("jeg så ham ved Netto", "Den røde bil med AB12345 holdt ved søen igen"):
            outcome = people.write(people.phone("TRYK Hillerød"), text)
            assert "Dit tip er modtaget" in outcome.reply, text
