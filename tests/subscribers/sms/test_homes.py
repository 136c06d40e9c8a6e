"""Where people live and move to, and what they seem to wish: asked, and kept for the police too."""

from __future__ import annotations

import pytest

from subscribers.sms.commands import Verb
from subscribers.sms.keywords import parse_keyword
from tests.subscribers.people import Outcome, People
from tests.subscribers.test_sms_as_people_write import fits

OFFERED = [
    "jeg er lige flyttet til 3400", "Jeg bor i 3400", "Min postkode er 3400", "I live in 3400",
    "Vi bor i 3400, kan vi være med?", "I just moved to 3400", "jeg er ny i 3400",
    "Hej jeg kunne godt tænke mig at få at vide hvis der er indbrud i 3400",
    "skriv til mig når der sker noget i 3400", "kan I holde mig orienteret om 3400",
    "please tell me when something happens in 3400", "Could I be notified about 3400?",
    "i want to know about burglaries in 3400", "3400 live in", "3400 alerts please",
    "Quiero alertas 3400", "vi er flyttet fra 2100 til 3400", "Slotsgade 14, 3400 Hillerød",
    "TRYK 3400 for jeg bor der jo", "TRYK 3400 og det hele omkring min mors hus",
    "Der er hærværk i 3400 igen, hold mig venligst orienteret", "maybe 3400", "jeg tror 3400",
    "start bilen i 3400 og kør", "Slotsgade 14, 2. tv, 3400 Hillerød",
]  # fmt: skip
OFFERED_BY_NAME = [
    "jeg er lige flyttet til Hillerød", "hillerod alert plz",
    "kan I holde mig orienteret om Hillerød",
    "Hej jeg hedder Anna og er ny her, jeg vil meget gerne have besked om alt hvad der foregår i "
    "Hillerød hvor min mor også bor",
]  # fmt: skip
NO_HOMES = [
    "Jeg bor i 3400 og så en hvid varevogn", "Bilen er flyttet til 8000", "indbrud i Hillerød",
    "Tyven flyttede bilen til 8000", "han er flyttet til 8000", "jeg flytter ikke",
    "jeg så ham flytte ting ind i 3400", "vi er flyttet fra bilen til huset",
    "vil gerne give besked om hærværk i Hillerød", "han bor i 3400", "naboen er flyttet fra 3400",
    "der er indbrud på Slotsgade 14, 3400 Hillerød", "jeg er på Slotsgade 14 i 3400",
    "jeg bor i 3400, der er indbrud på Slotsgade 14, 3400",
    "falsk sms om pakke til 3400", "he moved to 8000",
    "I saw him move the car to 3400", "Manden bor vist i 3400",
]  # fmt: skip
REPLACE_OR_ADD = [
    "har skiftet adresse til 8000", "we moved to 8000", "vores nye postnummer er 8000",
    "vi flyttede til 8000 i går", "nu bor vi i 8000", "adresseændring 8000", "new address: 8000",
    "Jeg er flyttet til Aarhus C", "min nye adresse er Nørregade 3, 8000 Aarhus C",
    "my new postcode is 8000", "Hej, vi er lige flyttet til 8000",
]  # fmt: skip
BOTH_SAID = [
    "vi er flyttet fra 3400 til 8000", "I have moved from 3400 to 8000",
    "vi er flyttet til 8000 i stedet",
    "flyttet til 8000, vil gerne have varsler der i stedet for 3400",
    "Hej, vi er pr. 1/12 flyttet til Nørregade 3, 8000 Aarhus C fra Slotsgade 14, 3400 Hillerød",
]  # fmt: skip
LATER = [
    "jeg flytter til 8000 Aarhus den 1. december", "moving to 8000 next week",
    "jeg flytter fra 3400 til 8000 på fredag", "vi flytter til 8000 til sommer",
    "We're moving to 8000 on 1 January",
]  # fmt: skip
LOOKALIKES = {
    "TRYK 34OO": ["3400"], "TRYK 2l00": ["2100"], "tilmeld 21OO": ["2100"], "TRYK34OO": ["3400"],
}  # fmt: skip


def kept(outcome: Outcome) -> list[str]:
    """The texts that were kept as tips."""
    return [text for text, _urgent in outcome.tips]


