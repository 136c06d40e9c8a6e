"""Files of addresses: CSV with the columns of Denmark's address register (DAR), as DAWA named them.

Required are ``vejnavn, husnr, supplerendebynavn, postnr, postnrnavn, kommunekode`` and a point:
``wgs84koordinat_længde, wgs84koordinat_bredde`` or ``x, y`` in degrees, else ``etrs89koordinat_øst,
etrs89koordinat_nord`` in metres (EPSG:25832). ``darstatus`` or ``status`` is read if it is there;
all other columns are ignored. Several rows of one address (its flats) are one address here.
"""

from __future__ import annotations

import csv
import gzip
import re
import zipfile
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BufferedReader, TextIOWrapper
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from areas.countries import COUNTRIES, DENMARK
from areas.importing.broken_files import BrokenFile
from areas.importing.coordinate_systems import Reproject, reprojection

WANTED = ("vejnavn", "husnr", "postnr", "postnrnavn", "kommunekode", "supplerendebynavn")
POINTS = (
    ("wgs84koordinat_længde", "wgs84koordinat_bredde", None, (-180, -90, 180, 90)),
    ("x", "y", None, (-180, -90, 180, 90)),
    ("etrs89koordinat_øst", "etrs89koordinat_nord", "EPSG:25832", (0, 5e6, 1.5e6, 7.5e6)),
)
"""The columns of a point, the system its numbers are in, and the box in which it works."""
DELIMITERS = ",;\t|"
ENCODINGS = ("utf-8-sig", "cp1252")
IN_USE = {"darstatus": ("2", "3", ""), "status": ("1", "3", "")}
"""The states of addresses that exist or soon will: those given up and never built are skipped."""
CHUNK = 20_000
"""Rows read at once: their points are turned into degrees together."""
SAMPLE = 1_000_000
LONGEST_LINE = 100_000
LONGEST_NAME = 80
LINES_SHOWN = 5
DECIMALS = 6
"""Of a degree: about a tenth of a metre."""

_HOUSE = re.compile(r"0*([1-9]\d{0,2})([A-ZÆØÅ]?)")


class StreetPlace(NamedTuple):
    """What makes a street: its name in one municipality, postcode and locality."""

    name: str
    municipality: str
    postcode: str
    locality: str


class FoundAddress(NamedTuple):
    """One address of a file, in degrees; ``town`` is the name of its postcode."""

    street: StreetPlace
    town: str
    number: int
    letter: str
    lon: float
    lat: float


@dataclass
class Refused:
    """The rows that were left out: how many for each reason, and the lines of the first ones."""

    counts: Counter[str] = field(default_factory=Counter)
    lines: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def add(self, reason: str, line: int) -> None:
        """Leave a row out."""
        self.counts[reason] += 1
        if self.counts[reason] <= LINES_SHOWN:
            self.lines[reason].append(line)


@dataclass
class RegisterFile:
    """A file of addresses while it is read: ``rows`` so far, those refused and those not in use."""

    path: Path
    rows: int = 0
    not_in_use: int = 0
    refused: Refused = field(default_factory=Refused)

    def addresses(self) -> Iterator[list[FoundAddress]]:
        """The addresses, some thousand at a time. Raises :class:`BrokenFile`."""
        try:
            with _opened(self.path) as file:
                lines = _Lines(self.path, file)
                yield from self._read(csv.reader(lines, delimiter=lines.delimiter, strict=True))
        except csv.Error as error:
            raise BrokenFile(self.path, f"no CSV after row {self.rows + 1:,}: {error}") from error
        except UnicodeDecodeError as error:
            raise BrokenFile(
                self.path,
                f"after row {self.rows + 1:,} it is not {error.encoding}: save it as UTF-8",
            ) from error
        except (EOFError, OSError, zlib.error, zipfile.BadZipFile) as error:
            raise BrokenFile(self.path, f"it is not whole, or no archive: {error}") from error
        if not self.rows:
            raise BrokenFile(self.path, "it has no addresses")

    def _read(self, reader: Any) -> Iterator[list[FoundAddress]]:
        columns = _Columns.of(self.path, next(reader, []))
        waiting: list[tuple[int, tuple[str, ...]]] = []
        for row in reader:
            self.rows += 1
            if len(row) != columns.width:
                self.refused.add("another number of columns than the first line", reader.line_num)
            elif columns.state is not None and row[columns.state] not in columns.in_use:
                self.not_in_use += 1
            else:
                waiting.append((reader.line_num, columns.pick(row)))
            if len(waiting) == CHUNK:
                yield self._addresses_of(waiting, columns)
                waiting = []
        yield self._addresses_of(waiting, columns)

    def _addresses_of(
        self, rows: Sequence[tuple[int, tuple[str, ...]]], columns: _Columns
    ) -> list[FoundAddress]:
        placed = []
        least_x, least_y, most_x, most_y = columns.box
        for line, row in rows:
            try:
                x, y = _number(row[-2]), _number(row[-1])
            except ValueError:
                self.refused.add("no point", line)
                continue
            if least_x <= x <= most_x and least_y <= y <= most_y:
                placed.append((line, row, x, y))
            else:
                self.refused.add("a point outside the country", line)
        if not placed:
            return []
        points = np.array([point[2:] for point in placed])
        if columns.reproject is not None:
            points = columns.reproject(points)
        west, south, east, north = COUNTRIES[DENMARK].box
        found = []
        for (line, row, *_given), (lon, lat) in zip(
            placed, np.round(points, DECIMALS).tolist(), strict=True
        ):
            if not (west <= lon <= east and south <= lat <= north):
                self.refused.add("a point outside the country", line)
            elif isinstance(address := _read_row(row, lon, lat), str):
                self.refused.add(address, line)
            else:
                found.append(address)
        return found


