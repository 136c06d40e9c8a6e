"""Danger by SMS, as phones write it: which language answers, and what is said."""

from __future__ import annotations

from tests.subscribers.people import People


def test_a_danish_sentence_is_answered_in_danish(people: People) -> None:
    outcome = people.write(people.phone(), "jeg så en mand med en bombe")
    assert "Dit tip er modtaget" in outcome.reply
    assert "Zadzwo" not in outcome.reply
    assert [text for text, _urgent in outcome.tips] == ["jeg så en mand med en bombe"]
