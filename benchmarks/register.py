"""An invented address register as large as Denmark's, written as the CSV it comes in."""

from __future__ import annotations

import csv
import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

COLUMNS = (
    "id", "status", "vejkode", "vejnavn", "husnr", "supplerendebynavn", "postnr", "postnrnavn",
    "kommunekode", "kommunenavn", "wgs84koordinat_bredde", "wgs84koordinat_længde", "nøjagtighed",
)  # fmt: skip
ADDRESSES = 2_500_000
HOUSES_PER_STREET = 20
POSTCODES = 1_000
MUNICIPALITIES = 98
SHARED_NAMES = 3
"""Every so many streets, one has a name that many towns have."""
WEST, SOUTH, STEP = 8.1, 54.9, 0.1
COLUMNS_OF_TOWNS = 40

_USUAL = (
    "Skolevej", "Nørregade", "Kirkevej", "Slotsgade", "Strandvejen", "Møllevej", "Bakkevej",
    "Sankt Anne Gade", "Store Kongensgade", "Østergade", "Algade", "Skovvej", "Rosenvej",
)  # fmt: skip
_FIRST = (
    "Ag", "Bir", "Dal", "Eng", "Fal", "Grøn", "Hav", "Is", "Kær", "Lyng", "Mos", "Nor", "Ær",
    "Pil", "Rug", "Sol", "Torn", "Ul", "Ved", "Øl", "Ås", "Blå", "Svan", "Kvist",
)  # fmt: skip
_MIDDLE = (
    "ke", "lund", "holm", "bæk", "gård", "høj", "mose", "skov", "sted", "torp", "by", "løkke",
    "rød", "borg", "strup", "lev", "vig", "næs", "krog", "dam", "kilde", "ager",
)  # fmt: skip
_LAST = (
    "vej", "gade", "allé", "stræde", "parken", "vænget", "toften", "bakken", "boulevard",
    "skrænten", "haven", "svinget", "marken",
)  # fmt: skip


class Home(NamedTuple):
    """One address, as people know it."""

    street: str
    number: int
    postcode: str
    town: str


@dataclass(frozen=True)
class Register:
    """Invented addresses: about twenty in a street, streets spread over the towns of a grid."""

    addresses: int = ADDRESSES

    @property
    def streets(self) -> int:
        """How many streets there are."""
        return -(-self.addresses // HOUSES_PER_STREET)

    def write(self, path: Path) -> None:
        """Write the register in an order that has nothing to do with streets."""
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            writer.writerows(self._rows())

    def homes(self, count: int, seed: int = 3400) -> list[Home]:
        """Some of the addresses, drawn at random."""
        chosen = random.Random(seed).choices(range(self.addresses), k=count)
        return [self._home(at % self.streets, at // self.streets) for at in chosen]

    def _home(self, street: int, house: int) -> Home:
        town = street % POSTCODES
        return Home(_name(street), house + 1, f"{1000 + 9 * town:04}", _town(town))

    def _rows(self) -> Iterator[tuple[object, ...]]:
        for at in range(self.addresses):
            street, house = at % self.streets, at // self.streets
            home = self._home(street, house)
            town = street % POSTCODES
            north = SOUTH + STEP * (town // COLUMNS_OF_TOWNS) + street % 97 / 2_000
            east = WEST + STEP * (town % COLUMNS_OF_TOWNS) + house / 2_000 + street % 89 / 2_000
            yield (
                f"0a3f507a-93e7-32b8-e044-{at:012}", 1, f"{street % 10_000:04}", home.street,
                home.number, "", home.postcode, home.town, f"{101 + town % MUNICIPALITIES:04}", "",
                f"{north:.6f}", f"{east:.6f}", "A",
            )  # fmt: skip


_NAMES = tuple(
    f"{first}{middle}{more}{last}"
    for first, middle, more, last in itertools.product(_FIRST, _MIDDLE, ("", *_MIDDLE[:9]), _LAST)
)


def _name(street: int) -> str:
    usual = street // SHARED_NAMES // POSTCODES
    if street % SHARED_NAMES == 0 and usual < len(_USUAL):
        return _USUAL[usual]
    return _NAMES[street * 7 % len(_NAMES)]


def _town(town: int) -> str:
    first, middle = town % len(_FIRST), town // len(_FIRST) % len(_MIDDLE)
    return _FIRST[first] + _MIDDLE[middle] + ("bro" if town >= len(_FIRST) * len(_MIDDLE) else "")
