"""The areas that Varsko ships: official codes and names, local names, invented neighbourhoods.

The official areas have no boundaries, which is enough to sign up by postcode. Shipped data never
overwrites what was imported.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from areas.atlas import renew_edition
from areas.countries import DENMARK
from areas.geometry import SLIVER_SHARE
from areas.importing.features import Mapping
from areas.importing.gazetteer import import_local_names
from areas.importing.importer import import_files
from areas.kinds import WIDEST_FIRST, AreaKind
from areas.models import Area, AreaOverlap
from database import utcnow

DATA = Path(__file__).parents[1] / "data"
SOURCE = "Shipped with Varsko; contains data from Klimadatastyrelsen: DAGI (CC BY 4.0)"
_NEIGHBOURHOODS = DATA / "neighbourhoods.geojson"

Key = tuple[AreaKind, str]


@dataclass(frozen=True)
class Loaded:
    """How many areas a load added, changed and left unchanged."""

    added: int
    changed: int
    unchanged: int


def load_official(session: Session) -> Loaded:
    """Add Denmark's police districts, municipalities, postcodes (no boundaries) and local names.

    Safe to repeat: areas that were imported keep what the import gave them.
    """
    rows = list(_read("areas.csv"))
    ids: dict[Key, int] = {}
    bounded: set[int] = set()
    known: dict[Key, Any] = {}
    table = Area.__table__.c
    columns = [column for column in table if column.name != "boundary"]
    for row in session.execute(
        select(*columns, table.boundary.is_not(None).label("is_bounded")).where(
            table.country == DENMARK
        )
    ):
        ids[row.kind, row.code] = row.id
        known[row.kind, row.code] = row
        if row.is_bounded:
            bounded.add(row.id)
    added = changed = 0
    for kind in WIDEST_FIRST:
        wanted = [_values(row, ids) for row in rows if row["kind"] == kind]
        fresh = [values for values in wanted if (kind, values["code"]) not in known]
        stale = [
            values | {"id": ids[kind, values["code"]]}
            for values in wanted
            if _is_stale(known.get((kind, values["code"])), values)
        ]
        if fresh:
            inserted = session.execute(insert(Area).returning(Area.id, Area.code), fresh)
            ids.update({(kind, code): area_id for area_id, code in inserted})
        if stale:
            session.execute(update(Area), stale)
        added, changed = added + len(fresh), changed + len(stale)
    overlaps = _load_overlaps(session, rows, ids, bounded)
    if added or changed or overlaps:
        renew_edition(session)
        session.expire_all()
    import_local_names(session, [DATA / "local_names.csv"], country=DENMARK, skip_unknown=True)
    return Loaded(added, changed, len(rows) - added - changed)


def load_demo(session: Session) -> Loaded:
    """Add the official areas and the invented neighbourhoods of 3400 Hillerød."""
    official = load_official(session)
    report = import_files(session, [_NEIGHBOURHOODS], Mapping(country=DENMARK))
    return Loaded(
        official.added + report.added.total(),
        official.changed + report.changed.total(),
        official.unchanged + report.unchanged.total(),
    )


def _read(name: str) -> Iterator[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _values(row: dict[str, str], ids: dict[Key, int]) -> dict[str, Any]:
    kind = AreaKind(row["kind"])
    above = kind.row.parent
    return {
        "country": DENMARK,
        "kind": kind,
        "code": row["code"],
        "name": row["name"],
        "parent_id": ids[above, row["parent"]] if above else None,
        "label_lon": float(row["lon"]),
        "label_lat": float(row["lat"]),
        "min_lon": float(row["min_lon"]),
        "min_lat": float(row["min_lat"]),
        "max_lon": float(row["max_lon"]),
        "max_lat": float(row["max_lat"]),
        "surface_m2": float(row["km2"]) * 1e6,
        "source": SOURCE,
        "updated_at": utcnow(),
    }


def _is_stale(known: Any, values: dict[str, Any]) -> bool:
    """Whether a shipped area is stored in an older form (never true of an imported one)."""
    if known is None or known.is_bounded or known.source != SOURCE:
        return False
    compared = values.keys() - {"updated_at"}
    return any(getattr(known, name) != values[name] for name in compared)


def _shares(rows: list[dict[str, str]]) -> dict[tuple[Key, Key], float]:
    """The share of each area inside each area of another kind, from the postcodes' shares."""
    km2 = {(AreaKind(row["kind"]), row["code"]): float(row["km2"]) for row in rows}
    district_of = {
        row["code"]: row["parent"] for row in rows if row["kind"] == AreaKind.MUNICIPALITY
    }
    shares: dict[tuple[Key, Key], float] = defaultdict(float)
    for row in _read("postcode_municipalities.csv"):
        postcode = (AreaKind.POSTCODE, row["postcode"])
        municipality = (AreaKind.MUNICIPALITY, row["municipality"])
        district = (AreaKind.POLICE_DISTRICT, district_of[row["municipality"]])
        share = float(row["share"])
        shares[postcode, municipality] += share
        shares[postcode, district] += share
    for code, district_code in district_of.items():
        shares[(AreaKind.MUNICIPALITY, code), (AreaKind.POLICE_DISTRICT, district_code)] = 1.0
    for (one, other), share in list(shares.items()):
        shares[other, one] = share * km2[one] / km2[other]
    return {pair: min(1.0, share) for pair, share in shares.items() if share > SLIVER_SHARE}


def _load_overlaps(
    session: Session, rows: list[dict[str, str]], ids: dict[Key, int], bounded: set[int]
) -> int:
    """Write the shares that are not known from boundaries; returns how many are new."""
    there = {
        (area_id, other_id)
        for area_id, other_id in session.execute(select(AreaOverlap.area_id, AreaOverlap.other_id))
    }
    fresh = [
        {"area_id": ids[one], "other_id": ids[other], "share": share}
        for (one, other), share in _shares(rows).items()
        if (ids[one], ids[other]) not in there
        and not (ids[one] in bounded and ids[other] in bounded)
    ]
    if fresh:
        session.execute(insert(AreaOverlap), fresh)
    return len(fresh)
