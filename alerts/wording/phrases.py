"""Lists of phrases in each language, found where they occur in a text.

``data/words`` has a file for each language. A list is an array of phrases, or a table that says
what to write instead. ``*`` stands for the rest of a word, at its beginning or end.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "data/words"


class Phrases:
    """Phrases of one list: each is found as whole words, in any case, and never inside others."""

    def __init__(self, phrases: Iterable[str]) -> None:
        longest_first = sorted(phrases, key=len, reverse=True)
        either = "|".join(map(_pattern, longest_first)) or "(?!)"
        self._pattern = re.compile(rf"(?<!\w)(?:{either})(?!\w)", re.IGNORECASE)

    def find(self, text: str) -> Iterator[re.Match[str]]:
        """Where they occur, in order."""
        return self._pattern.finditer(text)

    def are_in(self, text: str) -> bool:
        """Whether any of them occurs."""
        return self._pattern.search(text) is not None


def _pattern(phrase: str) -> str:
    """A phrase as a regular expression: a space is any run of spaces on one line."""
    escaped = r"[ \t]{1,9}".join(re.escape(word) for word in phrase.split())
    return escaped.replace(r"\*", r"\w*")


@cache
def _lists(language: str) -> Mapping[str, list[str] | dict[str, str | int]]:
    path = FOLDER / f"{language}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


@cache
def phrases(name: str, language: str) -> Phrases:
    """The phrases of a list in one language, together with those of all languages."""
    return Phrases([*_lists("any").get(name, ()), *_lists(language).get(name, ())])


@cache
def words(name: str, language: str) -> frozenset[str]:
    """The entries of a list as they are, in lower case."""
    entries = [*_lists("any").get(name, ()), *_lists(language).get(name, ())]
    return frozenset(entry.lower() for entry in entries)


@cache
def meanings(name: str, language: str) -> Mapping[str, tuple[str, str | int]]:
    """What a table says about its phrases: each as it is listed, and its value, by lower case."""
    table = _lists(language).get(name)
    if not isinstance(table, dict):
        return {}
    return {phrase.lower(): (phrase, value) for phrase, value in table.items()}
