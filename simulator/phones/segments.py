"""How many SMS segments a text has, as the provider counts them.

The service has a counter of its own, so that a mistake in either shows up as a difference.
Alphabet and sizes: 3GPP TS 23.038 and 23.040.
"""

from __future__ import annotations

from functools import lru_cache

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")


def as_basic(text: str) -> str:
    """The text as sent in the 7-bit alphabet, without the characters it lacks."""
    return "".join(char if char in _BASIC or char in _EXTENDED else "?" for char in text)


@lru_cache(maxsize=1024)
def billed_segments(text: str) -> int:
    """The number of segments: at least 1, also for an empty text."""
    if all(char in _BASIC or char in _EXTENDED for char in text):
        sizes = [2 if char in _EXTENDED else 1 for char in text]
        single, part = 160, 153
    else:
        # UTF-16 code units; a surrogate pair is not split between two segments.
        sizes = [2 if ord(char) > 0xFFFF else 1 for char in text]
        single, part = 70, 67
    if sum(sizes) <= single:
        return 1
    segments, room = 1, part
    for size in sizes:
        if size > room:
            segments, room = segments + 1, part
        room -= size
    return segments
