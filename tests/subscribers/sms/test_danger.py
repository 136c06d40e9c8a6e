"""Danger by SMS, as phones write it: which language answers, and what is said."""

from __future__ import annotations

import pytest

from tests.subscribers.people import People


def test_a_danish_sentence_is_answered_in_danish(people: People) -> None:
    outcome = people.write(people.phone(), "jeg så en mand med en bombe")
    assert "Dit tip er modtaget" in outcome.reply
    assert "Zadzwo" not in outcome.reply
    assert [text for text, _urgent in outcome.tips] == ["jeg så en mand med en bombe"]


@pytest.mark.parametrize("text", ["skrid 😂", "skrid", "Forsvind!", "smut", "go away", "get lost"])
def test_who_scolds_is_asked_and_stays(people: People, text: str) -> None:
    outcome = people.subscriber_writes(text)
    assert not outcome.stopped
    assert len(outcome.follows) == 2
    assert "STOP" in outcome.reply


@pytest.mark.parametrize(
    "text",
    [
        "nabo sagde: skrid, og så slog han ham",
        "Jeg så ham ved Netto. Stop.",
        "han råbte forsvind til mig ved banken",
        "I saw him at the bank. Stop.",
    ],
)
def test_such_a_word_in_a_tip_asks_nothing(people: People, text: str) -> None:
    outcome = people.subscriber_writes(text)
    assert not outcome.stopped
    assert [tip for tip, _urgent in outcome.tips] == [text]
    assert "STOP" not in outcome.reply


def test_a_strangers_language_follows_what_they_write_last(people: People) -> None:
    phone = people.phone()
    assert "You" in people.write(phone, "How do I sign up?").reply
    assert "Tak. Dit tip" in people.write(phone, "jeg så en mand ved banken").reply


def test_one_message_in_english_does_not_change_a_danish_subscriber(people: People) -> None:
    phone = people.phone("TRYK 3400")
    people.write(phone, "How do I sign up?")
    assert "Tak. Dit tip" in people.write(phone, "I saw the man near the bank").reply