@pytest.mark.one_database
class TestOffers:
    """Each table in one test, so that the service starts once for it."""

    def test_a_place_that_may_be_wished_for_is_asked_about_and_kept(self, people: People) -> None:
        for text in OFFERED:
            number = people.phone()
            outcome = people.write(number, text)
            assert "3400 Hillerød?" in outcome.reply, text
            assert (outcome.follows, kept(outcome)) == ([], [text])
            assert "dit tip" not in outcome.reply.casefold(), text
            assert fits(outcome.reply), text
            assert people.write(number, "JA TAK").follows == ["3400"], text

    def test_any_plain_answer_will_do(self, people: People) -> None:
        for answer, followed in {
            "ja": ["3400"],
            "3400": ["3400"],
            "nej": [],
            "NEJ TAK": [],
        }.items():
            outcome = people.write(people.phone("jeg bor i 3400"), answer)
            assert (outcome.follows, kept(outcome)) == (followed, ["jeg bor i 3400"])

    def test_a_name_is_asked_about_too(self, people: People) -> None:
        for text in OFFERED_BY_NAME:
            number = people.phone()
            outcome = people.write(number, text)
            assert "2: 3400 Hillerød" in outcome.reply, text
            assert (outcome.follows, kept(outcome)) == ([], [text])
            assert people.write(number, "den anden").follows == ["3400"], text

    def test_a_sentence_about_others_is_a_tip(self, people: People) -> None:
        for text in NO_HOMES:
            outcome = people.subscriber_writes(text)
            assert kept(outcome) == [text]
            assert "Dit tip er modtaget" in outcome.reply, text
            assert outcome.follows == ["3400", "3480"], text

    def test_an_unknown_postcode_is_said_to_be_unknown(self, people: People) -> None:
        for text in ("jeg er flyttet til 9999", "jeg bor i 9999"):
            outcome = people.write(people.phone(), text)
            assert "Vi kender ikke 9999" in outcome.reply, text
            assert kept(outcome) == [text]

    def test_who_follows_it_already_reads_so(self, people: People) -> None:
        assert people.subscriber_writes("jeg bor i 3400").reply.startswith("Du får varsler for")

    def test_in_a_tip_where_somebody_lives_is_more_of_it(self, people: People) -> None:
        number = people.phone("Jeg så en rød varevogn ved søen")
        outcome = people.write(number, "jeg bor i 3400")
        assert (outcome.follows, len(outcome.tips)) == ([], 2)
        assert "Vil du følge" not in outcome.reply

    def test_after_a_tip_a_place_does_not_answer_which_area(self, people: People) -> None:
        number = people.phone("TRYK", "Jeg så en rød varevogn ved søen")
        outcome = people.write(number, "3400")
        assert outcome.follows == []
        assert "en del af dit tip" in outcome.reply
        assert people.write(number, "TRYK 3400").follows == ["3400"]

    def test_which_area_is_answered_in_a_sentence(self, people: People) -> None:
        for text in ("jeg bor i 3400", "3400 tak", "det er 3400 Hillerød"):
            assert people.write(people.phone("TRYK"), text).follows == ["3400"], text

    def test_a_place_alone_after_a_tip_is_said_to_be_kept_with_it(self, people: People) -> None:
        for text in ("3400", "Hillerød", "Slotsgade 14, 3400 Hillerød", "34OO"):
            number = people.phone("Jeg så en rød varevogn ved søen")
            outcome = people.write(number, text)
            assert (outcome.follows, kept(outcome)[1:]) == ([], [text])
            assert "en del af dit tip" in outcome.reply, text
            assert "TRYK" in outcome.reply, text
            assert fits(outcome.reply), text
            assert people.write(number, "ja").follows == [], text


