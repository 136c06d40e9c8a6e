"""How many segments an SMS has, and so what it costs and how long it occupies the sender.

3GPP TS 23.038 (the GSM 7-bit default alphabet and its extension table, UCS-2) and
TS 23.040 (concatenation: a header of 6 octets in each part of a long message).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")


class Encoding(StrEnum):
    """How the text is encoded: one character outside GSM-7 makes all of it UCS-2."""

    GSM7 = "GSM-7"
    UCS2 = "UCS-2"


@dataclass(frozen=True)
class Segments:
    """The length of a text in units (septets, or 16-bit units) and in segments."""

    encoding: Encoding
    units: int
    segments: int


_LIMITS = {Encoding.GSM7: (160, 153), Encoding.UCS2: (70, 67)}
"""Units that fit in a single message, and in each part of a longer one."""


def count_segments(text: str) -> Segments:
    """Count the units and segments of a text; an empty text is one segment of 0 units."""
    encoding, widths = _measure(text)
    units = sum(widths)
    single, part = _LIMITS[encoding]
    if units <= single:
        return Segments(encoding, units, 1)
    return Segments(encoding, units, _count_parts(widths, part))


def outside_gsm7(text: str) -> list[str]:
    """The characters that make a text UCS-2, each once: they more than double its segments."""
    return [
        character
        for character in dict.fromkeys(text)
        if character not in _BASIC and character not in _EXTENDED
    ]


def _measure(text: str) -> tuple[Encoding, list[int]]:
    if all(char in _BASIC or char in _EXTENDED for char in text):
        return Encoding.GSM7, [2 if char in _EXTENDED else 1 for char in text]
    return Encoding.UCS2, [2 if ord(char) > 0xFFFF else 1 for char in text]


def _count_parts(widths: list[int], part: int) -> int:
    """Parts are filled in order; a character of two units is never split."""
    parts, used = 1, 0
    for width in widths:
        if used + width > part:
            parts, used = parts + 1, 0
        used += width
    return parts
