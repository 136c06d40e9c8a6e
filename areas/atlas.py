"""The areas in memory: read once per process, and again when an import has changed them.

An atlas never changes. The random token of :class:`AreaEdition` says whether it is current, so
an atlas read in a transaction that was rolled back is never taken for the committed one.
"""

from __future__ import annotations

import secrets
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import shapely
import structlog
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from areas.countries import COUNTRIES, AreaKey
from areas.geometry import read_boundaries, surfaces_m2
from areas.kinds import AreaKind, kinds_that_fill
from areas.models import Area, AreaEdition, AreaOverlap, LocalName
from areas.name_index import AreaName, NamedLocally, NameIndex

log = structlog.get_logger(__name__)

Box = tuple[float, float, float, float]
SAME_GROUND = 0.98
"""Two areas that share more than this of each are the same to those who live there."""


class Place(NamedTuple):
    """One area in the atlas: everything but its boundary."""

    id: int
    country: str
    kind: AreaKind
    code: str
    name: str
    parent_id: int | None
    box: Box | None
    label: tuple[float, float] | None
    surface_m2: float | None


@dataclass(frozen=True)
class Atlas:
    """Every area of one edition, with its boundaries indexed for look-ups by place."""

    token: str
    places: dict[int, Place]
    bounded: list[Place]
    boundaries: Any  # an array of geometries, in the order of `bounded`
    overlaps: dict[int, dict[int, float]]
    local_names: list[NamedLocally] = field(default_factory=list)

    @cached_property
    def tree(self) -> shapely.STRtree:
        """The boundaries' spatial index; its numbers are positions in `bounded`."""
        return shapely.STRtree(self.boundaries)

    @cached_property
    def surfaces(self) -> Any:
        """Square metres of each boundary, in the order of `bounded`."""
        return surfaces_m2(self.boundaries)

    @cached_property
    def names(self) -> NameIndex:
        """The names, prepared for fuzzy search, with the titles that are not made of them."""
        areas = (
            AreaName(place.id, place.kind, name)
            for place in self.places.values()
            for name in {
                place.name,
                *COUNTRIES[place.country].titles_of(place.kind, place.code).values(),
            }
        )
        return NameIndex(areas, self.local_names)

    @cached_property
    def countries(self) -> frozenset[str]:
        """The countries that areas are known of."""
        return frozenset(place.country for place in self.places.values())

    @cached_property
    def postcodes(self) -> dict[str, list[Place]]:
        """The postcodes of each country, by code."""
        found: dict[str, list[Place]] = defaultdict(list)
        for place in sorted(self.of_kind(AreaKind.POSTCODE), key=lambda place: place.code):
            found[place.country].append(place)
        return dict(found)

    @cached_property
    def by_key(self) -> dict[AreaKey, Place]:
        """The areas by country, kind and code."""
        return {
            AreaKey(place.country, place.kind, place.code): place for place in self.places.values()
        }

    @cached_property
    def positions(self) -> dict[int, int]:
        """Area id -> its position in `bounded`, for the areas whose boundary is known."""
        return {place.id: at for at, place in enumerate(self.bounded)}

    @cached_property
    def bounded_ids(self) -> frozenset[int]:
        """The areas whose boundary is known."""
        return frozenset(place.id for place in self.bounded)

    @cached_property
    def children(self) -> dict[int, list[int]]:
        """Area id -> the ids of the areas directly below it."""
        below: dict[int, list[int]] = defaultdict(list)
        for place in self.places.values():
            if place.parent_id is not None:
                below[place.parent_id].append(place.id)
        return dict(below)

    @cached_property
    def overlapped_by(self) -> dict[int, set[int]]:
        """Area id -> the ids of the areas that have more than a sliver inside it."""
        found: dict[int, set[int]] = defaultdict(set)
        for area_id, others in self.overlaps.items():
            for other_id in others:
                found[other_id].add(area_id)
        return dict(found)

    def finer_areas(self, area_id: int) -> set[int]:
        """The areas that lie at least partly in this one, of the kinds that fill it."""
        finer = kinds_that_fill(self.places[area_id].kind)
        if not finer:
            return set()
        inside = {*self.children.get(area_id, ()), *self.overlapped_by.get(area_id, ())}
        inside |= self.overlaps.get(area_id, {}).keys()
        return {other for other in inside if self.places[other].kind in finer}

    def unbounded(self, kind: AreaKind) -> list[Place]:
        """The areas of a kind whose boundary is not known."""
        return [place for place in self.of_kind(kind) if place.id not in self.bounded_ids]

    def of_kind(self, kind: AreaKind) -> list[Place]:
        """Every area of a kind."""
        return [place for place in self.places.values() if place.kind == kind]

    def all_bounded(self, kind: AreaKind) -> bool:
        """Whether there are areas of this kind and each has its boundary."""
        ids = {place.id for place in self.of_kind(kind)}
        return bool(ids) and ids <= self.bounded_ids

    def ancestors(self, area_id: int) -> list[int]:
        """The areas above this one in the hierarchy, the nearest first."""
        above: list[int] = []
        parent = self.places[area_id].parent_id
        while parent is not None and parent not in above:
            above.append(parent)
            parent = self.places[parent].parent_id
        return above

    def same_ground(self, one: int, other: int) -> bool:
        """Whether two areas cover each other, as the municipality and the postcode of an island."""
        shares = (self.overlaps.get(a, {}).get(b, 0.0) for a, b in ((one, other), (other, one)))
        return min(shares) >= SAME_GROUND

    def descendants(self, area_id: int) -> set[int]:
        """The areas below this one in the hierarchy, at any depth."""
        below: set[int] = set()
        waiting = list(self.children.get(area_id, ()))
        while waiting:
            child = waiting.pop()
            if child not in below:
                below.add(child)
                waiting.extend(self.children.get(child, ()))
        return below

    def at(self, lon: float, lat: float) -> list[Place]:
        """The areas whose boundary contains the point, border included, the widest kind first."""
        hits = self.tree.query(shapely.Point(lon, lat), predicate="intersects")
        found = [self.bounded[int(hit)] for hit in hits]
        return sorted(found, key=lambda place: (place.kind.row.rank, place.code))


