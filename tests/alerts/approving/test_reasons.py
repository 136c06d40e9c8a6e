"""A written reason says something."""

from __future__ import annotations

import pytest

from alerts.composing.reasons import says_why


@pytest.mark.parametrize(
    "reason",
    ["", " ", "...", "xxx", "abc", "x x x", "xxx yyy zzz", "haster haster haster", "Haster HASTER.",
     "a b c", "123 456 789", "aa ee ii", "...,,,!!!", "det haster", "ok ok nej"],
)  # fmt: skip
def test_what_says_nothing_is_no_reason(reason: str) -> None:
    assert not says_why(reason)


@pytest.mark.parametrize(
    "reason",
    ["Ingen er på vagt", "Nobody is on duty", "Der er ingen på vagt i nat", "Røgen er giftig.",
     "Han har selv bedt om det", "Familien har sagt ja", "Åen stiger nu"],
)  # fmt: skip
def test_a_reason_of_three_words_is_one(reason: str) -> None:
    assert says_why(reason)
