"""Boundaries kept on disk or in the database, and read a few megabytes at a time.

A country's boundaries at full resolution don't fit into the memory that an import may take.
"""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import shapely
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from areas.geometry import Floats, read_boundaries
from areas.kinds import AreaKind
from areas.models import Area

BYTES_AT_ONCE = 4 * 1024 * 1024
IDS_AT_ONCE = 500

T = TypeVar("T")


class Shelf:
    """Keeps the boundaries of files that are being read in a temporary file."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 (it lives as long as the shelf)
        weakref.finalize(self, self._file.close)

    def put(self, boundary: bytes) -> Shelved:
        """Keep a boundary."""
        start = self._file.seek(0, 2)
        self._file.write(boundary)
        return Shelved(self, start, len(boundary))

    def read(self, start: int, size: int) -> bytes:
        """The boundary that was put there."""
        self._file.seek(start)
        return self._file.read(size)


@dataclass(frozen=True)
class Shelved:
    """Where a boundary is on a shelf; ``size`` in bytes."""

    shelf: Shelf
    start: int
    size: int

    def read(self) -> bytes:
        """The boundary (WKB)."""
        return self.shelf.read(self.start, self.size)


def in_portions(items: Iterable[T], size: Callable[[T], int]) -> Iterator[list[T]]:
    """The items in lists of about :data:`BYTES_AT_ONCE`, and at most :data:`IDS_AT_ONCE`."""
    portion: list[T] = []
    total = 0
    for item in items:
        if portion and (total + size(item) > BYTES_AT_ONCE or len(portion) == IDS_AT_ONCE):
            yield portion
            portion, total = [], 0
        portion.append(item)
        total += size(item)
    if portion:
        yield portion


@dataclass(frozen=True)
class Outlines:
    """Areas with a boundary: everything about them in arrays, but the boundaries themselves.

    ``boxes`` [west, south, east, north], ``surfaces`` in square metres, ``sizes`` in bytes;
    ``read`` gives the geometries at some positions.
    """

    ids: list[int]
    kinds: list[AreaKind]
    boxes: Floats
    surfaces: Floats
    sizes: Any
    read: Callable[[Sequence[int]], Any]

    def portions(self, positions: Iterable[int]) -> Iterator[list[int]]:
        """The positions, a few megabytes of boundaries at a time."""
        return in_portions(positions, lambda at: int(self.sizes[at]))

    def tree(self) -> shapely.STRtree:
        """An index of the boxes; its numbers are positions."""
        return shapely.STRtree(shapely.box(*self.boxes.T))


def stored_outlines(
    session: Session, kind: AreaKind | None = None, country: str | None = None
) -> Outlines:
    """The areas (of a kind, of a country) whose boundary is stored, by code."""
    table = Area.__table__.c
    asked = select(
        table.id, table.kind, table.min_lon, table.min_lat, table.max_lon, table.max_lat,
        table.surface_m2, func.length(table.boundary),
    ).where(table.boundary.is_not(None))  # fmt: skip
    asked = asked.order_by(table.kind, table.country, table.code)
    if kind is not None:
        asked = asked.where(table.kind == kind)
    if country is not None:
        asked = asked.where(table.country == country)
    rows = session.execute(asked).all()
    ids = [row[0] for row in rows]

    def read(positions: Sequence[int]) -> Any:
        wanted = [ids[at] for at in positions]
        found = dict(
            session.execute(select(table.id, table.boundary).where(table.id.in_(wanted))).all()
        )
        return read_boundaries(found[area_id] for area_id in wanted)

    return Outlines(
        ids=ids,
        kinds=[row[1] for row in rows],
        boxes=np.array([row[2:6] for row in rows], dtype=float).reshape(-1, 4),
        surfaces=np.array([row[6] for row in rows], dtype=float),
        sizes=np.array([row[7] for row in rows], dtype=int),
        read=read,
    )
