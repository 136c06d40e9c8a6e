"""Finding an address by what a person wrote. Nothing is guessed: what isn't certain is offered.

The rules, in this order:

1. A street whose name, or what follows its first words, is written so; then one that begins so, or
   differs by one letter.
2. In the place that is written: by its postcode, else by its town, locality or municipality. A
   street that the place doesn't have is offered elsewhere, and said to be there.
3. Without a place every town is offered that has the number, those of the writer's own district
   first.
4. A number that a street doesn't have: the nearest one is offered, and said to be that. Without a
   number: the middle of the street.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from areas.addresses.street_names import WAYS, Spelling, SpeltStreet, find_street_names
from areas.addresses.written_address import Reading, read_address
from areas.atlas import Atlas, current_atlas
from areas.countries import DENMARK, AreaKey
from areas.kinds import AreaKind
from areas.models import Address, Street
from areas.name_index import edits_between, key_of
from database import among
from web.texts.folding import fold_words

MOST_FOUND = 10
MOST_STREETS = 2_000
"""How many streets are looked at: more have one name only if hardly anything is written."""
MOST_WITHOUT_NUMBER = 5
"""In how many streets the nearest number is looked for."""
_SHORTEST_TOWN = 3
_MISSPELT_TOWN = 5


class Found(StrEnum):
    """What of an address was found."""

    NUMBER = "number"
    """The number that was written."""
    NEAREST_NUMBER = "nearest_number"
    STREET = "street"
    """No number was written: the point is that of a house in the middle of the street."""


@dataclass(frozen=True)
class AddressMatch:
    """One address that may be meant, and in what it differs from what was written.

    ``municipality`` is a code; ``lon`` and ``lat`` are WGS84 degrees. ``is_spelt_so``: the street
    is written as it is called; ``is_there``: it lies in the place that was written, if one was.
    """

    street: str
    number: int
    letter: str
    locality: str
    postcode: str
    town: str
    municipality: str
    municipality_name: str
    lon: float
    lat: float
    found: Found
    is_spelt_so: bool
    is_there: bool

    @property
    def is_exact(self) -> bool:
        """Whether this is what was written, and nothing else."""
        return self.found is Found.NUMBER and self.is_spelt_so and self.is_there

    @property
    def title(self) -> str:
        """The address on one line: "Slotsgade 14B, Ullerød, 3400 Hillerød"."""
        parts = (f"{self.street} {self.number}{self.letter}", self.locality)
        return ", ".join(part for part in (*parts, f"{self.postcode} {self.town}") if part)


@dataclass(frozen=True)
class AddressMatches:
    """The addresses that may be meant, best first; ``total`` counts also those not shown."""

    written: str
    matches: list[AddressMatch] = field(default_factory=list)
    total: int = 0

    @property
    def only(self) -> AddressMatch | None:
        """The one address that is what was written, if no other is.

        A title is always one: it says "3400 Hillerød" even where localities share a street's name.
        """
        exact = [match for match in self.matches if match.is_exact]
        if len(exact) > 1:
            exact = [each for each in exact if fold_words(each.title) == fold_words(self.written)]
        return exact[0] if len(exact) == 1 else None


class _Candidate(NamedTuple):
    """A street that may be meant by a reading."""

    reading: Reading
    name: SpeltStreet
    id: int
    municipality: str
    postcode: str
    town: str
    locality: str


class _House(NamedTuple):
    street_id: int
    number: int
    letter: str
    lon: float
    lat: float


def find_addresses(
    session: Session, text: str, *, limit: int = MOST_FOUND, districts: Collection[str] = ()
) -> AddressMatches:
    """The addresses that a text may mean, best first.

    ``districts``: codes of police districts whose addresses come first where several towns have
    one.
    """
    readings = read_address(text)
    if not readings:
        return AddressMatches(text)
    atlas = current_atlas(session)
    near = {
        place.code
        for place in atlas.of_kind(AreaKind.MUNICIPALITY)
        if place.parent_id is not None and atlas.places[place.parent_id].code in districts
    }
    candidates, is_there = _candidates(session, atlas, readings)
    candidates.sort(key=lambda each: (each.name.spelling, each.municipality not in near, each[4:]))
    if not candidates:
        return AddressMatches(text)
    reading = candidates[0].reading
    if reading.number is None:
        matches = _streets(session, atlas, candidates[:limit], is_there=is_there)
        return AddressMatches(text, matches, len(candidates))
    exact = [
        (candidate, house)
        for candidate, house in _houses(session, candidates, reading)
        if reading.last or house.letter == reading.letter
    ]
    found = Found.NUMBER
    if not exact:
        found = Found.NEAREST_NUMBER
        exact = _nearest(session, candidates[:MOST_WITHOUT_NUMBER], reading)
    return AddressMatches(
        text, [_match(atlas, *each, found, is_there=is_there) for each in exact[:limit]], len(exact)
    )


def _candidates(
    session: Session, atlas: Atlas, readings: Sequence[Reading]
) -> tuple[list[_Candidate], bool]:
    """The streets of the likeliest reading that has some in its place; else those elsewhere.

    Of a street without a number the end may still be missing: those that begin so count as well.
    """
    here: list[_Candidate] = []
    elsewhere: list[_Candidate] = []
    for way in WAYS:
        streets = _streets_of(session, find_street_names(session, readings, way), readings)
        there = [each for each in streets if _is_there(atlas, each)]
        there = there or [each for each in streets if _is_there(atlas, each, slip=True)]
        here += _likeliest(there, readings)
        elsewhere = elsewhere or _likeliest(streets, readings)
        if here and (way is not WAYS[0] or here[0].reading.number is not None):
            break
    if here:
        reading = here[0].reading
        return list(
            {each.id: each for each in reversed(here) if each.reading == reading}.values()
        ), True
    return elsewhere, False


def _likeliest(streets: Sequence[_Candidate], readings: Sequence[Reading]) -> list[_Candidate]:
    """The streets of the first reading that has one, each once."""
    first = min((readings.index(each.reading) for each in streets), default=0)
    best: dict[int, _Candidate] = {}
    for each in streets:
        known = best.get(each.id)
        if each.reading == readings[first] and (
            known is None or each.name.spelling < known.name.spelling
        ):
            best[each.id] = each
    return list(best.values())


def _streets_of(
    session: Session, names: Iterable[tuple[Reading, SpeltStreet]], readings: Sequence[Reading]
) -> list[_Candidate]:
    """The streets that have the names."""
    wanted: dict[int, list[tuple[Reading, SpeltStreet]]] = defaultdict(list)
    for reading, name in names:
        wanted[name.id].append((reading, name))
    if not wanted:
        return []
    table = Street.__table__.c
    query = (
        select(
            table.name_id,
            table.id,
            table.municipality,
            table.postcode,
            table.town,
            table.locality,
        )
        .where(among(session, Street.name_id, wanted))
        .limit(MOST_STREETS)
    )
    postcode = readings[0].postcode
    rows = session.execute(query.where(table.postcode == postcode) if postcode else query).all()
    if postcode and not rows:
        rows = session.execute(query).all()
    return [
        _Candidate(reading, name, *street)
        for name_id, *street in rows
        for reading, name in wanted[name_id]
    ]


def _is_there(atlas: Atlas, street: _Candidate, *, slip: bool = False) -> bool:
    """Whether a street lies in the place that was written with it, perhaps with a wrong letter."""
    reading = street.reading
    if reading.postcode and street.postcode != reading.postcode:
        return False
    if not reading.town:
        return True
    written = _place_key(reading.town)
    names = (street.town, street.locality, _municipality_name(atlas, street.municipality))
    places = [_place_key(name) for name in names if name]
    if reading.postcode and any(f" {place} " in f" {written} " for place in places):
        return True  # "Ullerød, 3400 Hillerød"
    # A postcode and another town are two places: which is meant is asked.
    return any(_is_called(place, written, slip=slip) for place in places)


@lru_cache(4_096)
def _place_key(name: str) -> str:
    """The key of a town's name: a country has some thousand, and a search may look at all."""
    return key_of(name)[0]


