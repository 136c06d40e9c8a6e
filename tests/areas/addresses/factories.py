"""Invented rows of the address register, and files of them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

COLUMNS = (
    "id", "status", "oprettet", "vejkode", "vejnavn", "husnr", "supplerendebynavn", "postnr",
    "postnrnavn", "kommunekode", "etrs89koordinat_øst", "etrs89koordinat_nord",
    "wgs84koordinat_bredde", "wgs84koordinat_længde", "nøjagtighed",
)  # fmt: skip

HILLEROED = {"postnr": "3400", "postnrnavn": "Hillerød", "kommunekode": "0219"}
ODENSE = {"postnr": "5000", "postnrnavn": "Odense C", "kommunekode": "0461"}
TOENDER = {"postnr": "6270", "postnrnavn": "Tønder", "kommunekode": "0550"}
COPENHAGEN = {"postnr": "1264", "postnrnavn": "København K", "kommunekode": "0101"}


def row(street: str, number: str, place: dict[str, str] = HILLEROED, **more: Any) -> dict[str, Any]:
    """A row of the register, at a point of its own in the north of Zealand."""
    digits = "".join(filter(str.isdigit, number))
    step = int(digits) / 10_000 if digits else 0
    return {
        "id": "0a3f507a-0000-32b8-e044-0003ba298018",
        "status": "1",
        "vejnavn": street,
        "husnr": number,
        **place,
        "wgs84koordinat_bredde": f"{55.9279 + step:.6f}",
        "wgs84koordinat_længde": f"{12.3008 + len(street) / 1000:.6f}",
        "nøjagtighed": "A",
        **more,
    }


def write_register(
    path: Path,
    rows: Iterable[dict[str, Any]],
    *,
    columns: Sequence[str] = COLUMNS,
    delimiter: str = ",",
    encoding: str = "utf-8",
) -> Path:
    """A CSV of the register's rows."""
    with path.open("w", encoding=encoding, newline="") as file:
        writer: csv.DictWriter[str] = csv.DictWriter(
            file, columns, delimiter=delimiter, extrasaction="ignore"
        )
        writer.writeheader()
        writer.writerows(rows)
    return path


def town() -> list[dict[str, Any]]:
    """Streets of several towns: what the search is tried on."""
    slotsgade = [row("Slotsgade", str(number)) for number in range(2, 30, 2)]
    return [
        *slotsgade,
        row("Slotsgade", "14A"),
        row("Slotsgade", "14B"),
        *(row("Slotsgade", str(number), ODENSE) for number in (14, 16)),
        row("Slotsgade", "3", TOENDER),
        row("Sankt Anne Gade", "1"),
        row("Sankt Anne Gade", "3", COPENHAGEN),
        row("Store Kongensgade", "5", COPENHAGEN),
        row("Nørregade", "7"),
        row("Ågade", "2"),
        row("10. Februar Vej", "3"),
        row("Strandvejen", "8"),
        row("Strandvej", "8", ODENSE),
        row("Bakkevej", "9", supplerendebynavn="Nørre Herlev"),
        row("Kirkestræde", "11", TOENDER),
    ]
