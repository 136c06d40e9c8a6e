"""Imports files of areas: repeating an import updates them, a broken file changes nothing.

Everything happens in the caller's transaction. Areas missing from a file are left alone, because
subscriptions point at them; the report says how many there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import shapely
import structlog
from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from areas.atlas import renew_edition
from areas.geometry import read_boundaries, surfaces_m2
from areas.importing.geojson import BrokenFile, Collection, Feature, Mapping, read_collection
from areas.importing.overlaps import renew_overlaps
from areas.kinds import WIDEST_FIRST, AreaKind
from areas.models import Area
from areas.name_index import key_of
from database import utcnow

log = structlog.get_logger(__name__)

Key = tuple[AreaKind, str]


@dataclass
class Report:
    """How many areas an import changed, by kind; ``absent`` counts those in no file."""

    added: Counter[AreaKind] = field(default_factory=Counter)
    changed: Counter[AreaKind] = field(default_factory=Counter)
    unchanged: Counter[AreaKind] = field(default_factory=Counter)
    absent: Counter[AreaKind] = field(default_factory=Counter)
    overlaps: int = 0

    @property
    def total_changes(self) -> int:
        """Areas added or changed."""
        return self.added.total() + self.changed.total()


@dataclass(frozen=True)
class _Known:
    """An area as stored in the database."""

    id: int
    values: dict[str, Any]


def import_files(session: Session, paths: Sequence[Path], mapping: Mapping | None = None) -> Report:
    """Import GeoJSON files together, the widest kind first, in whatever order they are given.

    Raises :class:`areas.importing.geojson.BrokenFile` for the first error; the caller must not
    commit then.
    """
    collections = [read_collection(path, mapping or Mapping()) for path in paths]
    _refuse_repeats(collections)
    report = Report()
    moved: list[int] = []
    for kind in WIDEST_FIRST:
        batch = [(c, f) for c in collections for f in c.features if f.kind == kind]
        if batch:
            moved += _write_kind(session, kind, batch, report)
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
            other = seen.setdefault((feature.kind, feature.code), collection.path)
            if other != collection.path:
                raise BrokenFile(
                    collection.path,
                    f"its code is in {other.name} too",
                    number=feature.number,
                    code=feature.code,
                )


def _write_kind(
    session: Session, kind: AreaKind, batch: list[tuple[Collection, Feature]], report: Report
) -> list[int]:
    """Write the areas of one kind; returns the ids whose boundary is new."""
    known = _read_known(session, kind)
    _adopt_known_codes(kind, batch, known)
    parents = _Parents(session, kind)
    surfaces = surfaces_m2(read_boundaries(feature.boundary for _, feature in batch))
    fresh: list[dict[str, Any]] = []
    renewed: list[dict[str, Any]] = []
    moved: list[int] = []
    for (collection, feature), surface in zip(batch, surfaces.tolist(), strict=True):
        before = known.get(feature.code)
        values = _values(feature, surface, parents.find(collection.path, feature, before))
        if before is not None and before.values == values:
            report.unchanged[kind] += 1
            continue
        row = values | {"source": collection.source, "updated_at": utcnow()}
        if before is None:
            fresh.append(row | {"kind": kind, "code": feature.code})
            continue
        renewed.append(row | {"id": before.id})
        if before.values["boundary"] != values["boundary"]:
            moved.append(before.id)
    if fresh:
        moved += session.scalars(insert(Area).returning(Area.id), fresh)
    if renewed:
        session.execute(update(Area), renewed)
    report.added[kind] += len(fresh)
    report.changed[kind] += len(renewed)
    report.absent[kind] += len(known.keys() - {feature.code for _, feature in batch})
    return moved


_COMPARED = (
    "name", "parent_id", "boundary", "min_lon", "min_lat", "max_lon", "max_lat",
    "label_lon", "label_lat", "surface_m2",
)  # fmt: skip


def _values(feature: Feature, surface: float, parent_id: int | None) -> dict[str, Any]:
    return dict(
        zip(
            _COMPARED,
            (
                feature.name,
                parent_id,
                feature.boundary,
                *feature.box,
                *feature.label,
                round(surface, 1),
            ),
            strict=True,
        )
    )


def _read_known(session: Session, kind: AreaKind) -> dict[str, _Known]:
    """The areas of a kind by code, boundaries included."""
    table = Area.__table__.c
    found = {}
    for row in session.execute(
        select(table.id, table.code, *(table[name] for name in _COMPARED)).where(table.kind == kind)
    ):
        values = {name: getattr(row, name) for name in _COMPARED}
        if values["boundary"] is not None:
            values["boundary"] = bytes(values["boundary"])
        found[row.code] = _Known(row.id, values)
    return found


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

    def __init__(self, session: Session, kind: AreaKind) -> None:
        self.kind = kind.row.parent
        self.ids: dict[str, int] = {}
        self._bounded: list[int] = []
        self._boundaries: Any = None
        if self.kind is None:
            return
        self._session = session
        self.ids = {
            code: area_id
            for area_id, code in session.execute(
                select(Area.id, Area.code).where(Area.kind == self.kind)
            )
        }

    def find(self, path: Path, feature: Feature, before: _Known | None) -> int | None:
        """The parent's id; None for police districts. Raises BrokenFile if none is found."""
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
        around = self._around(feature)
        if around is not None:
            return around
        if before is not None and before.values["parent_id"] is not None:
            return int(before.values["parent_id"])
        raise BrokenFile(
            path,
            f"no {self.kind.value} is known to hold it: import the file of that kind first,"
            " or name the property with --parent-property",
            number=feature.number,
            code=feature.code,
        )

    def _around(self, feature: Feature) -> int | None:
        """The area of the kind above that contains the largest part of it, by boundary."""
        if self._boundaries is None:
            rows = self._session.execute(
                select(Area.id, Area.boundary)
                .where(Area.kind == self.kind, Area.boundary.is_not(None))
                .order_by(Area.code)
            ).all()
            self._bounded = [row[0] for row in rows]
            self._boundaries = read_boundaries(row[1] for row in rows)
            self._tree = shapely.STRtree(self._boundaries)
        boundary = shapely.from_wkb(feature.boundary)
        near = self._tree.query(boundary, predicate="intersects")
        if not len(near):
            return None
        common = surfaces_m2(shapely.intersection(self._boundaries[near], boundary))
        best = int(np.argmax(common))
        return self._bounded[int(near[best])] if common[best] > 0 else None


def count_areas(session: Session) -> list[tuple[AreaKind, int, int]]:
    """(kind, how many, how many with a boundary), the widest kind first."""
    rows = session.execute(
        select(Area.kind, func.count(), func.count(Area.boundary)).group_by(Area.kind)
    )
    found = {kind: (total, bounded) for kind, total, bounded in rows}
    return [(kind, *found.get(kind, (0, 0))) for kind in WIDEST_FIRST]
