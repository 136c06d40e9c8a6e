"""How many segments a text has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.segments import Encoding, count_segments
from simulator.phones.segments import billed_segments


@pytest.mark.parametrize(
    ("text", "encoding", "units", "segments"),
    [
        ("", "GSM-7", 0, 1),
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("æøåÆØÅ", "GSM-7", 6, 1),
        ("é" * 160, "GSM-7", 160, 1),
        ("€" * 80, "GSM-7", 160, 1),
        ("€" * 81, "GSM-7", 162, 2),
        # A euro sign is not split: 76 of them and an unused unit in each part.
        ("€" * 153, "GSM-7", 306, 3),
        ("á" * 70, "UCS-2", 70, 1),
        ("á" * 71, "UCS-2", 71, 2),
        ("á" * 134, "UCS-2", 134, 2),
        ("á" * 135, "UCS-2", 135, 3),
        ("😀" * 35, "UCS-2", 70, 1),
        ("😀" * 36, "UCS-2", 72, 2),
        # Nor is an emoji: 33 of them fit in 67 units.
        ("😀" * 67, "UCS-2", 134, 3),
        ("–", "UCS-2", 1, 1),
        ("\n\r", "GSM-7", 2, 1),
        ("^{}\\[~]|", "GSM-7", 16, 1),
    ],
)
def test_known_texts(text: str, encoding: str, units: int, segments: int) -> None:
    counted = count_segments(text)
    assert (counted.encoding, counted.units, counted.segments) == (encoding, units, segments)


ALPHABET = st.one_of(st.characters(codec="utf-8"), st.sampled_from("abcæøå€[]😀 "))


@given(st.text(ALPHABET, max_size=700))
def test_we_count_as_the_provider_bills(text: str) -> None:
    assert count_segments(text).segments == billed_segments(text)


@given(st.text(ALPHABET, max_size=400), st.text(ALPHABET, max_size=20))
def test_a_longer_text_never_takes_fewer_segments(text: str, more: str) -> None:
    assert count_segments(text + more).segments >= count_segments(text).segments


@given(st.text(ALPHABET, max_size=700))
def test_the_segments_hold_the_text_and_none_is_empty(text: str) -> None:
    counted = count_segments(text)
    single, part = (160, 153) if counted.encoding is Encoding.GSM7 else (70, 67)
    if counted.segments == 1:
        assert counted.units <= single
    else:
        assert counted.units <= counted.segments * part
        # Each part but the last is full, or one unit short of a character of two.
        assert counted.units > (counted.segments - 1) * (part - 1)