@pytest.mark.one_database
class TestMoves:
    def test_who_has_moved_is_asked_whether_to_replace_or_add(self, people: People) -> None:
        for text in REPLACE_OR_ADD:
            answers = {"ja": ["8000"], "begge": ["3400", "8000"], "tilføj": ["3400", "8000"]}
            for answer, followed in (answers | {"nej": ["3400"]}).items():
                number = people.phone("TRYK 3400")
                outcome = people.write(number, text)
                assert "Skal 8000 Aarhus C erstatte 3400 Hillerød?" in outcome.reply, text
                assert (outcome.follows, kept(outcome)) == (["3400"], [text])
                assert fits(outcome.reply), text
                assert people.write(number, answer).follows == followed, (text, answer)

    def test_who_follows_several_is_asked_which(self, people: People) -> None:
        for answer, followed in {
            "1": ["3480", "8000"], "den sidste": ["3400", "8000"], "begge": ["8000"],
            "tilføj": ["3400", "3480", "8000"], "add": ["3400", "3480", "8000"],
            "ingen": ["3400", "3480"],
        }.items():  # fmt: skip
            number = people.phone("TRYK 3400, 3480", "vi er flyttet til 8000")
            assert people.write(number, answer).follows == followed, answer

    def test_a_name_of_several_places_is_asked_about_first(self, people: People) -> None:
        number = people.phone("TRYK 3400", "Jeg er flyttet til Nykøbing")
        asked = people.write(number, "den første")
        assert "Skal 4800 Nykøbing F erstatte 3400 Hillerød?" in asked.reply
        assert asked.follows == ["3400"]
        assert people.write(number, "begge").follows == ["3400", "4800"]

    def test_with_both_places_said_it_is_done(self, people: People) -> None:
        for text in BOTH_SAID:
            outcome = people.write(people.phone("TRYK 3400"), text)
            assert (outcome.follows, outcome.tips) == (["8000"], []), text
            assert "8000 Aarhus C, og ikke længere for 3400 Hillerød" in outcome.reply, text

    def test_nothing_is_left_on_a_date_to_come_and_that_is_said(self, people: People) -> None:
        for text in LATER:
            number = people.phone("TRYK 3400")
            outcome = people.write(number, text)
            assert (outcome.follows, kept(outcome)) == (["3400"], [text])
            assert "vente på en dato" in outcome.reply, text
            assert "SKIFT TIL 8000" in outcome.reply, text
            assert fits(outcome.reply), text
            assert people.write(number, "ja").follows == ["3400", "8000"], text

    def test_who_only_says_that_they_moved_is_told_how(self, people: People) -> None:
        outcome = people.write(people.phone("TRYK 3400"), "jeg er flyttet")
        assert "SKIFT TIL" in outcome.reply
        for text in ("jeg har lige fået ny adresse", "jeg er ny i byen"):
            assert people.write(people.phone(text), "3400").follows == ["3400"], text

    def test_who_has_moved_away_is_asked_whether_to_leave(self, people: People) -> None:
        for text in ("vi er flyttet fra 3400", "jeg bor ikke længere i 3400"):
            number = people.phone("TRYK 3400, 3480")
            asked = people.write(number, text)
            assert "Vil du ikke længere følge 3400 Hillerød?" in asked.reply, text
            assert asked.follows == ["3400", "3480"], text
            assert people.write(number, "ja").follows == ["3480"], text

    def test_an_address_may_be_corrected(self, people: People) -> None:
        for text in ("ret min adresse til 8000", "please change my address to 8000"):
            assert people.write(people.phone("TRYK 3400"), text).follows == ["8000"], text


@pytest.mark.one_database
class TestHalfUnderstood:
    def test_letters_that_look_like_digits_are_read_and_said(self, people: People) -> None:
        for text, followed in LOOKALIKES.items():
            outcome = people.write(people.phone(), text)
            assert (outcome.follows, outcome.tips) == (followed, []), text
            assert followed[0] in outcome.reply, text
        outcome = people.subscriber_writes("STOP 34O0")
        assert (outcome.follows, outcome.stopped) == (["3480"], False)
        assert "3400 Hillerød" in outcome.reply

    def test_a_place_said_with_maybe_is_asked_about(self, people: People) -> None:
        for text in ("TRYK 3400 og vist nok 3480", "JOIN 3400 and maybe 3480"):
            number = people.phone()
            outcome = people.write(number, text)
            assert (outcome.follows, outcome.tips) == (["3400"], []), text
            assert "3480 Fredensborg?" in outcome.reply, text
            assert people.write(number, "ja").follows == ["3400", "3480"], text
        assert people.write(people.phone(), "TRYK måske 3400").follows == []
        assert people.subscriber_writes("STOP 3400 og måske 3480").follows == ["3400", "3480"]

    def test_a_place_that_nobody_knows_is_named(self, people: People) -> None:
        outcome = people.write(people.phone(), "TRYK hos mormor")
        assert "Vi kender ikke hos mormor" in outcome.reply
        assert outcome.follows == []

    def test_a_language_that_is_not_spoken_gets_both(self, people: People) -> None:
        for text in ("Proszę o alerty 3400", "Ich möchte Warnungen für 3400"):
            number = people.phone()
            outcome = people.write(number, text)
            assert outcome.reply.startswith("Du får nu varsler for 3400"), text
            assert "In English: reply ENGLISH" in outcome.reply, text
            assert people.write(number, "ENGLISH").reply.startswith("We will now write"), text


def test_a_number_plate_or_a_word_is_no_postcode() -> None:
    for text in ("lol1", "Ollo", "AB12O45", "TRYK Ollo"):
        found = parse_keyword(text)
        assert found is None or found.verb is Verb.FOLLOW, text
        assert found is None or found.places == ("Ollo",), text
