"""Words and phrases of several languages: kept in small files, found in what people write.

A folder has a file for each language (``da.toml``), with named lists of phrases. They are written
as people spell them, and read with the same folding as the messages. A phrase is a regular
expression over whole words: ``(en|et) kniv``, ``slår [^ ]+ kone``.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from web.texts.folding import compose, fold

_OTHER_LETTERS = str.maketrans("łıđґёةى", "lidгеهي")
"""Letters that NFD does not take apart, or that people write in two ways."""

SIGNS = {ord("🆘"): " sos ", ord("🚨"): " sos ", ord("🔪"): " kniv ", ord("🔫"): " pistol "}
"""Emoji that say a word when somebody is in danger."""


def plain_words(text: str) -> str:
    """The folded words of a text, in any script, with a space before and after each.

    Of a very long text only the beginning is read (:data:`web.texts.folding.LONGEST`).
    Letters that are stretched ("hjæææælp") are written once; "can't" is one word.
    """
    lowered = compose(text).casefold()
    lowered = "".join(char for char in lowered if unicodedata.category(char) != "Cf")
    letters = _folded(re.sub(r"([æøå])\1+", r"\1", lowered))
    letters = re.sub(r"(?<=[^\W\d_])['’`´](?=[^\W\d_])", "", letters)
    letters = re.sub(r"([^\W\d])\1{2,}", r"\1", letters)
    return " " + " ".join(re.findall(r"[^\W_]+", letters)) + " "


def _folded(text: str) -> str:
    return fold(text.translate(_OTHER_LETTERS)).translate(_OTHER_LETTERS)


class Phrases:
    """Some phrases, compiled to be found among plain words."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self.phrases = tuple(dict.fromkeys(map(_folded, phrases)))
        either = "|".join(self.phrases) or "(?!)"
        self._inside = re.compile(f"(?<= )(?:{either})(?= )")
        self._each = [re.compile(f"(?:{phrase})(?= )") for phrase in self.phrases]
        self._whole = re.compile(f" (?:{either}) ")

    def are_in(self, words: str) -> bool:
        """Whether any of them is among the words."""
        return self._inside.search(words) is not None

    def are_all_of(self, words: str) -> bool:
        """Whether the words are one of them and nothing else."""
        return self._whole.fullmatch(words) is not None

    def split(self, words: str) -> list[str]:
        """The runs of words between them: the words as they are if none of them is there."""
        runs = self._replaced(words, "|").split("|")
        return [f" {run.strip()} " for run in runs if run.strip()]

    def without(self, words: str) -> str:
        """The words that are left when every one of them is taken out."""
        left = self._replaced(words, "")
        return " " + " ".join(left.split()) + " " if left.split() else " "

    def _replaced(self, words: str, by: str) -> str:
        """The words with every phrase replaced; the longest of those that begin in one place."""
        left, at = [], 0
        while found := self._inside.search(words, at):
            start = found.start()
            begun = (phrase.match(words, start) for phrase in self._each)
            left += [words[at:start], by]
            at = max(match.end() for match in begun if match)
        return "".join([*left, words[at:]])


@cache
def load_words(folder: Path) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """The lists of phrases in a folder, by language and name."""
    return {
        path.stem: {name: tuple(words) for name, words in tomllib.loads(path.read_text()).items()}
        for path in sorted(folder.glob("*.toml"))
    }


def in_every_language(folder: Path, name: str) -> tuple[str, ...]:
    """The phrases of one list, in all languages that have it."""
    return tuple(phrase for lists in load_words(folder).values() for phrase in lists.get(name, ()))
