"""What people quote when they answer, and what they say themselves."""

from __future__ import annotations

import re
from collections.abc import Iterable

from web.texts.typography import plain

_QUOTED_LINE = re.compile(r"^[ \t]*>.*$", re.MULTILINE)
_INTRODUCTION = re.compile(
    r"^[ \t]*(?:den|on)\b.{0,80}\b(?:skrev|wrote)\b.{0,80}:[ \t]*$", re.MULTILINE | re.IGNORECASE
)
_SIGNATURE = re.compile(
    r"\n[ \t]*(?:--|sendt fra|sent from|(?:mvh|vh|kh)\b|(?:med )?venlig hilsen|hilsen"
    r"|best regards)",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?<=[.!?:])\s+|\n+")
SHORTEST_KNOWN = 12
"""Characters: a shorter sentence may as well be the writer's own."""


def without_signature(text: str) -> str:
    """The text up to a line that begins a signature."""
    found = _SIGNATURE.search(text)
    return text[: found.start()] if found else text


def without_quotes(text: str) -> str:
    """The text without the lines that quote another message."""
    if not _QUOTED_LINE.search(text):
        return text
    return _INTRODUCTION.sub("", _QUOTED_LINE.sub("", text)).strip()


def without_known(text: str, known: Iterable[str]) -> str:
    """The text without the sentences of texts that the writer was sent."""
    left = plain(text)
    for sent in known:
        for sentence in (plain(sent).strip(), *_SENTENCE_END.split(plain(sent))):
            if len(sentence.strip()) >= SHORTEST_KNOWN:
                words = r"\s+".join(map(re.escape, sentence.split()))
                left = re.sub(words, " ", left, flags=re.IGNORECASE)
    return left
