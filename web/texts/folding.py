"""Folds words for comparison, so that different spellings of a word are equal."""

from __future__ import annotations

import re
import unicodedata

_LETTERS = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa", "ä": "ae", "ö": "oe"})
_MARKS = frozenset({"Mn", "Me"})


def fold(text: str) -> str:
    """Lower case, ae oe aa for æ ø å, no accents; everything else is kept."""
    composed = unicodedata.normalize("NFKC", text).casefold().translate(_LETTERS)
    return "".join(
        letter
        for letter in unicodedata.normalize("NFD", composed)
        if unicodedata.category(letter) not in _MARKS
    )


def fold_words(text: str) -> str:
    """The folded words (letters and digits) of a text, with one space between them."""
    return " ".join(re.findall(r"[^\W_]+", fold(text)))
