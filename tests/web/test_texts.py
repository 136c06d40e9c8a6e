"""One typography, one folding of words, one way to write a phone number."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.segments import count_segments
from web.texts import typography
from web.texts.folding import fold, fold_words
from web.texts.phone_numbers import spoken_number
from web.texts.typography import plain

TYPOGRAPHIC = (
    typography.DASHES
    + typography.DOUBLE_QUOTES
    + typography.SINGLE_QUOTES
    + typography.SPACES
    + typography.INVISIBLE
    + typography.ELLIPSIS
)


@given(st.text(st.sampled_from("abcæøåÆØÅ .,-'\"" + TYPOGRAPHIC)))
def test_plain_text_needs_no_ucs2(text: str) -> None:
    assert not set(plain(text)) & set(TYPOGRAPHIC)
    assert plain(plain(text)) == plain(text)
    assert count_segments(plain(text)).segments <= count_segments(text).segments or "…" in text


@given(st.text(st.characters(exclude_characters=TYPOGRAPHIC)))
def test_what_is_no_typography_is_left_alone(text: str) -> None:
    assert plain(text) == text


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert fold_words(fold_words(text)) == fold_words(text)


@given(st.text(st.sampled_from("abcdefæøåéüÆØÅÉÜ 19")))
def test_case_and_composition_do_not_matter(text: str) -> None:
    assert fold(text.upper()) == fold(text.lower()) == fold(text)
    assert fold(unicodedata.normalize("NFD", text)) == fold(text)
    assert fold(text).isascii()


@given(st.text())
def test_folded_words_are_letters_and_digits_with_one_space_between(text: str) -> None:
    words = fold_words(text)
    assert words == " ".join(words.split())
    assert all(letter.isalnum() or letter == " " for letter in words)


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Allerød", "alleroed"),
        ("ALLEROED", "alleroed"),
        ("Ærø", "aeroe"),
        ("Ålborg", "aalborg"),
        ("Aalborg", "aalborg"),
        ("Malmö", "malmoe"),
        ("café", "cafe"),
        ("Straße", "strasse"),
        ("ｓｔｏｐ", "stop"),
        ("1️⃣", "1"),
    ],
)
def test_ways_of_writing_a_word_are_one(written: str, folded: str) -> None:
    assert fold(written) == folded


@pytest.mark.parametrize(
    ("number", "spoken"),
    [("+4552510000", "52 51 00 00"), ("+46701234567", "+46701234567"), ("1212", "1212")],
)
def test_a_phone_number_is_written_as_danes_read_it(number: str, spoken: str) -> None:
    assert spoken_number(number) == spoken
