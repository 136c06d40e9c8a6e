"""Reading an address as people write it: "slotsg. 14 B, 2. tv, 3400 Hillerød", "14 Slotsgade".

A text can often be read in several ways: the search tries them in order. Nothing is looked up here,
and nothing is certain: "10. Februar Vej 3" has its number last, "Slotsgade Hillerød" none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from web.texts.cleaning import clean

LONGEST_ADDRESS = 120
MOST_READINGS = 12
HIGHEST_NUMBER = 999

_POSTCODE = re.compile(r"(?<![\w.])(?:dk[- ]?)?(\d{4})(?![\w])", re.IGNORECASE)
_COUNTRY = re.compile(r"[\s,]+(?:danmark|denmark|dk)\.?$", re.IGNORECASE)
_BETWEEN = re.compile(r"[,;\n]")
_HOUSE = re.compile(
    r"(?P<number>\d{1,3})(?:\s?(?P<letter>[a-zæøå])(?![\w.]))?"
    r"(?:\s?[-–/]\s?(?P<last>\d{1,3})(?:\s?[a-zæøå])?)?(?![\w.]\w|\w)",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"(?:\bnr|\bno|\bnummer|#)\.?\s*$", re.IGNORECASE)
_FLOOR = re.compile(
    r"[\s,.]*(?:"
    r"(?:\d{1,2}|st|kl|k|stuen|stue|kælder)(?:\s?\.)?(?:\s?sal\b\.?)?"
    r"(?:[\s,.-]*(?:tv|th|mf|midt)\b\.?|[\s,.-]+(?:dør\s?)?\d{1,4}\b)?"
    r"|(?:tv|th|mf)\b\.?|(?:lejl|lejlighed|dør)\.?\s?\d{1,4}"
    r")(?=$|[\s,.])",
    re.IGNORECASE,
)
_CARE_OF = re.compile(r"^\s*(?:c/o|att\.?)\s", re.IGNORECASE)
_IN = re.compile(r"^[\s,.]*(?:(?:i|in|ved|på)\s+)?", re.IGNORECASE)


@dataclass(frozen=True)
class Reading:
    """One way to read an address. ``last``: the end of a range of numbers ("14-18").

    ``town`` is what is written of the place beside the postcode: a town, a municipality.
    """

    street: str
    number: int | None = None
    letter: str = ""
    last: int | None = None
    postcode: str | None = None
    town: str = ""


def read_address(text: str) -> list[Reading]:
    """The ways to read a text, the likeliest first; none if there is no street in it."""
    text = _COUNTRY.sub("", " ".join(clean(text).split(" ")).strip())
    if len(text) > LONGEST_ADDRESS:
        return []
    text, postcode, place = _take_postcode(text)
    pieces = [" ".join(piece.split()) for piece in _BETWEEN.split(text) if piece.strip(" .")]
    found: dict[Reading, None] = {}
    for reading in _of_pieces(pieces):
        town = " ".join(part for part in (reading.town, place) if part)
        if any(map(str.isalpha, reading.street)) and not any(map(str.isdecimal, town)):
            found[replace(reading, postcode=postcode, town=town)] = None
    return list(found)[:MOST_READINGS]


def _take_postcode(text: str) -> tuple[str, str | None, str]:
    """(the rest, the postcode, the town behind it)."""
    codes = list(_POSTCODE.finditer(text))
    if not codes:
        return text, None, ""
    last = codes[-1]
    behind = _BETWEEN.split(text[last.end() :], maxsplit=1)
    rest = text[: last.start()] + "," + (behind[1] if len(behind) > 1 else "")
    # "3400 Slotsgade 14": what stands behind the postcode is the street.
    if not rest.strip(" ,.") or _HOUSE.search(behind[0]):
        return f"{rest},{behind[0]}", last[1], ""
    return rest, last[1], " ".join(behind[0].split()).strip(" .")


def _is_no_street(piece: str) -> bool:
    return _FLOOR.fullmatch(piece) is not None or _CARE_OF.match(piece) is not None


def _of_pieces(pieces: list[str]) -> Iterator[Reading]:
    """The readings of what stands between commas: a street, and perhaps a place or a number."""
    # "14, Slotsgade": behind a street a number alone is a floor.
    number = _HOUSE.fullmatch(pieces[0]) if pieces else None
    named = [piece for piece in pieces[bool(number) :] if not _is_no_street(piece)]
    numbered = [piece for piece in named if _HOUSE.search(piece)]
    for street in numbered + [piece for piece in named if piece not in numbered]:
        town = " ".join(piece for piece in named if piece != street)
        for reading in _of_piece(street, number):
            yield replace(reading, town=" ".join(part for part in (reading.town, town) if part))


def _of_piece(piece: str, number: re.Match[str] | None) -> Iterator[Reading]:
    """The readings of a street and its number, without commas; its words may hold the town."""
    houses = list(_HOUSE.finditer(piece))
    for house in houses:
        if house.start() > 0:
            yield from _with_house(_NUMBERED.sub("", piece[: house.start()]), house, piece)
    first = houses[0] if houses and houses[0].start() == 0 else None
    if first is not None and piece[first.end() :].startswith("."):
        # "1. Maj Allé" has its number in its name, "14. Slotsgade" before it.
        yield Reading(piece)
    if first is not None:
        yield from _divided(piece[first.end() :], first, "")
    yield from _divided(piece, number, "")


def _with_house(street: str, house: re.Match[str], piece: str) -> Iterator[Reading]:
    behind = piece[house.end() :]
    if (house["letter"] or "").casefold() == "i" and behind[:1] == " ":
        # "Slotsgade 14 i Hillerød"
        behind = house[0][len(house["number"]) :] + behind
        house = _HOUSE.fullmatch(house["number"]) or house
    while floor := _FLOOR.match(behind):
        behind = behind[floor.end() :]
    town = _IN.sub("", behind).strip(" .")
    yield from _divided(street, house, town)


def _divided(text: str, house: re.Match[str] | None, town: str) -> Iterator[Reading]:
    """The words as a street; if no town is known, also as both ("Slotsgade Hillerød")."""
    words = text.strip(" .,").split()
    yield _reading(words, house, town)
    if not town:
        for length in range(len(words) - 1, 0, -1):
            yield _reading(words[:length], house, " ".join(words[length:]))
        for length in range(len(words) - 1, 0, -1):
            yield _reading(words[-length:], house, " ".join(words[:-length]))


def _reading(words: list[str], house: re.Match[str] | None, town: str) -> Reading:
    street, town = " ".join(words), _IN.sub("", town)
    if house is None:
        return Reading(street, town=town)
    number, last = int(house["number"]), int(house["last"] or 0)
    return Reading(
        street,
        number or None,
        (house["letter"] or "").upper(),
        last if last > number else None,
        town=town,
    )
