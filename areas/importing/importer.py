"""Imports files of areas: repeating an import updates them, a broken file changes nothing.

Everything happens in the caller's transaction. Areas missing from a file are left alone, because
subscriptions point at them; the report says how many there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import shapely
import structlog
from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from areas.atlas import renew_edition
from areas.countries import AreaKey, home_country
from areas.geometry import read_boundaries, surfaces_m2
from areas.importing.broken_files import BrokenFile
from areas.importing.features import Collection, Feature, Mapping, read_collection
from areas.importing.overlaps import renew_overlaps
from areas.importing.shelf import Outlines, in_portions, stored_outlines
from areas.importing.suspect_changes import (
    SuspectChange,
    refuse_unconfirmed,
    what_is_suspect,
)
from areas.kinds import WIDEST_FIRST, AreaKind
from areas.models import Area
from areas.name_index import key_of
from database import utcnow

log = structlog.get_logger(__name__)

Key = AreaKey


@dataclass
class Report:
    """How many areas an import changed, by kind; ``absent`` counts those in no file."""

    added: Counter[AreaKind] = field(default_factory=Counter)
    changed: Counter[AreaKind] = field(default_factory=Counter)
    unchanged: Counter[AreaKind] = field(default_factory=Counter)
    absent: Counter[AreaKind] = field(default_factory=Counter)
    overlaps: int = 0
    suspect: list[SuspectChange] = field(default_factory=list)

    @property
    def total_changes(self) -> int:
        """Areas added or changed."""
        return self.added.total() + self.changed.total()


@dataclass(frozen=True)
class _Known:
    """An area as stored in the database."""

    id: int
    values: dict[str, Any]


def import_files(
    session: Session,
    paths: Sequence[Path],
    mapping: Mapping | None = None,
    confirmed: Set[str] = frozenset(),
) -> Report:
    """Import files of areas together, the widest kind first, in whatever order they are given.

    ``confirmed``: the areas (``postcode:3400``, or ``all``) that may shrink to a speck, grow out
    of proportion or move elsewhere; others that do raise :class:`UnconfirmedChanges`. The first
    error in a file raises :class:`BrokenFile`. The caller must not commit then.
    """
    collections = [read_collection(path, mapping or Mapping()) for path in paths]
    _refuse_repeats(collections)
    report = Report()
    moved: list[int] = []
    for kind in WIDEST_FIRST:
        batch = [(c, f) for c in collections for f in c.features if f.kind == kind]
        for country in sorted({feature.country for _, feature in batch}):
            own = [each for each in batch if each[1].country == country]
            moved += _write_kind(session, country, kind, own, report)
    refuse_unconfirmed(report.suspect, confirmed)
    if report.total_changes:
        report.overlaps = renew_overlaps(session, moved)
        renew_edition(session)
    session.expire_all()
    log.info(
        "areas_imported",
        files=len(paths),
        added=report.added.total(),
        changed=report.changed.total(),
        unchanged=report.unchanged.total(),
    )
    return report


def _refuse_repeats(collections: Iterable[Collection]) -> None:
    seen: dict[Key, Path] = {}
    for collection in collections:
        for feature in collection.features:
            other = seen.setdefault(feature.key, collection.path)
            if other != collection.path:
                raise BrokenFile(
                    collection.path,
                    f"its code is in {other.name} too",
                    number=feature.number,
                    code=feature.code,
                )


def _write_kind(
    session: Session,
    country: str,
    kind: AreaKind,
    batch: list[tuple[Collection, Feature]],
    report: Report,
) -> list[int]:
    """Write a country's areas of one kind; returns the ids whose boundary is new."""
    known = _read_known(session, country, kind)
    _adopt_known_codes(kind, batch, known)
    parents = _Parents(session, country, kind)
    moved: list[int] = []
    for portion in in_portions(batch, lambda each: each[1].shelved.size):
        moved += _write_portion(session, kind, portion, known, parents, report)
    report.absent[kind] += len(known.keys() - {feature.code for _, feature in batch})
    return moved


def _write_portion(
    session: Session,
    kind: AreaKind,
    portion: list[tuple[Collection, Feature]],
    known: dict[str, _Known],
    parents: _Parents,
    report: Report,
) -> list[int]:
    """Write a few areas of one kind; returns the ids whose boundary is new."""
    boundaries = [feature.boundary for _, feature in portion]
    stored = _read_boundaries(
        session, [known[feature.code].id for _, feature in portion if feature.code in known]
    )
    surfaces = surfaces_m2(read_boundaries(boundaries))
    fresh: list[dict[str, Any]] = []
    renewed: list[dict[str, Any]] = []
    moved: list[int] = []
    for (collection, feature), boundary, surface in zip(
        portion, boundaries, surfaces.tolist(), strict=True
    ):
        before = known.get(feature.code)
        parent_id = parents.find(collection.path, feature, boundary, before)
        values = _values(feature, surface, parent_id)
        is_same_shape = before is not None and stored[before.id] == boundary
        if before is not None and is_same_shape and before.values == values:
            report.unchanged[kind] += 1
            continue
        row = {
            **values,
            "boundary": boundary,
            "source": collection.source,
            "updated_at": utcnow(),
        }
        if before is None:
            fresh.append(row | feature.key._asdict())
            continue
        renewed.append(row | {"id": before.id})
        if not is_same_shape:
            moved.append(before.id)
            _ask_if_suspect(feature, boundary, before, stored[before.id], report)
    if fresh:
        moved += session.scalars(insert(Area).returning(Area.id), fresh)
    if renewed:
        session.execute(update(Area), renewed)
    report.added[kind] += len(fresh)
    report.changed[kind] += len(renewed)
    return moved


