"""Addresses as people write them: the street is no place to look for, the postcode is."""

from __future__ import annotations

import re

LONGEST_LINE = 80
"""Anything longer is no line of an address."""

_WORD = r"[^\W\d_](?:[^\W\d_]|[.'’-])*"
_STREET = re.compile(
    rf"(?:\d{{1,2}}\.\s?)?{_WORD}(?:\s+{_WORD}){{0,4}}\s+\d{{1,3}}\s?[a-zæøå]?"  # Slotsgade 14 B
    r"(?:\s?[-–/]\s?\d{1,3}\s?[a-zæøå]?)?"
    r"(?:[\s,.]+(?:\d{1,2}|st|kl|k|stuen)(?=\b|tv|th|mf)\.?(?:\s?sal\b\.?)?"  # 2. sal
    r"(?:(?:[\s,.-]*(?:tv|th|mf|dør\s?\d+)|[\s,.-]+\d{1,3})\b\.?)?)?",
    re.IGNORECASE,
)
_FLOOR = re.compile(
    r"(?:\d{1,2}|st|kl|stuen)\.?(?:\s?sal\.?)?(?:(?:[\s,.-]*(?:tv|th|mf|dør\s?\d+)|[\s,.-]+\d{1,3})\.?)?"
    r"|(?:tv|th|mf)\.?|(?:lejl|lejlighed|dør)\.?\s?\d{1,3}|c/o\s.+",
    re.IGNORECASE,
)
_STREET_NAME = re.compile(
    rf"(?:{_WORD}\s+){{0,3}}{_WORD}(?:gade|vej|vejen|gaden|stræde|strædet|allé|alle|alléen)"
    r"(?:\s+\d{1,3}\s?[a-zæøå]?)?",
    re.IGNORECASE,
)
_COUNTRY = re.compile(r"danmark|denmark", re.IGNORECASE)
_BETWEEN = re.compile(r"[,;\n]")
_BEFORE_POSTCODE = re.compile(r"\s(?=(?:dk[- ]?)?[0-9]{4}(?!\d))", re.IGNORECASE)


def is_street(text: str) -> bool:
    """Whether this is a street and a number, and nothing that says where it is."""
    bare = text.strip(" \t\r\n.,")
    return len(bare) <= LONGEST_LINE and _STREET.fullmatch(bare) is not None


def is_street_name(text: str) -> bool:
    """Whether this has the form of a street's name, with or without a number."""
    return _STREET_NAME.fullmatch(text.strip(" \t\r\n.,")[:LONGEST_LINE]) is not None


def without_street(text: str) -> str:
    """The text without the streets, floors and country of the addresses in it.

    "Slotsgade 14, 2. tv., 3400 Hillerød" is "3400 Hillerød". A street that nothing follows is
    kept, so that the writer can be asked where it is.
    """
    kept: list[str] = []
    street: str | None = None
    is_address = False
    pieces = (piece for part in _BETWEEN.split(text) for piece in _BEFORE_POSTCODE.split(part))
    for piece in pieces:
        bare = piece.strip(" \t\r.")
        if not bare or (is_address and (_FLOOR.fullmatch(bare) or _COUNTRY.fullmatch(bare))):
            continue
        if len(bare) <= LONGEST_LINE and _STREET.fullmatch(bare):
            kept += [street] if street else []
            street, is_address = piece.strip(), True
        else:
            kept.append(piece.strip())
            street = None
    kept += [street] if street else []
    return ", ".join(kept) if is_address else text
