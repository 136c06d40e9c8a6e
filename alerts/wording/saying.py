"""Detectors of words: jargon and abbreviations, times that go stale, descriptions of groups."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from babel.dates import format_date

from alerts.wording.phrases import meanings
from alerts.wording.rules import Rule
from alerts.wording.text import Hit, Span, Text
from web.languages.time_zone import COPENHAGEN

_DATE = re.compile(r"\b\d{1,2}(?:\. (?=[a-z])|/\d{1,2}\b|\.\d{1,2}\.)")
_FORMATS = {"da": "EEEE 'den' d. MMMM", "en": "EEEE d MMMM"}
UNKNOWN_DAY = 99


def says_phrase(text: Text, rule: Rule) -> Iterator[Hit]:
    """A phrase of the table ``needs`` occurs; the table says what to write instead.

    A phrase that is listed in capitals is only found in capitals.
    """
    table = meanings(rule.needs, text.setting.language)
    for match in text.listed(rule.needs).find(text.whole):
        listed, instead = table.get(_plain(match.group()), ("", ""))
        if not listed.isupper() or listed == match.group():
            yield Hit(Span(*match.span()), str(instead))


def says_relative_time(text: Text, rule: Rule) -> Iterator[Hit]:
    """A word like "yesterday" occurs in a sentence without a weekday or a date."""
    language = text.setting.language
    table = meanings(rule.needs, language)
    for match in text.listed(rule.needs).find(text.whole):
        sentence = text.sentence_at(match.start())
        if text.listed(rule.unless).are_in(sentence) or _DATE.search(sentence):
            continue
        _listed, days = table.get(_plain(match.group()), ("", UNKNOWN_DAY))
        yield Hit(Span(*match.span()), _day(text, int(days)))


def _day(text: Text, days: int) -> str:
    if days == UNKNOWN_DAY:
        return ""
    today: date = text.setting.now.astimezone(COPENHAGEN).date()
    language = text.setting.language
    named = format_date(today + timedelta(days=days), _FORMATS[language], locale=language)
    return str(named)


def describes_group(text: Text, rule: Rule) -> Iterator[Hit]:
    """A group is named (``needs``), but nothing that tells one person from another (``unless``)."""
    if text.says(rule.unless):
        return
    for match in text.listed(rule.needs).find(text.whole):
        yield Hit(Span(*match.span()))


def _plain(phrase: str) -> str:
    return " ".join(phrase.lower().split())
