"""How times and numbers are shown."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from web.languages.choice import speaking
from web.languages.time_zone import to_copenhagen
from web.texts.filters import (
    format_date,
    format_datetime,
    format_datetime_local,
    format_lines,
    format_number,
    format_share,
    format_time,
    format_time_ago,
    format_time_tag,
)

SUMMER = dt.datetime(2025, 6, 14, 12, 5, tzinfo=dt.UTC)
WINTER = dt.datetime(2025, 1, 3, 23, 30, tzinfo=dt.UTC)
Speaking = Callable[[str], AbstractContextManager[None]]


@pytest.fixture
def say(look: Flask) -> Iterator[Speaking]:
    with look.app_context():
        yield speaking


def test_times_are_shown_in_copenhagen_summer_and_winter(say: Speaking) -> None:
    assert format_datetime(SUMMER) == "14. juni 2025 kl. 14.05"
    assert format_datetime(WINTER) == "4. januar 2025 kl. 00.30"
    assert format_date(WINTER) == "4. januar 2025"
    assert format_time(SUMMER) == "14.05"
    with say("en"):
        assert format_datetime(SUMMER) == "14 June 2025 at 14:05"
        assert format_date(dt.date(2025, 3, 3)) == "3 March 2025"
        assert format_time(SUMMER) == "14:05"


def test_numbers_follow_the_language(say: Speaking) -> None:
    assert format_number(34120) == "34.120"
    assert format_number(2.5) == "2,5"
    assert format_share(0.42) == "42\N{NO-BREAK SPACE}%"
    with say("en"):
        assert format_number(34120) == "34,120"
        assert format_share(0.42) == "42%"


@pytest.mark.parametrize(
    ("passed", "danish", "english"),
    [
        ({"seconds": 20}, "lige nu", "just now"),
        ({"minutes": 1}, "for 1 minut siden", "1 minute ago"),
        ({"minutes": 59}, "for 59 minutter siden", "59 minutes ago"),
        ({"hours": 1}, "for 1 time siden", "1 hour ago"),
        ({"days": 3}, "for 3 dage siden", "3 days ago"),
        ({"hours": -2}, "om 2 timer", "in 2 hours"),
        ({"days": 30}, "14. juni 2025 kl. 14.05", "14 June 2025 at 14:05"),
    ],
)
def test_how_long_ago(say: Speaking, passed: dict[str, int], danish: str, english: str) -> None:
    now = SUMMER + dt.timedelta(**passed)
    assert format_time_ago(SUMMER, now) == danish
    with say("en"):
        assert format_time_ago(SUMMER, now) == english


def test_a_time_that_is_not_there_is_shown_as_nothing(say: Speaking) -> None:
    for show in (format_date, format_datetime, format_time, format_time_ago, format_time_tag):
        assert show(None) == ""
    assert format_datetime_local(None) == format_number(None) == format_share(None) == ""


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        to_copenhagen(dt.datetime(2025, 6, 14, 12, 5))  # noqa: DTZ001


def test_a_time_tag_holds_the_exact_time(say: Speaking) -> None:
    tag = format_time_tag(SUMMER)
    assert 'datetime="2025-06-14T12:05:00+00:00"' in tag
    assert ">14. juni 2025 kl. 14.05</time>" in tag


@given(st.text(alphabet=st.sampled_from("ab<>&\"'\n\r "), max_size=60))
def test_plain_text_stays_text(text: str) -> None:
    shown = format_lines(text)
    for tag in ("<p>", "</p>", "<br>"):
        shown = type(shown)(str(shown).replace(tag, ""))
    assert "<" not in shown
    assert ">" not in shown


def test_paragraphs_and_line_breaks_are_kept() -> None:
    assert format_lines("a\nb\r\n\r\nc") == "<p>a<br>b</p>\n<p>c</p>"
    assert format_lines(None) == ""
