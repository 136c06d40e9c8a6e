"""One way to clean what comes in."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.texts.cleaning import clean, clean_all

ANY = st.text(st.characters())
"""Every character, lone surrogates too."""


@given(ANY)
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@given(ANY)
def test_what_comes_out_can_be_stored_shown_and_sent(text: str) -> None:
    cleaned = clean(text)
    cleaned.encode()
    assert unicodedata.is_normalized("NFC", cleaned)
    kinds = {unicodedata.category(letter) for letter in cleaned if letter not in "\n\t"}
    assert not kinds & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert not any(letter.isspace() and letter not in " \n\t" for letter in cleaned)


@given(st.text(st.sampled_from("abcæøåÆØÅéü 12,.!?-\n😀")))
def test_what_people_see_is_kept(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    ("given", "cleaned"),
    [
        ("\u202d20 99 90 02\u202c", "20 99 90 02"),
        ("A\u030arhus", "Århus"),
        ("3400\u00a0Hiller\u00f8d", "3400 Hillerød"),
        ("kl. 14\u201316", "kl. 14-16"),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("\ud83d", "\ufffd"),
        ("ok\x00\x1b[31m", "ok[31m"),
    ],
)
def test_what_phones_add_is_dropped(given: str, cleaned: str) -> None:
    assert clean(given) == cleaned


def test_every_text_of_a_document_is_cleaned() -> None:
    document = {"a\u200b": ["b\u200b", {"c": "d\x00", "n": 1.5}], "none": None}
    assert clean_all(document) == {"a": ["b", {"c": "d", "n": 1.5}], "none": None}
