"""Detectors of words: jargon and abbreviations, times that go stale, descriptions of groups."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta

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
    if _day_of(text.setting.send_at or text.setting.now) != _day_of(text.setting.now):
        return
    table = meanings(rule.needs, text.setting.language)
    for match in _without_date(text, rule):
        _listed, days = table.get(_plain(match.group()), ("", UNKNOWN_DAY))
        yield Hit(Span(*match.span()), _named(text, int(days)))


def says_time_of_another_day(text: Text, rule: Rule) -> Iterator[Hit]:
    """The same in a text that is sent on another day than today: nobody can say which is meant."""
    if _day_of(text.setting.send_at or text.setting.now) != _day_of(text.setting.now):
        for match in _without_date(text, rule):
            yield Hit(Span(*match.span()))


def _without_date(text: Text, rule: Rule) -> Iterator[re.Match[str]]:
    for match in text.listed(rule.needs).find(text.whole):
        sentence = text.sentence_at(match.start())
        if not text.listed(rule.unless).are_in(sentence) and not _DATE.search(sentence):
            yield match


def _day_of(moment: datetime) -> date:
    """The day in Copenhagen."""
    return moment.astimezone(COPENHAGEN).date()


def _named(text: Text, days: int) -> str:
    if days == UNKNOWN_DAY:
        return ""
    day = _day_of(text.setting.now) + timedelta(days=days)
    language = text.setting.language
    return str(format_date(day, _FORMATS[language], locale=language))


def describes_group(text: Text, rule: Rule) -> Iterator[Hit]:
    """A group is named (``needs``), but nothing that tells one person from another (``unless``)."""
    if text.says(rule.unless):
        return
    for match in text.listed(rule.needs).find(text.whole):
        yield Hit(Span(*match.span()))


def _plain(phrase: str) -> str:
    return " ".join(phrase.lower().split())
