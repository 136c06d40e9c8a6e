"""Segments are counted as the provider counts them."""

from __future__ import annotations

import pytest

from simulator.phones.segments import billed_segments


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("æøåÆØÅ" * 26, 1),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("a" * 152 + "€" + "b" * 152, 3),
        ("ş" * 70, 1),
        ("ş" * 71, 2),
        ("🚲" * 35, 1),
        ("🚲" * 36, 2),
        ("🚲" * 67, 3),
    ],
)
def test_segments(text: str, segments: int) -> None:
    assert billed_segments(text) == segments
