"""Folds words for comparison, so that different spellings of a word are equal."""

from __future__ import annotations

import re
import unicodedata

_LETTERS = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa", "ä": "ae", "ö": "oe"})
_BARE = str.maketrans("łŁıđĐ’‘“”–", "lLidD''\"\"-")
"""Letters that NFD does not take apart, and signs that have a plainer form."""
_MARKS = frozenset({"Mn", "Me"})


LONGEST = 20_000
"""Letters of a text that are compared: enough for the longest tip, spelled out."""


def compose(text: str) -> str:
    """The text in plain letters (NFKC), of bounded length: one letter can stand for eighteen."""
    return unicodedata.normalize("NFKC", text[:LONGEST])[:LONGEST]


def fold(text: str) -> str:
    """Lower case, ae oe aa for æ ø å, no accents; everything else is kept.

    At most :data:`LONGEST` letters long.
    """
    folded = compose(text).casefold().translate(_LETTERS)
    return "".join(
        letter
        for letter in unicodedata.normalize("NFD", folded)
        if unicodedata.category(letter) not in _MARKS
    )[:LONGEST]


def without_marks(letter: str) -> str:
    """A Latin letter without its marks, in its own case: "ş" is "s", "Ł" is "L"."""
    plain = unicodedata.normalize("NFD", letter.translate(_BARE))
    return "".join(part for part in plain if unicodedata.category(part) not in _MARKS)


def fold_words(text: str) -> str:
    """The folded words (letters and digits) of a text, with one space between them."""
    return " ".join(re.findall(r"[^\W_]+", fold(text)))
