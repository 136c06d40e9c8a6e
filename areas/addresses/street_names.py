"""Looking up the names of streets: as they are written, begun so, or with a wrong letter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from typing import NamedTuple

from sqlalchemy import Select, select, union_all
from sqlalchemy.orm import Session

from areas.addresses.street_keys import SHORTEST_MISSPELT, is_slip, slips, whole_keys
from areas.addresses.written_address import Reading
from areas.models import StreetName, StreetNameKey, StreetNameSlip

SHORTEST_BEGINNING = 3
MOST_BEGUN = 40
"""How many names that begin as written are looked at."""
MOST_LOOKED_UP = 6
"""How many readings of a text are looked for by beginnings and misspellings."""
_LAST = "\U0010ffff"
"""Sorted behind every letter."""


class Spelling(IntEnum):
    """How a street's name agrees with what was written; lower is better."""

    AS_WRITTEN = 0
    ITS_END = 1
    """It has more words before: "Kongensgade" for "Store Kongensgade"."""
    BEGUN = 2
    MISSPELT = 3


class SpeltStreet(NamedTuple):
    """A street's name, and how what was written agrees with it."""

    id: int
    name: str
    spelling: Spelling


WAYS = (Spelling.AS_WRITTEN, Spelling.BEGUN, Spelling.MISSPELT)
"""The ways to look a name up, the likeliest first; the first one finds the end of a name, too."""


def find_street_names(
    session: Session, readings: Sequence[Reading], way: Spelling
) -> list[tuple[Reading, SpeltStreet]]:
    """The names that the readings' streets may be, by one of :data:`WAYS`."""
    of_key: dict[str, list[Reading]] = {}
    for reading in readings:
        for key in filter(None, whole_keys(reading.street)):
            of_key.setdefault(key, []).append(reading)
    few = list(of_key)[:MOST_LOOKED_UP]
    match way:
        case Spelling.AS_WRITTEN:
            found = _written_so(session, of_key)
        case Spelling.BEGUN:
            found = _begun(session, [key for key in few if len(key) >= SHORTEST_BEGINNING])
        case _:
            found = _misspelt(session, {key: of_key[key][0].street for key in few})
    return [
        (reading, SpeltStreet(name_id, name, _spelling(key, name, way)))
        for key, name_id, name in found
        for reading in of_key[key]
    ]


def _spelling(key: str, name: str, way: Spelling) -> Spelling:
    if way is Spelling.AS_WRITTEN and key not in whole_keys(name):
        return Spelling.ITS_END
    return way


_Hits = list[tuple[str, int, str]]
"""(key that was written, id of a name, the name)"""


def _written_so(session: Session, keys: Iterable[str]) -> _Hits:
    rows = session.execute(
        select(StreetNameKey.key, StreetName.id, StreetName.name)
        .join(StreetName, StreetName.id == StreetNameKey.name_id)
        .where(StreetNameKey.key.in_(list(keys)))
    )
    return [(key, name_id, name) for key, name_id, name in rows]


def _begun(session: Session, keys: Sequence[str]) -> _Hits:
    if not keys:
        return []
    rows = session.execute(union_all(*(select(_beginning(key).subquery()) for key in keys)))
    found = {
        (begun, name_id): name
        for longer, name_id, name in rows
        for begun in keys
        if longer.startswith(begun)
    }
    return [(key, name_id, name) for (key, name_id), name in found.items()]


def _beginning(key: str) -> Select[str, int, str]:
    """The first names with a key that begins so, and is longer."""
    return (
        select(StreetNameKey.key, StreetName.id, StreetName.name)
        .join(StreetName, StreetName.id == StreetNameKey.name_id)
        .where(StreetNameKey.key > key, StreetNameKey.key < key + _LAST)
        .order_by(StreetNameKey.key)
        .limit(MOST_BEGUN)
    )


def _misspelt(session: Session, written: Mapping[str, str]) -> _Hits:
    """The names that differ by one letter; ``written``: by key, what the key is of."""
    codes = {code for street in written.values() for code in slips(street)}
    if not codes:
        return []
    rows = session.execute(
        select(StreetName.id, StreetName.name)
        .join(StreetNameSlip, StreetNameSlip.name_id == StreetName.id)
        .where(StreetNameSlip.code.in_(codes))
        .distinct()
    ).all()
    return [
        (key, name_id, name)
        for name_id, name in rows
        for key, street in written.items()
        if len(key) >= SHORTEST_MISSPELT and is_slip(street, name)
    ]
