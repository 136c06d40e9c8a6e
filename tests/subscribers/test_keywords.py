"""What is a command and what is a tip."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers.sms.commands import STOPS, Command, Verb
from subscribers.sms.keywords import parse_keyword
from subscribers.sms.typed_places import parse_places
from subscribers.sms.vocabulary import COURTESY, FOLLOW_WORDS, LONE_WORDS, STOP_WORDS
from subscribers.sms.wishes import WHOLE_MESSAGES, is_stop, phrases
from web.texts.folding import fold
from web.texts.words import plain_words

EMOJI = ["🛑", "😀", "👍🏽", "❤️", "👨‍👩‍👧", "🇩🇰", "ℹ️", "✋"]
DRESS = st.lists(
    st.sampled_from([*" \t\n\r.,!?:;-–—…\"'“”„»«()[]*_~/\u00a0\u200b\ufeff", *EMOJI]), max_size=8
).map("".join)


def in_any_case(word: str) -> st.SearchStrategy[str]:
    """The word with each letter large or small."""
    return st.tuples(*(st.sampled_from([letter.lower(), letter.upper()]) for letter in word)).map(
        "".join
    )


COMMON = [
    *("jeg", "vil", "ikke", "have", "en", "bil", "så", "ham", "ved", "stoppestedet", "mig", "fra"),
    *("jer", "meld", "slet", "tag", "hold", "op", "med", "stop", "stopskilt", "afmeld", "slut"),
    *("don't", "want", "more", "the", "list", "remove", "me", "3400", "beskeder", "tak", "nu"),
]


class TestStop:
    @given(st.sampled_from(sorted(STOP_WORDS)).flatmap(in_any_case), DRESS, DRESS)
    def test_a_lone_stop_word_works_in_any_dress(self, word: str, before: str, after: str) -> None:
        found = parse_keyword(before + word + after)
        assert found is not None
        assert found.verb is Verb.STOP

    @pytest.mark.parametrize(
        "text",
        [
            "S T O P",
            "s.t.o.p",
            "STOOOP!!!",
            "stopp",
            "STOP STOP STOP",
            "𝗦𝗧𝗢𝗣",
            "ⓈⓉⓄⓅ",
            "ＳＴＯＰ",
            "Stóp",
            "Stop nu!",
            "Please stop",
            "stop tak",
            "sms stop",
            "Stop alle beskeder",
            "STOP ALL",
            "Stop med at sende mig sms'er",
            "Unsubscribe me please",
            "Afmeld mig fra alle varsler, tak",
            "opt out",
            "STOP\n\nSendt fra min iPhone",
            "STOP\n--\nMed venlig hilsen Jens Hansen, Hillerød",
            "STOP" + " " * 10_000,
        ],
    )
    def test_wanting_peace_is_stop(self, text: str) -> None:
        found = parse_keyword(text)
        assert found is not None
        assert found.verb is Verb.STOP

    @pytest.mark.parametrize(
        "text",
        [
            "End of the road I saw a red car",
            "End it all",
            "Cancel the party, there are police",
            "Quit smoking",
            "Slut på festen",
            "Bilen holdt ved et stopskilt",
            "Stop! jeg så en mand ved stationen",
            "stop tyven løb ned ad Slotsgade mod søen",
            "Stop tyven lige nu",
            "stop ham!",
            "Stop that man",
            "Jeg så ham ved stoppestedet",
        ],
    )
    def test_a_sentence_that_begins_like_stop_is_a_tip(self, text: str) -> None:
        assert parse_keyword(text) is None

    @pytest.mark.parametrize(
        "text",
        [
            "Stop den bil!",
            "stop ikke",
            "I do not want to stop",
            "please don't unsubscribe me",
            "jeg vil ikke afmeldes",
            "не хочу відписатися",
        ],
    )
    def test_what_goes_on_after_stop_is_asked_about(self, text: str) -> None:
        command = parse_keyword(text)
        assert command is not None
        assert command.verb is Verb.ASK_ABOUT_STOP

    @given(st.text() | st.lists(st.sampled_from(COMMON), max_size=12).map(" ".join))
    def test_no_text_without_a_stop_word_or_wish_ever_stops_anything(self, text: str) -> None:
        found = parse_keyword(text)
        words = plain_words(unicodedata.normalize("NFKC", text))
        if found and found.verb in STOPS:
            wishes = phrases("wishes", "erase", "wrong_number", "stops_the_dead")
            said_so = wishes.are_in(words) or any(map(is_stop, words.split()))
            # "S T O P" is written apart, and styled letters are made plain.
            assert said_so or "stop" in "".join(words.split())

    @pytest.mark.parametrize(
        ("text", "places"),
        [
            ("STOP 3400", ("3400",)),
            ("stop3400", ("3400",)),
            ("Stop fra 3400", ("3400",)),
            ("AFMELD Hillerød", ("Hillerød",)),
            ("afmeld mig fra Hillerød og Allerød, tak", ("Hillerød", "Allerød")),
            ("unsubscribe 3400 and 3480", ("3400", "3480")),
            ("leave 3400", ("3400",)),
        ],
    )
    def test_stop_with_places_leaves_those(self, text: str, places: tuple[str, ...]) -> None:
        found = parse_keyword(text)
        assert found is not None
        assert (found.verb, found.places) == (Verb.LEAVE, places)


class TestFollow:
    @pytest.mark.parametrize(
        ("text", "language", "places"),
        [
            ("TRYK 3400", "da", ("3400",)),
            ("tryk3400", "da", ("3400",)),
            ("Tryk: 3400!", "da", ("3400",)),
            ("“TRYK 3400” 👍", "da", ("3400",)),
            ("TRYK DK-3400", "da", ("DK-3400",)),
            ("TRYK 3400 Hillerød", "da", ("3400 Hillerød",)),
            ("TRYK Hillerød 3400", "da", ("3400 Hillerød",)),
            ("TRYK 3400, 3480", "da", ("3400", "3480")),
            ("TRYK 3400 3480 3450", "da", ("3400", "3480", "3450")),
            ("TRYK 3400 Hillerød 3480 Fredensborg", "da", ("3400 Hillerød", "3480 Fredensborg")),
            ("TRYK 3400\n3480", "da", ("3400", "3480")),
            ("TRYK 3400 og 3400", "da", ("3400",)),
            ("TILMELD Hillerød", "da", ("Hillerød",)),
            ("tilmeld mig i Hilleroed tak", "da", ("Hilleroed",)),
            ("Hej, tilmeld 3400", "da", ("3400",)),
            ("START København K", None, ("København K",)),
            ("START Midt- og Vestsjællands Politi", None, ("Midt- og Vestsjællands Politi",)),
            ("TRYK Kgs. Lyngby", "da", ("Kgs. Lyngby",)),
            ("TRYK Sydsjællands og Lolland-Falsters Politi", "da", None),
            ("JOIN 3400 please", "en", ("3400",)),
            ("Subscribe me to Allerød", "en", ("Allerød",)),
            ("TRYK 34000", "da", ("34000",)),
        ],
    )
    def test_a_keyword_and_places(
        self, text: str, language: str | None, places: tuple[str, ...] | None
    ) -> None:
        found = parse_keyword(text)
        assert found is not None
        assert (found.verb, found.language) == (Verb.FOLLOW, language)
        assert found.places == (places or ("Sydsjællands og Lolland-Falsters Politi",))

    @pytest.mark.parametrize("text", ["HELP NOW", "Hjælp nu!!", "help help now", "nu hjælp"])
    def test_a_cry_for_help_is_no_keyword(self, text: str) -> None:
        assert parse_keyword(text) is None

    @pytest.mark.parametrize("text", ["START", "start!", "TRYK", "Tilmeld", "join now"])
    def test_without_a_place_it_is_taking_up_again(self, text: str) -> None:
        found = parse_keyword(text)
        assert found is not None
        assert found.verb is Verb.RESUME

    @pytest.mark.parametrize(
        "text",
        [
            "start jeg så en mand",
            "Start med at se på kameraet ved stationen",
            "Tryk på knappen",
            "Join the search at the lake",
            "tilmeldingen var i går, jeg så den sorte varevogn",
            "TRYK " + ", ".join(str(number) for number in range(1000, 1030)),
        ],
    )
    def test_a_sentence_that_begins_like_it_is_a_tip(self, text: str) -> None:
        assert parse_keyword(text) is None

    def test_words_that_could_be_a_sentence_are_doubtful(self) -> None:
        found = parse_keyword("Start bilen kørte stærkt")
        assert found is not None
        assert found.doubtful
        certain = parse_keyword("START Hillerød")
        assert certain is not None
        assert not certain.doubtful

    def test_postcodes_alone_answer_which_area(self) -> None:
        assert parse_keyword("3400") == Command(Verb.FOLLOW, None, ("3400",), bare=True)
        assert parse_keyword("3400, 3480.") == Command(
            Verb.FOLLOW, None, ("3400", "3480"), bare=True
        )
        assert parse_keyword("3400 kroner") is None
        assert parse_keyword("1") is None


class TestTheTables:
    def test_words_are_written_as_they_are_compared_and_mean_one_thing(self) -> None:
        tables = [*STOP_WORDS, *FOLLOW_WORDS, *LONE_WORDS]
        assert [word for word in tables if fold(word) != word] == []
        assert len(tables) == len(set(tables))

    def test_no_keyword_is_a_word_that_is_passed_over(self) -> None:
        assert COURTESY.isdisjoint([*STOP_WORDS, *FOLLOW_WORDS, *LONE_WORDS])

    def test_every_verb_has_a_word(self) -> None:
        of_tables = {Verb.STOP, Verb.LEAVE, Verb.FOLLOW, Verb.RESUME}
        of_rules = {Verb.STOP_AND_ERASE, Verb.ASK_ABOUT_STOP, Verb.TWO_THINGS, Verb.THANKS}
        of_rules |= {Verb.REACTION, Verb.EMPTY, Verb.REGRET, Verb.MOVE, Verb.AUTOMATIC}
        of_rules |= {Verb.KEEP_ONLY, Verb.STOP_FOR_ANOTHER, Verb.BEREAVED}
        of_rules |= {Verb.MOVED, Verb.OFFER}
        of_lists = {verb for verb, _language in LONE_WORDS.values()} | set(WHOLE_MESSAGES.values())
        assert of_tables | of_rules | of_lists == set(Verb)
        others = ("wishes", "erase", "wrong_number", "bereaved", "thanks", "reactions")
        for name in (*WHOLE_MESSAGES, *others):
            assert phrases(name).phrases, name


class TestTheRest:
    @given(st.sampled_from(sorted(LONE_WORDS)).flatmap(in_any_case), DRESS, DRESS)
    def test_a_lone_word_works_in_any_dress(self, word: str, before: str, after: str) -> None:
        verb, language = LONE_WORDS[word.casefold()]
        assert parse_keyword(before + word + after) == Command(verb, language)

    @pytest.mark.parametrize("text", ["HJÆLP", "hjaelp", "Hjælp?", "Hjælp, tak"])
    def test_danish_letters_may_be_written_in_two(self, text: str) -> None:
        assert parse_keyword(text) == Command(Verb.HELP, "da")

    @pytest.mark.parametrize("text", ["Hjælp mig", "HELP ME NOW", "help der er en mand med kniv"])
    def test_a_cry_for_help_is_no_keyword(self, text: str) -> None:
        assert parse_keyword(text) is None

    @pytest.mark.parametrize(
        ("text", "language"),
        [("ENGLISH", "en"), ("In English, please", "en"), ("på dansk", "da"), ("Dansk tak", "da")],
    )
    def test_the_language_is_switched(self, text: str, language: str) -> None:
        assert parse_keyword(text) == Command(Verb.LANGUAGE, language)

    @given(DRESS)
    def test_a_message_without_words_is_empty(self, text: str) -> None:
        thumbs = Verb.THANKS if any(thumb in text for thumb in "👍❤") else Verb.EMPTY
        found = parse_keyword(text)
        assert found is not None
        assert found.verb in (Verb.EMPTY, thumbs)

    def test_a_keycap_digit_is_a_digit(self) -> None:
        assert parse_keyword("1️⃣") is None

    @given(st.text())
    def test_any_text_gets_a_verdict(self, text: str) -> None:
        found = parse_keyword(text)
        assert found is None or found.verb in Verb

    @given(st.text(min_size=250, alphabet="abc def"), st.sampled_from(["STOP ", "TRYK ", ""]))
    def test_a_long_message_is_a_tip(self, text: str, keyword: str) -> None:
        letters = "".join(text.split())
        assert parse_keyword(keyword + text + "x" * (250 - min(250, len(letters)))) is None

    @given(st.text())
    def test_what_the_parser_calls_a_place_reads_the_same_again(self, text: str) -> None:
        for place in parse_places(text):
            assert parse_places(place) == (place,)

    @pytest.mark.parametrize(
        "text", ["\n" * 10_000, "a " * 5_000, "😀" * 10_000, "STOP," * 2_000, "1000 " * 2_000]
    )
    def test_ten_thousand_characters_take_no_time(self, text: str) -> None:
        began = time.process_time()
        parse_keyword(text)
        assert time.process_time() - began < 0.5
