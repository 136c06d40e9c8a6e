"""Files of local names: the gazetteer that Varsko ships, and others in the same form.

CSV with the columns ``name``, ``areas`` (``postcode:2300 no:postcode:0150``; empty for a place far
too wide for any area), ``well_known`` (``yes``: nobody means another place by it) and ``source``.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from areas.atlas import renew_edition
from areas.countries import AreaKey, read_key
from areas.importing.broken_files import BrokenFile
from areas.models import Area, LocalName
from areas.name_index import LONGEST_NAME, key_of

COLUMNS = ("name", "areas", "well_known", "source")
LONGEST_SOURCE = 200


class _Row(NamedTuple):
    name: str
    area_id: int | None
    well_known: bool
    source: str


@dataclass(frozen=True)
class NamesReport:
    """How many rows of names an import added and removed, and how many it found as they were."""

    added: int
    removed: int
    unchanged: int


def import_local_names(
    session: Session,
    paths: Iterable[Path],
    *,
    country: str | None = None,
    skip_unknown: bool = False,
) -> NamesReport:
    """Replace the local names of the files' sources by those in the files; all or none.

    ``country``: that of the areas that name none (default: the home country).
    Raises :class:`BrokenFile` for what cannot be read, and for an area that is not known unless
    ``skip_unknown``.
    """
    ids = {
        AreaKey(country, kind, code): area_id
        for area_id, country, kind, code in session.execute(
            select(Area.id, Area.country, Area.kind, Area.code)
        )
    }
    wanted: dict[tuple[str, int | None], _Row] = {}
    for path in paths:
        for row in _read(path, ids, country, skip_unknown=skip_unknown):
            wanted.setdefault((row.name, row.area_id), row)
    sources = {row.source for row in wanted.values()}
    known: dict[_Row, int] = {}
    elsewhere: set[tuple[str, int | None]] = set()
    table = LocalName.__table__.c
    for row_id, *values in session.execute(
        select(table.id, table.name, table.area_id, table.well_known, table.source)
    ):
        row = _Row(*values)
        if row.source in sources:
            known[row] = row_id
        else:
            elsewhere.add((row.name, row.area_id))
    fresh = [row for key, row in wanted.items() if row not in known and key not in elsewhere]
    gone = [row_id for row, row_id in known.items() if row not in set(wanted.values())]
    if gone:
        session.execute(delete(LocalName).where(LocalName.id.in_(gone)))
    if fresh:
        session.execute(insert(LocalName), [row._asdict() for row in fresh])
    if fresh or gone:
        renew_edition(session)
    return NamesReport(len(fresh), len(gone), len(wanted) - len(fresh))


def _read(
    path: Path, ids: dict[AreaKey, int], country: str | None, *, skip_unknown: bool
) -> Iterator[_Row]:
    for number, row in enumerate(_rows(path), start=2):
        name, source = row["name"].strip(), row["source"].strip()
        if not key_of(name)[0] or not name.isprintable() or len(name) > LONGEST_NAME:
            raise BrokenFile(path, f"line {number}: the name must have 1 to {LONGEST_NAME} letters")
        if not source or not source.isprintable() or len(source) > LONGEST_SOURCE:
            raise BrokenFile(path, f"line {number}: the source must have 1 to 200 letters")
        if row["well_known"] not in ("", "yes"):
            raise BrokenFile(path, f"line {number}: well_known must be empty or yes")
        is_known = row["well_known"] == "yes"
        for written in row["areas"].split():
            key = read_key(written, country)
            if key in ids:
                yield _Row(name, ids[key], is_known, source)
            elif not skip_unknown:
                raise BrokenFile(path, f"line {number}: there is no area {written[:60]}")
        if not row["areas"].strip():
            yield _Row(name, None, is_known, source)


def _rows(path: Path) -> Iterator[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            if not set(COLUMNS) <= set(reader.fieldnames or ()):
                raise BrokenFile(path, f"the columns must be {', '.join(COLUMNS)}")
            for row in reader:
                yield {name: row[name] or "" for name in COLUMNS}
    except (UnicodeDecodeError, csv.Error) as error:
        raise BrokenFile(path, f"not CSV in UTF-8: {error}") from error
