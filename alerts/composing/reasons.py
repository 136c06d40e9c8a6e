"""Whether a written reason tells those who read it later anything."""

from __future__ import annotations

import re

FEWEST_WORDS = 3
LONGEST_REASON = 2_000
WORD = re.compile(r"[^\W\d_]{2,}")
VOWEL = re.compile(r"[aeiouyæøåäöéü]")


def says_why(reason: str) -> bool:
    """Whether it has enough different words: "xxx", "..." and "haster haster haster" have not.

    A word has at least two letters that are not the same, and a vowel.
    """
    found = set(WORD.findall(reason.casefold()))
    words = [word for word in found if VOWEL.search(word) and len(set(word)) > 1]
    return len(words) >= FEWEST_WORDS
