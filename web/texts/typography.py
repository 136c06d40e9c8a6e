"""Typographic characters from word processors and phones, and their plain equivalents."""

from __future__ import annotations

DASHES = "–—‑−•"
DOUBLE_QUOTES = "“”„»«"
SINGLE_QUOTES = "’‘"
SPACES = "\u00a0\u202f"
INVISIBLE = "\u00ad\u200b"
ELLIPSIS = "…"

_PLAIN = str.maketrans(
    {
        **dict.fromkeys(DASHES, "-"),
        **dict.fromkeys(DOUBLE_QUOTES, '"'),
        **dict.fromkeys(SINGLE_QUOTES, "'"),
        **dict.fromkeys(SPACES, " "),
        **dict.fromkeys(INVISIBLE, ""),
        ELLIPSIS: "...",
    }
)


def plain(text: str) -> str:
    """The text with plain dashes, quotes and spaces.

    One typographic character makes a whole SMS UCS-2, with 70 characters per segment instead
    of 160.
    """
    return text.translate(_PLAIN)
