"""Detectors of what makes a text hard to read: length, long sentences, LIX, capitals."""

from __future__ import annotations

import re
from collections.abc import Iterator

from alerts.wording.phrases import words
from alerts.wording.rules import Rule
from alerts.wording.text import Hit, Span, Text

LONG_WORD = 7
"""Letters from which a word counts as long in LIX."""
FEWEST_WORDS = 25
"""LIX says nothing about a text of fewer words."""
LONG_CAPITALS = 7
"""Letters from which a word in capitals is no abbreviation."""
_LETTERS = re.compile(r"[^\W\d_]+")


def takes_segments(text: Text, rule: Rule) -> Iterator[Hit]:
    """The SMS takes more than ``most`` segments."""
    segments = text.setting.segments
    if segments is not None and segments > rule.most:
        yield Hit(facts={"segments": segments, "most": rule.most})


def has_long_sentence(text: Text, rule: Rule) -> Iterator[Hit]:
    """A sentence has more than ``most`` words."""
    index = 0
    for span in text.sentences:
        first = index
        while index < len(text.words) and text.words[index].start() < span.end:
            index += 1
        if index - first > rule.most:
            yield Hit(span, facts={"words": index - first})


def is_hard_to_read(text: Text, rule: Rule) -> Iterator[Hit]:
    """LIX is above ``most``: words for each sentence, plus long words in a hundred (Björnsson)."""
    spelt = [match.group() for match in text.words if not match.group().isdigit()]
    if len(spelt) < FEWEST_WORDS:
        return
    long_words = sum(len(word) >= LONG_WORD for word in spelt)
    lix = round(len(spelt) / max(len(text.sentences), 1) + 100 * long_words / len(spelt))
    if lix > rule.most:
        yield Hit(facts={"lix": lix, "most": rule.most})


def shouts(text: Text, rule: Rule) -> Iterator[Hit]:
    """Capitals throughout: a long word, a word that is often shouted, or two words in a row."""
    shouted = {word.upper() for word in words(rule.needs, text.setting.language)}
    run: list[re.Match[str]] = []
    for match in [*text.words, None]:
        if match is not None and _is_in_capitals(match.group()):
            run.append(match)
            continue
        if _is_shouted(run, shouted):
            yield Hit(Span(run[0].start(), run[-1].end()))
        run = []


def _is_in_capitals(word: str) -> bool:
    return len(word) > 1 and word.isupper() and _LETTERS.fullmatch(word) is not None


def _is_shouted(run: list[re.Match[str]], shouted: set[str]) -> bool:
    said = [match.group() for match in run]
    if sum(len(word) > 2 for word in said) > 1:
        return True
    return any(len(word) >= LONG_CAPITALS or word in shouted for word in said)


def exclaims(text: Text, rule: Rule) -> Iterator[Hit]:
    """More than ``most`` exclamation marks; the finding is at the last."""
    if text.whole.count("!") > rule.most:
        last = text.whole.rindex("!")
        yield Hit(Span(last, last + 1))
