"""Whether a text holds what is searched for. Plates and numbers count however they are broken up.

Pure: no database. Words match by their beginnings, as everywhere. "AB 12 345", "ab12345" and
"AB-12-345" are the same, and so are "+45 22 33 44 55" and "22334455".
"""

from __future__ import annotations

import re

from web.texts.words import plain_words

SHORTEST_CODE = 4
"""Letters and digits of what may be broken up: "og 3" is not "og3"."""
MOST_PARTS = 10
_DANISH_NUMBER = re.compile(r"(?<![\w+])(?:\+|00)?\s?45[\s.-]*((?:[0-9][\s.-]*){8})(?![0-9])")
"""With the country's code, which is left out."""


class Search:
    """What is searched for, ready to be looked for in many texts."""

    def __init__(self, words: str) -> None:
        self._wanted = _words(words)

    def __bool__(self) -> bool:
        return bool(self._wanted)

    def finds(self, text: str) -> bool:
        """Whether a text holds all of it: each word, or words in a row that are one code."""
        return bool(self._wanted) and _holds(_Text(text), self._wanted)


class _Text:
    """A text as words, and as one run of letters that remembers where words begin."""

    def __init__(self, text: str) -> None:
        words = _words(text)
        self.line = " " + " ".join(words)
        self.run = "".join(words)
        self._starts = set()
        at = 0
        for word in words:
            self._starts.add(at)
            at += len(word)

    def has_word(self, word: str) -> bool:
        """Whether a word begins like this."""
        return f" {word}" in self.line

    def has_code(self, code: str) -> bool:
        """Whether this stands somewhere from the beginning of a word on, broken up or not."""
        if len(code) < SHORTEST_CODE or not any(map(str.isdecimal, code)):
            return False
        at = self.run.find(code)
        while at >= 0:
            if at in self._starts:
                return True
            at = self.run.find(code, at + 1)
        return False


def _holds(text: _Text, wanted: list[str]) -> bool:
    """Whether the words can be parted into single ones and codes that the text has."""
    held = [True] + [False] * len(wanted)
    for end in range(1, len(wanted) + 1):
        for begin in range(max(0, end - MOST_PARTS), end):
            if held[begin] and _has(text, wanted[begin:end]):
                held[end] = True
                break
    return held[-1]


def _has(text: _Text, words: list[str]) -> bool:
    if len(words) == 1 and text.has_word(words[0]):
        return True
    return text.has_code("".join(words))


def _words(text: str) -> list[str]:
    return plain_words(_DANISH_NUMBER.sub(r" \1 ", text)).split()