def _ask_if_suspect(
    feature: Feature, boundary: bytes, before: _Known, stored: bytes | None, report: Report
) -> None:
    old = before.values
    box = (old["min_lon"], old["min_lat"], old["max_lon"], old["max_lat"])
    if what := what_is_suspect(old["surface_m2"], box, stored, boundary):
        report.suspect.append(SuspectChange(feature.key, old["name"], what))


_COMPARED = (
    "name", "parent_id", "min_lon", "min_lat", "max_lon", "max_lat",
    "label_lon", "label_lat", "surface_m2",
)  # fmt: skip


def _values(feature: Feature, surface: float, parent_id: int | None) -> dict[str, Any]:
    return dict(
        zip(
            _COMPARED,
            (
                feature.name,
                parent_id,
                *feature.box,
                *feature.label,
                round(surface, 1),
            ),
            strict=True,
        )
    )


def _read_known(session: Session, country: str, kind: AreaKind) -> dict[str, _Known]:
    """A country's areas of a kind by code, without their boundaries."""
    table = Area.__table__.c
    return {
        row.code: _Known(row.id, {name: getattr(row, name) for name in _COMPARED})
        for row in session.execute(
            select(table.id, table.code, *(table[name] for name in _COMPARED)).where(
                table.country == country, table.kind == kind
            )
        )
    }


def _read_boundaries(session: Session, ids: list[int]) -> dict[int, bytes | None]:
    """Area id -> its boundary (WKB), if it has one."""
    rows = session.execute(select(Area.id, Area.boundary).where(Area.id.in_(ids)))
    return {area_id: None if found is None else bytes(found) for area_id, found in rows}


def _adopt_known_codes(
    kind: AreaKind, batch: list[tuple[Collection, Feature]], known: dict[str, _Known]
) -> None:
    """Keep our code for an area that has the same name but another code in the file.

    Registers number the police districts in several ways; the scopes of staff use our codes.
    """
    if not kind.row.keeps_our_codes:
        return
    in_file = {feature.code for _, feature in batch}
    ours: dict[str, list[str]] = {}
    for code, area in known.items():
        ours.setdefault(key_of(area.values["name"])[0], []).append(code)
    for _, feature in batch:
        codes = ours.get(key_of(feature.name)[0], [])
        if feature.code not in known and len(codes) == 1 and codes[0] not in in_file:
            feature.code = codes[0]


class _Parents:
    """Finds each area's parent: the one named, else the one it lies in, else the known one."""

    def __init__(self, session: Session, country: str, kind: AreaKind) -> None:
        self.kind = kind.row.parent
        self.country = country
        self.ids: dict[str, int] = {}
        if self.kind is None:
            return
        self._session = session
        self.ids = {
            code: area_id
            for area_id, code in session.execute(
                select(Area.id, Area.code).where(Area.country == country, Area.kind == self.kind)
            )
        }

    def find(
        self, path: Path, feature: Feature, boundary: bytes, before: _Known | None
    ) -> int | None:
        """The parent's id; None for the widest kinds. Raises BrokenFile if none is found."""
        if self.kind is None:
            return None
        if feature.parent is not None:
            found = self.ids.get(feature.parent[1])
            if found is None:
                raise BrokenFile(
                    path,
                    f"its parent {self.kind.value} {feature.parent[1]!r} is unknown:"
                    f" import the file of that kind first",
                    number=feature.number,
                    code=feature.code,
                )
            return found
        around = self._around(boundary)
        if around is not None:
            return around
        if before is not None and before.values["parent_id"] is not None:
            return int(before.values["parent_id"])
        raise BrokenFile(
            path,
            f"no {self.kind.value} is known to hold it: import the file of that kind first,"
            " or name the property with --map parent=PROPERTY",
            number=feature.number,
            code=feature.code,
        )

    def _around(self, boundary: bytes) -> int | None:
        """The area of the kind above that contains the largest part of it, by boundary."""
        shape = shapely.from_wkb(boundary)
        best, most_m2 = None, 0.0
        near = self._tree.query(shape)
        for portion in self._outlines.portions(near.tolist()):
            common = surfaces_m2(shapely.intersection(self._outlines.read(portion), shape))
            for at, m2 in zip(portion, common.tolist(), strict=True):
                if m2 > most_m2:
                    best, most_m2 = self._outlines.ids[at], m2
        return best

    @cached_property
    def _outlines(self) -> Outlines:
        return stored_outlines(self._session, self.kind, self.country)

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return self._outlines.tree()


def count_areas(session: Session) -> list[tuple[str, AreaKind, int, int]]:
    """(country, kind, how many, how many with a boundary), by country, the widest kind first."""
    rows = session.execute(
        select(Area.country, Area.kind, func.count(), func.count(Area.boundary)).group_by(
            Area.country, Area.kind
        )
    )
    found = {(country, kind): (total, bounded) for country, kind, total, bounded in rows}
    countries = sorted({home_country(), *(country for country, _ in found)})
    return [
        (country, kind, *found.get((country, kind), (0, 0)))
        for country in countries
        for kind in WIDEST_FIRST
    ]