def _read_row(row: tuple[str, ...], lon: float, lat: float) -> FoundAddress | str:
    """A row's address, or why it is refused."""
    name, number, postcode, town, municipality, locality = (text.strip() for text in row[:6])
    house = _HOUSE.fullmatch(number.upper())
    if house is None:
        return "a house number that is not 1 to 999 with at most one letter"
    if not name or not _is_name(name) or not _is_name(town) or not _is_name(locality):
        return f"no street name, or a name that is longer than {LONGEST_NAME} or not printable"
    if not (len(postcode) == 4 and postcode.isdecimal() and postcode.isascii()):
        return "a postcode that is not four digits"
    municipality = municipality.zfill(4)
    if not (len(municipality) == 4 and municipality.isdecimal() and municipality.isascii()):
        return "a municipality code that is not four digits"
    street = StreetPlace(name, municipality, postcode, locality)
    return FoundAddress(street, town, int(house[1]), house[2], lon, lat)


def _number(text: str) -> float:
    """A number with a point, or with the comma of a Danish spreadsheet."""
    return float(text.replace(",", ".") if "," in text else text)


def _is_name(text: str) -> bool:
    return len(text) <= LONGEST_NAME and text.isprintable()


class _Columns(NamedTuple):
    """Where the wanted columns are: ``pick`` takes them out of a row, the point last."""

    width: int
    pick: Any
    state: int | None
    in_use: tuple[str, ...]
    reproject: Reproject | None
    box: tuple[float, float, float, float]

    @classmethod
    def of(cls, path: Path, header: list[str]) -> _Columns:
        at = {name.strip().casefold(): position for position, name in enumerate(header)}
        missing = [name for name in WANTED if name not in at]
        points = [point for point in POINTS if point[0] in at and point[1] in at]
        if not points:
            missing.append("wgs84koordinat_længde and wgs84koordinat_bredde")
        if missing:
            raise BrokenFile(path, f"these columns are missing: {', '.join(missing)}")
        east, north, system, box = points[0]
        state = next((name for name in IN_USE if name in at), None)
        wanted = (*WANTED, east, north)
        return cls(
            len(header),
            itemgetter(*(at[name] for name in wanted)),
            at[state] if state else None,
            IN_USE[state] if state else (),
            reprojection(system),
            box,
        )


class _Lines:
    """The lines of a file, each of bounded length, in the encoding that its beginning is in."""

    def __init__(self, path: Path, file: BufferedReader) -> None:
        self._path = path
        beginning = file.peek(SAMPLE)[:SAMPLE]
        encoding = _encoding_of(path, beginning)
        header = beginning.split(b"\n", 1)[0].decode(encoding, errors="replace")
        self.delimiter = max(DELIMITERS, key=header.count)
        if not header.count(self.delimiter):
            raise BrokenFile(
                path, "its first line is no header of CSV (comma, semicolon, tab or |)"
            )
        self._file = TextIOWrapper(file, encoding=encoding, newline="")

    def __iter__(self) -> Iterator[str]:
        while line := self._file.readline(LONGEST_LINE):
            if len(line) == LONGEST_LINE:
                raise BrokenFile(self._path, f"a line is longer than {LONGEST_LINE:,} letters")
            yield line


def _encoding_of(path: Path, beginning: bytes) -> str:
    if beginning.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BrokenFile(path, "it is in UTF-16: save it as UTF-8")
    if b"\0" in beginning:
        raise BrokenFile(path, "it is no text")
    # The sample may end in the middle of a letter.
    whole = beginning[: beginning.rfind(b"\n") + 1] or beginning
    for encoding in ENCODINGS:
        try:
            whole.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    raise BrokenFile(path, "it is neither UTF-8 nor Windows-1252: save it as UTF-8")


@contextmanager
def _opened(path: Path) -> Iterator[BufferedReader]:
    """The file's content, unpacked while it is read (gzip, or the one CSV of a zip archive)."""
    with path.open("rb") as raw:
        magic = raw.read(4)
        raw.seek(0)
        if magic.startswith(b"\x1f\x8b"):
            with gzip.open(raw) as unpacked:
                yield _buffered(unpacked)
        elif magic.startswith(b"PK"):
            with zipfile.ZipFile(raw) as archive:
                names = [name for name in archive.namelist() if name.lower().endswith(".csv")]
                if len(names) != 1:
                    raise BrokenFile(path, f"the archive holds {len(names)} CSV files, not one")
                with archive.open(names[0]) as unpacked:
                    yield _buffered(unpacked)
        else:
            yield _buffered(raw)


def _buffered(file: Any) -> BufferedReader:
    """The file with a buffer as large as the sample of its beginning."""
    return BufferedReader(file, SAMPLE)
