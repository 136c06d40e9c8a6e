"""Recognises words that mean somebody may be in danger now, in six languages (``words/``).

Matching is lenient about case, accents, stretched letters ("hjæææælp") and punctuation between
words, and strict about where words begin and end ("knivskarp", "skydedør" and "begun" are not
danger). The rules:

1. A phrase for what is happening now ("skyder", "is shooting") is danger.
2. A weapon or somebody inside is danger, unless the message tells of the past or of something
   found and says nothing of now: tips on a crime with a knife all mention knives.
   What was done to somebody, shots and screams are danger unless the message says when it was.
3. Words that stand in the appeal that is answered are its own, unless the message says now.
4. A message that is only "112" or "1-1-2", or asks for it, is danger.
5. One word of another language does not make a Danish or English sentence one of that language:
   what is over in Danish is over, and the answer is in the sentence's language.

When in doubt it says danger: a needless "call 112" costs little.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from web.texts.language import is_danish_or_english, language_of
from web.texts.words import SIGNS, Phrases, in_every_language, load_words, plain_words

WORDS = Path(__file__).parent / "words"

SPOKEN = ("da", "en")
"""Mixed by many people: what is over, found or happening now in one counts for both."""

LETTERS = {"pl": frozenset("ąęłńśźżĄĘŁŃŚŹŻ"), "tr": frozenset("ığşİĞŞ")}
"""Letters that say which language it is in, where words alone might not ("bombę")."""


class _Families:
    """Phrases of which each is a family of its own."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._each = tuple(Phrases([phrase]) for phrase in phrases)
        self._any = Phrases(phrase for family in self._each for phrase in family.phrases)

    def are_in(self, words: str, known: Iterable[str]) -> bool:
        """Whether one of them is among the words, and in none of the known texts."""
        return self._any.are_in(words) and any(
            family.are_in(words) and not any(family.are_in(text) for text in known)
            for family in self._each
        )


@dataclass(frozen=True)
class _Language:
    """A language's phrases. Each family of words is a pattern of its own, for rule 3."""

    danger: _Families
    unless_over: _Families
    unless_before: _Families
    past: Phrases
    before: Phrases
    found: Phrases
    now: Phrases
    answer: str | None

    def hears_danger(self, words: str, asked: str, also: _Language | None = None) -> bool:
        """Whether these words mean danger, in answer to what was asked.

        ``also``: the language that the sentence is in, if this one has only words in it.
        """
        each = [self, also] if also else [self]
        says_now = any(language.now.are_in(words) for language in each)
        known = [asked] if not says_now else []
        if self.danger.are_in(words, known):
            return True
        before = any(language.before.are_in(words) for language in each) and not says_now
        if not before and self.unless_before.are_in(words, known):
            return True
        over = any(language.past.are_in(words) or language.found.are_in(words) for language in each)
        over = before or (over and not says_now)
        return not over and self.unless_over.are_in(words, known)


@cache
def _languages() -> dict[str, _Language]:
    lists = load_words(WORDS)

    def phrases(language: str, name: str) -> Phrases:
        languages = SPOKEN if language in SPOKEN else (language,)
        return Phrases(phrase for each in languages for phrase in lists[each][name])

    return {
        language: _Language(
            danger=_Families(lists[language]["danger"]),
            unless_over=_Families(lists[language]["unless_over"]),
            unless_before=_Families(lists[language]["unless_before"]),
            past=phrases(language, "past"),
            before=phrases(language, "before"),
            found=phrases(language, "found"),
            now=phrases(language, "now"),
            answer=next(iter(lists[language].get("answer", ())), None),
        )
        for language in lists
    }


@cache
def _asking_for_112() -> dict[str, Phrases]:
    return {
        language: Phrases(lists["calls"])
        for language, lists in load_words(WORDS).items()
        if "calls" in lists
    }


def danger_in(text: str, asked: str = "") -> str | None:
    """The language in which the text sounds as if somebody is in danger now; None if it doesn't.

    ``asked`` is the text of the appeals that it may answer.
    """
    words, known = _spoken_words(text), plain_words(asked)
    # A word of another language in a Danish or English sentence doesn't say that it is in that.
    own = language_of(text) if is_danish_or_english(text) else None
    also = _languages()[own] if own else None
    by_letters = [language for language, own_letters in LETTERS.items() if own_letters & set(text)]
    for language in dict.fromkeys((*by_letters, *SPOKEN, *_languages())):
        is_own = own is None or language in SPOKEN
        if _languages()[language].hears_danger(words, known, None if is_own else also):
            return language if is_own else own
    return next(
        (language for language, asks in _asking_for_112().items() if asks.are_all_of(words)), None
    )


def _spoken_words(text: str) -> str:
    """The plain words of a text, "1-1-2" and signs read as words."""
    return re.sub(r"(?<= )1 1 2(?= )", "112", plain_words(text.translate(SIGNS)))


@cache
def _questions() -> Phrases:
    return Phrases(in_every_language(WORDS, "safety_questions"))


def asks_whether_safe(text: str) -> bool:
    """Whether the text asks if something is over or safe, and says nothing else."""
    return _questions().are_all_of(plain_words(text))


@cache
def _spoken_list(name: str) -> Phrases:
    lists = load_words(WORDS)
    return Phrases(phrase for language in SPOKEN for phrase in lists[language][name])


def is_in_hazard(text: str, alert: str) -> bool:
    """Whether the text sounds as if its writer is in the midst of what the alert warns of.

    Only for alerts of fire, smoke, gas and poison: they are told to stay inside, and write what
    they see there, or that they can't.
    """
    if not _spoken_list("hazard_alerts").are_in(plain_words(alert)):
        return False
    words = plain_words(text)
    over = any(_spoken_list(name).are_in(words) for name in ("before", "calm"))
    return not over and _spoken_list("hazards").are_in(words)


def cannot_speak(text: str) -> bool:
    """Whether the writer says that they can't talk aloud."""
    return _spoken_list("silent").are_in(plain_words(text))


def is_despair(text: str) -> bool:
    """Whether the text tells of somebody who wants to die."""
    return _spoken_list("despair").are_in(plain_words(text))


def is_dangerous(text: str, asked: str = "") -> bool:
    """Whether the text sounds as if somebody is in danger right now."""
    return danger_in(text, asked) is not None


def call_112(language: str) -> str | None:
    """The whole answer in a language that Varsko does not otherwise speak; None for the others."""
    return _languages()[language].answer
