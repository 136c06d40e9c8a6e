"""Cleaning what people type and programs send, once, where it comes in.

Phones and word processors add characters that nobody sees: a number copied from an iPhone's
contacts is wrapped in U+202D and U+202C. They make a valid number invalid, a word unknown, and an
SMS three times as long.
"""

from __future__ import annotations

import unicodedata
from typing import Any

REPLACEMENT = "\ufffd"
_LINES = frozenset("\u2028\u2029\x85\x0b\x0c")
_KEPT = frozenset("\n\t")
_MINUS = "\u2212"


def clean(text: str) -> str:
    """The text composed (NFC), in visible characters, with plain spaces, dashes and newlines.

    Format and control characters are dropped, lone surrogates become U+FFFD. Clean before a length
    is checked: composing can make a text longer. Cleaning twice changes nothing.
    """
    if text.isascii() and text.isprintable():
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", "".join(map(_cleaned, text)))


def clean_all(value: Any) -> Any:
    """Every text in a decoded JSON document cleaned."""
    match value:
        case str():
            return clean(value)
        case list():
            return [clean_all(each) for each in value]
        case dict():
            return {clean(name): clean_all(each) for name, each in value.items()}
        case _:
            return value


def _cleaned(letter: str) -> str:
    if letter in _KEPT:
        return letter
    if letter in _LINES:
        return "\n"
    match unicodedata.category(letter):
        case "Zs":
            return " "
        case "Pd":
            return "-"
        case "Cs":
            return REPLACEMENT
        case "Cc" | "Cf":
            return ""
        case _:
            return "-" if letter == _MINUS else letter
