"""Leaving one area, moving to another, and the questions that come before it."""

from __future__ import annotations

from tests.subscribers.people import People

BOTH = ["3400", "3480"]
REMOVED = [
    "fjern 3400", "slet 3400", "remove 3400", "Fjern mig fra 3400", "meld mig fra 3400",
    "please remove me from 3400", "delete 3400 please", "fjern Hillerød", "hej, fjern 3400 tak",
]  # fmt: skip
NOTHING_TO_LEAVE = ["fjern bilen", "slet billedet", "remove the car", "flyt bilen til siden"]
MOVES = ["skift til 8000", "flyt mig til 8000", "change to 8000", "ret mit postnummer til 8000"]
ONE_FOR_ANOTHER = [
    "skift fra 3400 til 8000", "move me from 3400 to 8000", "udskift 3400 med 8000",
]  # fmt: skip


def test_removing_a_place_leaves_it(people: People) -> None:
    for text in REMOVED:
        outcome = people.subscriber_writes(text)
        assert (outcome.follows, outcome.stopped, outcome.tips) == (["3480"], False, []), text
        assert "ikke længere varsler for 3400 Hillerød" in outcome.reply, text


def test_removing_what_is_no_place_is_a_tip(people: People) -> None:
    for text in NOTHING_TO_LEAVE:
        outcome = people.subscriber_writes(text)
        assert (outcome.follows, outcome.tips) == (BOTH, [(text, False)]), text
        assert "Svar STOP" not in outcome.reply, text


def test_moving_leaves_the_only_area_and_joins_the_other(people: People) -> None:
    for text in MOVES:
        outcome = people.write(people.phone("TRYK 3400"), text)
        assert (outcome.follows, outcome.tips) == (["8000"], []), text
        assert "8000 Aarhus C, og ikke længere for 3400 Hillerød" in outcome.reply
    assert people.write(people.phone(), "skift til 8000").follows == ["8000"]


def test_who_follows_several_is_asked_what_to_move_from(people: People) -> None:
    for text in MOVES:
        number = people.phone("TRYK 3400, 3480")
        asked = people.write(number, text)
        assert (asked.follows, asked.tips) == (BOTH, []), text
        assert "1: 3400 Hillerød og 2: 3480 Fredensborg" in asked.reply
        assert people.write(number, "2").follows == ["3400", "8000"]
    number = people.phone("TRYK 3400, 3480", "skift til 8000")
    assert people.write(number, "ALT").follows == ["8000"]


def test_what_is_named_is_moved_from(people: People) -> None:
    for text in ONE_FOR_ANOTHER:
        assert people.subscriber_writes(text).follows == ["3480", "8000"], text
    assert people.subscriber_writes("skift fra 2100 til 8000").follows == BOTH


def test_where_to_move_is_asked_if_it_is_not_certain(people: People) -> None:
    number = people.phone("TRYK 3480")
    assert "2: 3400 Hillerød" in people.write(number, "flyt mig til Hillerød").reply
    assert people.write(number, "2").follows == ["3400"]


def test_afmeld_alone_asks_which_of_several(people: People) -> None:
    for text in ("AFMELD", "leave", "Afmeld!"):
        for answer, left in {"1": ["3480"], "3480": ["3400"], "Fredensborg": ["3400"]}.items():
            number = people.phone("TRYK 3400, 3480")
            asked = people.write(number, text)
            assert (asked.follows, asked.stopped, asked.tips) == (BOTH, False, [])
            assert "1: 3400 Hillerød og 2: 3480 Fredensborg" in asked.reply
            outcome = people.write(number, answer)
            assert (outcome.follows, outcome.stopped) == (left, False), answer
        for answer in ("ALT", "alle", "all", "STOP"):
            number = people.phone("TRYK 3400, 3480", text)
            assert people.write(number, answer).stopped, answer
        number = people.phone("TRYK 3400, 3480", text)
        assert "stadig 3400 Hillerød" in people.write(number, "nej").reply


def test_afmeld_alone_leaves_the_only_area(people: People) -> None:
    outcome = people.write(people.phone("TRYK 3400"), "AFMELD")
    assert (outcome.follows, outcome.stopped) == ([], False)
    assert "ikke længere varsler for 3400 Hillerød" in outcome.reply
    assert "Svar TRYK" in outcome.reply
    assert people.write(people.phone(), "AFMELD").stopped


def test_yes_to_stopping_stops(people: People) -> None:
    for question in ("Stop den hvide varevogn", "Sotp", "hvordan stopper jeg"):
        for answer in ("ja", "JA TAK", "yes", "1", "yes please"):
            outcome = people.write(people.phone("TRYK 3400", question), answer)
            assert outcome.stopped, (question, answer)
            assert answer not in [text for text, _urgent in outcome.tips]
            assert "Du er afmeldt" in outcome.reply
        number = people.phone("TRYK 3400", question)
        outcome = people.write(number, "nej")
        assert not outcome.stopped
        assert "Du følger stadig 3400 Hillerød" in outcome.reply
        assert not people.write(number, "ja").stopped


def test_yes_after_112_stops_nobody(people: People) -> None:
    number = people.phone("TRYK 3400", "Stop ham, han har en kniv lige nu")
    assert not people.write(number, "ja").stopped


def test_something_else_in_between_is_not_taken_for_the_answer(people: People) -> None:
    number = people.phone("TRYK 3400", "Sotp", "TRYK 8000")
    assert not people.write(number, "ja").stopped