def _is_called(place: str, written: str, *, slip: bool) -> bool:
    """Whether a place's key is the written one or begins so; ``slip``: or differs by a letter."""
    if slip:
        return len(written) >= _MISSPELT_TOWN and edits_between(place, written, 1) <= 1
    is_begun = len(written) >= _SHORTEST_TOWN and place.startswith(written)
    return is_begun or place == written


def _houses(
    session: Session, candidates: Sequence[_Candidate], reading: Reading
) -> list[tuple[_Candidate, _House]]:
    """The addresses of the streets with the number, or with those of the range on its side."""
    table = Address.__table__.c
    first, last = reading.number or 0, reading.last or reading.number or 0
    rows = session.execute(
        select(table.street_id, table.number, table.letter, table.lon, table.lat)
        .where(
            among(session, Address.street_id, {each.id for each in candidates}),
            table.number.between(first, last),
            table.number % 2 == first % 2,
        )
        .order_by(table.number, table.letter)
    )
    return _paired(candidates, [_House(*row) for row in rows])


def _all_houses(
    session: Session, candidates: Sequence[_Candidate]
) -> list[tuple[_Candidate, _House]]:
    table = Address.__table__.c
    rows = session.execute(
        select(table.street_id, table.number, table.letter, table.lon, table.lat)
        .where(among(session, Address.street_id, {each.id for each in candidates}))
        .order_by(table.number, table.letter)
    )
    return _paired(candidates, [_House(*row) for row in rows])


