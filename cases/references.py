"""Danish police journal numbers, which are used as case references.

Sixteen digits in groups of 4-5-5-2: police district or other authority, type of offence, serial
number, year, such as ``0900-10161-00018-24`` (as described by Rigsarkivet, submission 12088,
table KRIN01SA, JOURNR). People type them with other dashes, with spaces or without separators.
"""

from __future__ import annotations

import re

_SEPARATOR = r"[\s\u00a0\-\u2010-\u2015\u2212./]{0,3}"
# A longer run of digits is something else (such as an account number), not a reference.
_REFERENCE = re.compile(
    rf"(?<!\d)(\d{{4}}){_SEPARATOR}(\d{{5}}){_SEPARATOR}(\d{{5}}){_SEPARATOR}(\d{{2}})(?!\d)",
    re.ASCII,
)
REFERENCE_LENGTH = 19
PREFIX_LENGTH = 4


def prefix_of(reference: str) -> str:
    """The digits of a normalised reference that identify the district or authority."""
    return reference[:PREFIX_LENGTH]


def parse_case_reference(text: str) -> str | None:
    """The text as a normalised reference (``0900-10161-00018-24``); None if it is not one."""
    found = _REFERENCE.fullmatch(text.strip())
    return _normalised(found) if found else None


def find_case_references(text: str) -> list[str]:
    """The references in a text, normalised, without duplicates, in order of appearance."""
    return list(dict.fromkeys(_normalised(found) for found in _REFERENCE.finditer(text)))


def _normalised(found: re.Match[str]) -> str:
    return "-".join(found.groups())
