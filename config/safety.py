"""Settings that are well-formed but unsafe, and therefore refused at start."""

from __future__ import annotations

import re
from itertools import pairwise
from urllib.parse import urlsplit

DISTINCT_BYTES = 16
"""Of 32 random bytes about 30 are distinct; fewer than this does not happen by chance."""
DISTINCT_CHARACTERS = 8

LEAST_LEDGER_DAYS = 30
"""Answers to an appeal are matched to it for so long after it was published."""
LEAST_TIPS_DAYS = 30
LEAST_AUDIT_DAYS = 365
"""The database itself refuses to delete younger entries: see ``audit/triggers.py``."""
_PLACEHOLDER = re.compile(
    r"change.?me|secret|password|passphrase|example|placeholder|replace|insert|default|varsko",
    re.IGNORECASE,
)


def is_local(host: str) -> bool:
    """Whether a host is this machine, or a reserved name that cannot exist (RFC 2606)."""
    return (
        host in {"localhost", "::1"}
        or host.startswith("127.")
        or host.endswith((".test", ".localhost"))
    )


def is_public(url: str) -> bool:
    """Whether a URL is one that citizens can use: https, and not on this machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" and not is_local(parts.hostname or "")


def is_weak_key(key: bytes) -> bool:
    """Whether 32 bytes are certainly not random."""
    return len(set(key)) < DISTINCT_BYTES


def weakness_of(secret: str) -> str | None:
    """Why a secret is easy to guess, or None if no weakness was found."""
    if len(set(secret)) < DISTINCT_CHARACTERS:
        return f"fewer than {DISTINCT_CHARACTERS} different characters"
    if any(
        secret == (secret[:length] * len(secret))[: len(secret)]
        for length in range(1, len(secret) // 2 + 1)
    ):
        return "the same characters over and over"
    steps = [ord(after) - ord(before) for before, after in pairwise(secret)]
    if sum(abs(step) <= 1 for step in steps) > len(steps) / 2:
        return "characters in alphabetical order"
    if _PLACEHOLDER.search(secret):
        return "a placeholder"
    return None
