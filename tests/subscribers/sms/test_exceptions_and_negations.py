"""All but one place, one place instead of another, and who does not want to stop."""

from __future__ import annotations

import pytest

from tests.subscribers.people import Outcome, People
from tests.subscribers.test_sms_as_people_write import fits

BOTH = ["3400", "3480"]
ALL_BUT_3400 = [
    "AFMELD alle undtagen 3400", "AFMELD alle andre end 3400", "LEAVE all except 3400",
    "Afmeld alt på nær Hillerød", "stop alle varsler undtagen 3400",
    "fjern alle områder bortset fra 34 00", "Afmeld de andre end 3400",
    "unsubscribe from everything but 3400", "AFMELD alle men behold 3400",
    "kan I fjerne alle undtagen 3400?", "hej, afmeld mig fra alt andet end 3400 tak",
]  # fmt: skip
NOT_TO_BE_READ = ["AFMELD alle undtagen mit eget", "LEAVE all except my own", "AFMELD 3400, xyzzy"]
NO_EXCEPTION = ["De stjal alt undtagen tv'et i 3400", "Alle gik undtagen ham i 3400"]
INSTEAD = [
    "TRYK 8000 i stedet for 3400", "TRYK 8000 istedet for 3400", "tryk 8000 istedetfor 3400",
    "join 8000 instead of 3400", "I stedet for 3400 vil jeg gerne have 8000",
    "jeg vil gerne have 8000 i stedet for 3400", "tilmeld mig 8000 i stedet for Hillerød tak",
    "can I get alerts for 8000 rather than 3400?", "TRYK 8000 frem for 3400",
]  # fmt: skip
NO_MOVE = [
    "Jeg så ham i Hillerød i stedet for Fredensborg", "han gik til 8000 i stedet for 3400",
    "They took the bike instead of the car",
]  # fmt: skip
WANTS_TO_STAY = [
    "jeg vil ikke stoppe", "I må ikke afmelde mig", "Nej stop ikke", "don't delete me",
    "don't unsubscribe me", "I did not say stop",
    "please don't unsubscribe me", "jeg ønsker ikke at blive afmeldt", "stop ikke",
    "fjern mig ikke", "afmeld mig ikke", "jeg vil ikke afmeldes",
]  # fmt: skip
DID_NOT_MEAN_IT = [
    "undskyld, jeg mente ikke at stoppe", "I didn't mean to stop", "Det var ikke meningen",
    "sorry, I did not mean to unsubscribe",
]  # fmt: skip
HOW_TO_LEAVE = [
    "How do I leave Hillerod?",
    "Hvordan fjerner jeg 3400",
    "hvordan afmelder jeg 3400?",
]


def changed_nothing(outcome: Outcome) -> bool:
    return outcome.follows == BOTH and not outcome.stopped


@pytest.mark.parametrize("text", ALL_BUT_3400)
def test_all_but_one_leaves_the_others(people: People, text: str) -> None:
    outcome = people.subscriber_writes(text)
    assert (outcome.follows, outcome.stopped, outcome.tips) == (["3400"], False, [])
    assert "3400 Hillerød, og ikke længere for 3480 Fredensborg" in outcome.reply
    assert fits(outcome.reply)


def test_an_exception_that_is_not_understood_or_followed_changes_nothing(people: People) -> None:
    for text in NOT_TO_BE_READ:
        outcome = people.subscriber_writes(text)
        assert changed_nothing(outcome), text
        assert "1: 3400 Hillerød og 2: 3480 Fredensborg" in outcome.reply, text
    outcome = people.subscriber_writes("AFMELD alle undtagen 8000")
    assert changed_nothing(outcome)
    assert "Du følger ikke 8000" in outcome.reply
    for text in NO_EXCEPTION:
        outcome = people.subscriber_writes(text)
        assert changed_nothing(outcome), text
        assert outcome.tips == [(text, False)], text
        assert "STOP" not in outcome.reply, text


def test_all_but_one_of_somebody_who_has_stopped_promises_no_alerts(people: People) -> None:
    outcome = people.write(people.phone("TRYK 3400, 3480", "STOP"), "AFMELD alle undtagen 3400")
    assert outcome.stopped
    assert "Du får nu" not in outcome.reply


@pytest.mark.parametrize("text", INSTEAD)
def test_one_place_instead_of_another_is_a_move(people: People, text: str) -> None:
    outcome = people.subscriber_writes(text)
    assert (outcome.follows, outcome.tips) == (["3480", "8000"], [])
    assert "8000 Aarhus C, og ikke længere for 3400 Hillerød" in outcome.reply


def test_only_a_wish_moves(people: People) -> None:
    for text in NO_MOVE:
        outcome = people.subscriber_writes(text)
        assert changed_nothing(outcome), text
        assert outcome.tips == [(text, False)], text
    number = people.phone("TRYK 3400, 3480")
    assert changed_nothing(people.write(number, "8000 i stedet for 3400"))
    assert people.write(number, "ja").follows == ["3480", "8000"]


def test_sign_up_in_a_municipality_is_not_taken_for_stopping(people: People) -> None:
    for text in (
        "meld mig til Fredensborg Kommune", "meld mig til hillerød kommune",
        "vil gerne melde mig til Hillerød Kommune",
    ):  # fmt: skip
        outcome = people.write(people.phone(), text)
        assert "afmelde" not in outcome.reply, text
        assert "Kommune? Svar JA" in outcome.reply, text
        assert (outcome.follows, outcome.tips) == ([], []), text


def test_who_does_not_want_to_stop_is_told_that_alerts_go_on(people: People) -> None:
    for text in WANTS_TO_STAY:
        outcome = people.subscriber_writes(text)
        assert changed_nothing(outcome), text
        assert "Du følger stadig 3400 Hillerød" in outcome.reply, text
        assert "Vil du afmelde" not in outcome.reply, text
        assert [tip for tip, _urgent in outcome.tips] == [text]


def test_who_did_not_mean_to_stop_gets_alerts_again(people: People) -> None:
    for text in DID_NOT_MEAN_IT:
        outcome = people.write(people.phone("TRYK 3400", "STOP"), text)
        assert (outcome.follows, outcome.stopped, outcome.tips) == (["3400"], False, []), text


def test_who_asks_how_to_leave_one_place_is_asked(people: People) -> None:
    for text in (
        "How do I leave Hillerod?",
        "Hvordan fjerner jeg 3400",
        "hvordan afmelder jeg 3400?",
    ):
        number = people.phone("TRYK 3400, 3480")
        outcome = people.write(number, text)
        assert changed_nothing(outcome), text
        assert outcome.tips == [], text
        assert "3400 Hillerød? Svar JA" in outcome.reply, text
        assert people.write(number, "ja").follows == ["3480"], text


def test_a_wrong_number_that_they_wrote_themselves_stops_nothing(people: People) -> None:
    for text in ("Undskyld jeg skrev forkert nummer", "sorry I typed the wrong number"):
        outcome = people.subscriber_writes(text)
        assert changed_nothing(outcome), text
        assert len(outcome.tips) == 1, text
        assert "afmelde" not in outcome.reply, text
    assert people.subscriber_writes("forkert nummer").stopped
