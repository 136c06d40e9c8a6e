"""Yes, no and "delete" in the languages that people here write, as answers and on their own."""

from __future__ import annotations

import pytest

from tests.subscribers.people import People

YES = ["evet", "Evet.", "نعم", "так", "да", "si", "Sí!", "tak proszę", "ja bitte", "sure"]
NO = ["hayır", "nie", "ні", "нет", "لا", "nein", "nah"]
ERASES = ["Sil", "USUŃ", "usuń moje dane", "Видалити", "удалить", "احذف", "hesabımı sil", "DELETE"]


@pytest.mark.one_database
def test_a_yes_in_any_of_them_follows_what_was_offered(people: People) -> None:
    for text in YES:
        outcome = people.write(people.phone("3400"), text)
        assert (outcome.follows, outcome.tips) == (["3400"], []), text


@pytest.mark.one_database
def test_a_no_in_any_of_them_declines(people: People) -> None:
    for text in NO:
        number = people.phone("3400")
        outcome = people.write(number, text)
        assert (outcome.follows, outcome.tips) == ([], []), text
        assert "TRYK" in outcome.reply or "FOLLOW" in outcome.reply.upper(), text
        assert people.write(number, "ja").follows == [], text


@pytest.mark.one_database
def test_tak_is_yes_in_polish_and_asked_about_in_danish(people: People) -> None:
    again = people.write(people.phone("3400"), "Tak")
    assert again.follows == []
    assert "3400 Hillerød? Svar JA" in again.reply
    assert people.write(people.phone("ENGLISH 3400"), "Tak").follows == ["3400"]
    assert people.write(people.phone("TRYK 3400"), "tak").reply == ""
    assert people.write(people.phone("TRYK 3400", "slet"), "tak").follows == ["3400"]


@pytest.mark.one_database
def test_delete_in_any_of_them_is_what_slet_is(people: People) -> None:
    for text in ERASES:
        stranger = people.write(people.phone(), text)
        assert "/slet" in stranger.reply, text
        assert stranger.tips == [], text
        number = people.phone("TRYK 3400")
        asked = people.write(number, text)
        assert asked.reply == people.write(people.phone("TRYK 3400"), "SLET").reply, text
        assert (asked.follows, asked.tips) == (["3400"], []), text
        assert people.write(number, "evet").follows == [], text
