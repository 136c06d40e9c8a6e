"""The codes that identify alerts to citizens: short, random, hard to misread."""

from __future__ import annotations

import re
import secrets

# Without 0/O and 1/I/L, which look alike; without vowels and Y, so that no code is a word.
ALPHABET = "23456789BCDFGHJKMNPQRSTVWXZ"
CODE_LENGTH = 6
MAX_CODE_LENGTH = 12


def new_code() -> str:
    """A random code: one of 387 million."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))


def find_codes(text: str) -> list[str]:
    """The words of a text that may be codes, in upper case; a bare number is taken for none."""
    words = re.findall(rf"(?<!\w)[A-Za-z0-9]{{{CODE_LENGTH}}}(?!\w)", text)
    return list(dict.fromkeys(word.upper() for word in words if not word.isdecimal()))


def normalise_code(typed: str) -> str:
    """A typed code in its stored form: upper case, without spaces and dashes."""
    return "".join(typed.split()).replace("-", "").upper()[:MAX_CODE_LENGTH]
