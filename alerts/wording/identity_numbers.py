"""Detectors of Danish identity numbers (CPR).

CPR-kontoret, "Personnummeret i CPR" and "Personnumre uden kontrolciffer (modulus 11 kontrol)": six
digits of the date of birth, four of a serial number whose first tells the century. The weighted sum
is divisible by 11, except for some born on 1 January of 1960 or later, from October 2007 on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date

from alerts.wording.rules import Rule
from alerts.wording.text import Hit, Span, Text

_HYPHENS = "-–—‑−_"
_WRITTEN = re.compile(rf"(?<![\d+-])(\d{{6}})(| ?[{_HYPHENS}] ?| |[./])(\d{{4}})(?!\d|[-–]\d)")
_WITH_DATE = re.compile(
    rf"(?<![\d+-])(\d\d)([ ./-])(\d\d)\2(?:19|20)?(\d\d)[{_HYPHENS}](\d{{4}})(?!\d|[-–]\d)"
)
_CALLED_SO = re.compile(
    r"\b(?:cpr|personn(?:umme)?r|identity number|civil registration)[-\w.:()\s]{0,16}?"
    r"(?<!\d)((?:\d{2}[ ./-]?){3}[ –-]{0,3}\d{4})(?!\d)",
    re.IGNORECASE,
)
_BEFORE_TOWN = re.compile(r" [A-ZÆØÅ]")
_WEIGHTS = (4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
_FIRST_YEAR_WITHOUT_CHECK = 1960


def holds_identity_number(text: Text, _rule: Rule) -> Iterator[Hit]:
    """Ten digits that can be somebody's number, or are called so."""
    called = [Span(*match.span(1)) for match in _CALLED_SO.finditer(text.whole)]
    yield from map(Hit, called)
    for match in _WRITTEN.finditer(text.whole):
        digits = match[1] + match[3]
        born = birth_date(digits)
        if born is None or _is_date_and_town(text.whole, match) or _is_in(match, called):
            continue
        if satisfies_check(digits) or _may_lack_check(born, match[2]):
            yield Hit(Span(*match.span()))
    for match in _WITH_DATE.finditer(text.whole):
        digits = match[1] + match[3] + match[4] + match[5]
        if birth_date(digits) and satisfies_check(digits) and not _is_in(match, called):
            yield Hit(Span(*match.span()))


def holds_misspelt_identity_number(text: Text, _rule: Rule) -> Iterator[Hit]:
    """Digits written like a number, with a date of birth, whose check digit is wrong."""
    called = [Span(*match.span(1)) for match in _CALLED_SO.finditer(text.whole)]
    for match in _WRITTEN.finditer(text.whole):
        digits = match[1] + match[3]
        born = birth_date(digits)
        is_written_so = _is_hyphen(match[2])
        if not is_written_so or born is None or satisfies_check(digits) or _is_in(match, called):
            continue
        if not _may_lack_check(born, match[2]):
            yield Hit(Span(*match.span()))


def _is_in(match: re.Match[str], spans: Sequence[Span]) -> bool:
    return any(span.start < match.end() and match.start() < span.end for span in spans)


def birth_date(digits: str) -> date | None:
    """The date of birth in ten digits; nothing if there is no such day."""
    day, month, year, seventh = int(digits[:2]), int(digits[2:4]), int(digits[4:6]), int(digits[6])
    if seventh < 4:
        century = 1900
    elif seventh in (4, 9):
        century = 2000 if year < 37 else 1900
    else:
        century = 2000 if year < 58 else 1800
    try:
        return date(century + year, month, day)
    except ValueError:
        return None


def satisfies_check(digits: str) -> bool:
    """Whether the weighted sum of ten digits is divisible by 11."""
    return sum(w * int(d) for w, d in zip(_WEIGHTS, digits, strict=True)) % 11 == 0


def _may_lack_check(born: date, separator: str) -> bool:
    """Without the check only the hyphen tells a number from any ten digits."""
    is_exempt = (born.month, born.day) == (1, 1) and born.year >= _FIRST_YEAR_WITHOUT_CHECK
    return is_exempt and _is_hyphen(separator)


def _is_hyphen(separator: str) -> bool:
    return separator.strip() != "" and separator.strip() in _HYPHENS


def _is_date_and_town(text: str, match: re.Match[str]) -> bool:
    """Whether it is a date and then a postcode with its town: "011225 3400 Hillerød"."""
    return match[2] == " " and _BEFORE_TOWN.match(text, match.end()) is not None