_atlases: WeakKeyDictionary[Any, Atlas] = WeakKeyDictionary()
_reading = threading.Lock()


def current_atlas(session: Session) -> Atlas:
    """The areas as this session sees them; a single short query if nothing has changed."""
    token = session.scalar(select(AreaEdition.token)) or ""
    bind = session.get_bind()
    engine = bind if isinstance(bind, Engine) else bind.engine
    # Keyed by the pool, which the reading and the writing engine of a database share.
    atlas = _atlases.get(engine.pool)
    if atlas is not None and atlas.token == token:
        return atlas
    with _reading:
        atlas = _atlases.get(engine.pool)
        if atlas is None or atlas.token != token:
            atlas = _read(session, token)
            _atlases[engine.pool] = atlas
    return atlas


def renew_edition(session: Session) -> None:
    """Make every process read the areas again once this transaction is committed."""
    session.merge(AreaEdition(id=1, token=secrets.token_hex(16)))
    session.flush()


def _read(session: Session, token: str) -> Atlas:
    table = Area.__table__.c
    places: dict[int, Place] = {}
    bounded: list[Place] = []
    boundaries: list[Any] = []
    for row in session.execute(select(*table).order_by(table.id)):
        box = (row.min_lon, row.min_lat, row.max_lon, row.max_lat)
        label = (row.label_lon, row.label_lat)
        place = Place(
            id=row.id,
            country=row.country,
            kind=row.kind,
            code=row.code,
            name=row.name,
            parent_id=row.parent_id,
            box=None if None in box else box,
            label=None if None in label else label,
            surface_m2=row.surface_m2,
        )
        places[place.id] = place
        if row.boundary is not None:
            bounded.append(place)
            boundaries.append(row.boundary)
    overlaps: dict[int, dict[int, float]] = defaultdict(dict)
    for area_id, other_id, share in session.execute(
        select(AreaOverlap.area_id, AreaOverlap.other_id, AreaOverlap.share)
    ):
        overlaps[area_id][other_id] = share
    local_names = [
        NamedLocally(name, area_id, well_known)
        for name, area_id, well_known in session.execute(
            select(LocalName.name, LocalName.area_id, LocalName.well_known).order_by(LocalName.id)
        )
    ]
    shapes = read_boundaries(boundaries)
    log.info("areas_read", areas=len(places), boundaries=len(bounded))
    return Atlas(token, places, bounded, shapes, dict(overlaps), local_names)
