"""Danger is heard in Danish and English, however it is typed, and not inside other words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tips.intake.danger import is_dangerous, plain_words
from tips.intake.language import language_of

DANGER = [
    "han står her lige nu",
    "LIGE NU!!!",
    "ligenu bag netto",
    "Lige  \n nu",
    "lige, nu",
    "manden har en kniv",
    "Manden med kniven er tilbage",
    "han skyder",
    "De SKYDER på hinanden",
    "hun bløder",
    "hun bloeder meget",
    "hun bloder",
    "det brænder i opgangen",
    "han slår hende",
    "han slaar hende",
    "hun bliver overfaldet",
    "hjælp mig",
    "hjaelp mig",
    "hjælp os nu",
    "hjæææææælp mig",
    "hjæælp mig",
    "hjælp\u200b mig",
    "kom hurtigt",
    "han er bevæbnet",
    "de har vaben",
    "jeg er i fare",
    "han trækker ikke vejret",
    "help now",
    "HELP ME PLEASE",
    "he has a gun",
    "He's got a knife",
    "they are shooting at people",
    "is happening right now",
    "she can't breathe",
    "she can’t breathe",
    "he is attacking her",
    "ｈｅ ｈａｓ ａ ｇｕｎ",
]
CALM = [
    "",
    "🚲🚲🚲",
    "jeg så en sort bil i går",
    "en knivskarp hjørnetand",
    "skydedøren stod åben",
    "the match has begun",
    "gunnar stod ved kiosken",
    "Jeg så overfaldet i går aftes",
    "jeg tror jeg hørte om voldtægten",
    "shotgun wedding is a film",
    "I heard the shooting yesterday",
    "han hedder Bomberg",
    "en tip om farvel",
    "en helplinje",
    "alarmed neighbours",
    "de ligner hinanden",
    "i farezonen",
    "lige numre på gaden",
]


@pytest.mark.parametrize("text", DANGER)
def test_danger_is_heard(text: str) -> None:
    assert is_dangerous(text)


@pytest.mark.parametrize("text", CALM)
def test_calm_messages_raise_no_alarm(text: str) -> None:
    assert not is_dangerous(text)


@given(st.text(max_size=300))
def test_any_text_folds_to_plain_words_with_one_space_between(text: str) -> None:
    folded = plain_words(text)
    assert set(folded) <= set("abcdefghijklmnopqrstuvwxyz0123456789 ")
    assert folded.split() == folded.strip().split(" ") or not folded.strip()


@given(st.text(max_size=100), st.text(max_size=100))
def test_danger_is_heard_between_any_other_words(before: str, after: str) -> None:
    assert is_dangerous(f"{before} \n han skyder \n {after}")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("I saw a black car near the station", "en"),
        ("help now he has a gun", "en"),
        ("Jeg så en sort bil ved stationen", "da"),
        ("han løb mod Netto", "da"),
        ("AB12345", "da"),
        ("", "da"),
        ("red car", "en"),
        ("rød bil", "da"),
    ],
)
def test_the_language_of_a_message_is_guessed(text: str, language: str) -> None:
    assert language_of(text) == language
