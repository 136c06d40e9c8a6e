"""Detector of telephone numbers that are not ours, the police's or the emergency services'."""

from __future__ import annotations

import re
from collections.abc import Iterator

from alerts.wording.rules import Rule
from alerts.wording.text import Hit, Span, Text

_NUMBER = re.compile(
    r"(?<![\w+.,:/-])(?:(?:\+|00)\d{1,3} ?\d(?:[ -]?\d){5,12}|\d{8}|\d\d(?: \d\d){3}|\d{4} \d{4})"
    r"(?![\w]|[-.,:/]\d| ?[-–] ?\d)"
)
_DATE = re.compile(r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
_IN_FOURS = re.compile(r"\d{4} \d{4}")


def holds_unknown_number(text: Text, rule: Rule) -> Iterator[Hit]:
    """A telephone number that we don't answer. Two postcodes are none, nor is a date."""
    for match in _NUMBER.finditer(text.whole):
        written = match.group()
        digits = re.sub(r"\D", "", written)
        if digits[-8:] in text.setting.own_numbers or _DATE.fullmatch(written):
            continue
        if _IN_FOURS.fullmatch(written) and not _is_called(text, match.start(), rule):
            continue
        yield Hit(Span(*match.span()))


def _is_called(text: Text, start: int, rule: Rule) -> bool:
    """Whether the words before say that it is to be called."""
    return text.listed(rule.needs).are_in(text.whole[max(start - 30, 0) : start])
