"""Detectors of what a text lacks: what happens, where, when, what to do, how to answer."""

from __future__ import annotations

import re
from collections.abc import Iterator

from alerts.wording.phrases import words
from alerts.wording.rules import Rule
from alerts.wording.text import Hit, Span, Text

_TIME = re.compile(
    r"\b(?:\d{1,2}[.:]\d{2}|\d{1,2}/\d{1,2}|\d{1,2} ?[ap]\.?m|\d{1,2}\. [a-z]{3,9}"
    r"|(?:19|20)\d{2})\b",
    re.IGNORECASE,
)
_POSTCODE = re.compile(r"\b\d{4} [A-ZÆØÅ]")


def lacks_phrase(text: Text, rule: Rule) -> Iterator[Hit]:
    """None of the phrases of ``needs`` occurs."""
    if not text.says(rule.needs):
        yield Hit()


def lacks_time(text: Text, rule: Rule) -> Iterator[Hit]:
    """Neither a time, a date nor a word for one occurs."""
    if not (text.says(rule.needs) or text.says("relative") or _TIME.search(text.whole)):
        yield Hit()


def lacks_place(text: Text, rule: Rule) -> Iterator[Hit]:
    """Neither a place of the gazetteer, a street, a postcode, nor a name after "in" or "near".

    "The road" and the like name none: the list ``no_place``.
    """
    if _POSTCODE.search(text.whole):
        return
    if any(_is_particular(text, match) for match in text.listed(rule.needs).find(text.whole)):
        return
    if not any(_names_place(text, index) for index in range(len(text.words))):
        yield Hit()


def _is_particular(text: Text, match: re.Match[str]) -> bool:
    """Whether a word for a place names one: not "the road", but "Jernbanevejen" or "Ny Vej"."""
    word = match.group()
    is_name = word[0].isupper() and not text.begins_sentence(match.start())
    return is_name or word.lower() not in words("no_place", text.setting.language)


def _names_place(text: Text, index: int) -> bool:
    """Whether a word is a capitalised name after a preposition, or one that is known."""
    word = text.words[index].group()
    language = text.setting.language
    if not word[0].isupper() or len(word) < 2:
        return False
    if word.lower() in words("not_after_preposition", language):
        return False
    before = text.words[index - 1].group().lower() if index else ""
    if before in words("prepositions", language):
        return True
    # "Vejen er spærret" is about a road, although there is a town of that name.
    return word.lower() not in words("no_place", language) and text.setting.is_place(word)


def lacks_case(text: Text, rule: Rule) -> Iterator[Hit]:
    """The kind or the text asks for tips, and there is no case for them to come to."""
    asked = next(text.listed(rule.needs).find(text.whole), None)
    if text.setting.has_case or text.setting.is_follow_up:
        return
    if asked is not None:
        yield Hit(Span(*asked.span()))
    elif text.setting.kind.row.asks_for_tips:
        yield Hit()


def lacks_after(text: Text, rule: Rule) -> Iterator[Hit]:
    """A phrase of ``needs`` occurs, but none of ``unless`` anywhere. At most one finding."""
    if text.says(rule.unless):
        return
    for match in text.listed(rule.needs).find(text.whole):
        sentence = text.sentence_at(match.start())
        if not text.listed("witness").are_in(sentence):
            yield Hit(Span(*match.span()))
            return


def lacks_way_to_answer(text: Text, rule: Rule) -> Iterator[Hit]:
    """It asks to be contacted, but has no number and no address for it."""
    if re.search(r"\d{3}|[@/]|\.dk\b", text.whole):
        return
    for match in text.listed(rule.needs).find(text.whole):
        yield Hit(Span(*match.span()))
        return
