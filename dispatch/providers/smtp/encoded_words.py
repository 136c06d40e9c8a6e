"""Header values as encoded words, RFC 2047: base64 of UTF-8, one on each line.

The standard library's own folding loses spaces between words, differently in each version.
"""

from __future__ import annotations

from base64 import b64encode

_LINE = 76
_BEFORE, _AFTER = "=?utf-8?b?", "?="
_MOST_OCTETS = (75 - len(_BEFORE + _AFTER)) // 4 * 3
"""An encoded word has at most 75 characters (RFC 2047, 2), and never splits a character."""


def encode_words(value: str, name_length: int) -> str:
    """A header's value, folded; ``name_length`` is that of the name with its colon and space.

    Short plain ASCII stays as it is. Spaces are kept inside the words: those between encoded words
    are not part of the text.
    """
    is_plain = value.isascii() and value.isprintable() and "=?" not in value
    if is_plain and name_length + len(value) <= _LINE and value == value.strip():
        return value
    words: list[bytes] = [b""]
    room = (_LINE - name_length - len(_BEFORE + _AFTER)) // 4 * 3
    for letter in _pieces(value):
        octets = letter.encode("utf-8", "replace")
        most = min(room, _MOST_OCTETS) if len(words) == 1 else _MOST_OCTETS
        if words[-1] and len(words[-1]) + len(octets) > most:
            words.append(octets)
        else:
            words[-1] += octets
    return "\r\n ".join(f"{_BEFORE}{b64encode(word).decode()}{_AFTER}" for word in words)


def _pieces(value: str) -> list[str]:
    """Letters with the words they are in kept whole where a line has room for them."""
    pieces: list[str] = []
    for word in value.split(" "):
        spaced = word if not pieces else f" {word}"
        whole = len(spaced.encode("utf-8", "replace")) <= _MOST_OCTETS // 2
        pieces += [spaced] if whole else list(spaced)
    return pieces
