"""Detectors of a text that is not in the language that its readers were promised."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from alerts.wording.phrases import words
from alerts.wording.rules import Rule
from alerts.wording.text import Hit, Text
from web.languages.choice import LANGUAGES

FEWEST_WORDS = 3
"""Words of another language that a text has before anything is said of it."""
TIMES_AS_MANY = 3
"""How many of them there are for each word of its own language."""
FOREIGN_PART = 0.3
"""The share of the text that whole sentences in the other language take."""

_QUOTED = re.compile(r"»[^»«\n]{1,80}«|“[^“”\n]{1,80}”|\"[^\"\n]{1,80}\"")


def is_in_other_language(text: Text, _rule: Rule) -> Iterator[Hit]:
    """It is in another of our languages, or sentences that make up much of it are.

    Told by words that only one of the languages has: names of people and places say nothing.
    """
    own = words("common_words", text.setting.language)
    for language in set(LANGUAGES) - {text.setting.language}:
        other = words("common_words", language)
        sentences = [_Counted.of(said, own, other) for said in _sentences(text, language)]
        foreign = sum(each.foreign for each in sentences)
        is_all = foreign >= TIMES_AS_MANY * sum(each.familiar for each in sentences)
        part = sum(each.words for each in sentences if each.is_foreign)
        is_much = part >= FOREIGN_PART * sum(each.words for each in sentences)
        if foreign >= FEWEST_WORDS and (is_all or is_much):
            yield Hit()


@dataclass(frozen=True)
class _Counted:
    """The words of a sentence, and those that only one of the languages has."""

    words: int
    familiar: int
    foreign: int

    @classmethod
    def of(cls, said: Sequence[str], own: frozenset[str], other: frozenset[str]) -> _Counted:
        return cls(len(said), sum(w in own for w in said), sum(w in other for w in said))

    @property
    def is_foreign(self) -> bool:
        return self.foreign > 1 and self.foreign >= TIMES_AS_MANY * self.familiar


def _sentences(text: Text, language: str) -> Iterator[list[str]]:
    """The words of each sentence in lower case, without names and what is quoted.

    The days of the ``language`` are no names, although they have a capital letter.
    """
    days = words("weekdays", language) | words("months", language)
    quoted = [match.span() for match in _QUOTED.finditer(text.whole)]
    words_left, quotes_left = deque(text.words), deque(quoted)
    for span in text.sentences:
        said: list[str] = []
        while words_left and words_left[0].start() < span.end:
            match = words_left.popleft()
            while quotes_left and quotes_left[0][1] <= match.start():
                quotes_left.popleft()
            is_quoted = bool(quotes_left) and quotes_left[0][0] < match.start()
            word = match.group()
            is_name = word[0].isupper() and not word.isupper() and match.start() != span.start
            if not is_quoted and (not is_name or word.lower() in days):
                said.append(word.lower())
        yield said


def repeats_other_language(text: Text, _rule: Rule) -> Iterator[Hit]:
    """It is the same as the text in another language, letter by letter."""
    said = text.whole.split()
    if len(said) > 1 and any(other.split() == said for other in text.setting.others):
        yield Hit()