def _paired(
    candidates: Sequence[_Candidate], houses: Sequence[_House]
) -> list[tuple[_Candidate, _House]]:
    """Each house with its street, in the order of the streets."""
    of_street: dict[int, list[_House]] = defaultdict(list)
    for house in houses:
        of_street[house.street_id].append(house)
    return [(each, house) for each in candidates for house in of_street[each.id]]


def _nearest(
    session: Session, candidates: Sequence[_Candidate], reading: Reading
) -> list[tuple[_Candidate, _House]]:
    """Of each street the address whose number is nearest: on the same side first."""
    number, letter = reading.number or 0, reading.letter

    def distance(house: _House) -> tuple[int, bool, int]:
        letters = abs(ord(house.letter or "@") - ord(letter or "@"))
        return abs(house.number - number), house.number % 2 != number % 2, letters

    best: dict[int, tuple[_Candidate, _House]] = {}
    for candidate, house in _all_houses(session, candidates):
        known = best.setdefault(candidate.id, (candidate, house))
        if distance(house) < distance(known[1]):
            best[candidate.id] = candidate, house
    return list(best.values())


def _streets(
    session: Session, atlas: Atlas, candidates: Sequence[_Candidate], *, is_there: bool
) -> list[AddressMatch]:
    """The streets without a number, each with a house in its middle."""
    of_street: dict[int, list[tuple[_Candidate, _House]]] = defaultdict(list)
    for each in _all_houses(session, candidates):
        of_street[each[0].id].append(each)
    middles = [houses[len(houses) // 2] for houses in of_street.values()]
    return [_match(atlas, *each, Found.STREET, is_there=is_there) for each in middles]


def _match(
    atlas: Atlas, street: _Candidate, house: _House, found: Found, *, is_there: bool
) -> AddressMatch:
    return AddressMatch(
        street=street.name.name,
        number=house.number,
        letter=house.letter,
        locality=street.locality,
        postcode=street.postcode,
        town=street.town,
        municipality=street.municipality,
        municipality_name=_municipality_name(atlas, street.municipality),
        lon=house.lon,
        lat=house.lat,
        found=found,
        is_spelt_so=street.name.spelling is Spelling.AS_WRITTEN,
        is_there=is_there,
    )


def _municipality_name(atlas: Atlas, code: str) -> str:
    place = atlas.by_key.get(AreaKey(DENMARK, AreaKind.MUNICIPALITY, code))
    return place.name if place else ""
