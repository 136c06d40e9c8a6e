"""The codes by which citizens know alerts: short, random, hard to misread."""

from __future__ import annotations

import secrets

# No 0/O and 1/I/L, which look alike; no vowels and no Y, so that no code spells a word.
ALPHABET = "23456789BCDFGHJKMNPQRSTVWXZ"
CODE_LENGTH = 6
MAX_CODE_LENGTH = 12


def new_code() -> str:
    """A random code: one of 387 million."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))


def normalise_code(typed: str) -> str:
    """A code as it is stored, from one as it was typed: any case, stray spaces and dashes."""
    return "".join(typed.split()).replace("-", "").upper()[:MAX_CODE_LENGTH]
