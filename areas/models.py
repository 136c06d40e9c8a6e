"""The tables of the areas, their overlaps, and the edition that invalidates caches."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Float, ForeignKey, Index, Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from areas.kinds import AreaKind
from database import Base, UtcDateTime, enum_column, utcnow


class Area(Base):
    """An official area, or a neighbourhood drawn by staff.

    ``boundary`` is WKB (Polygon or MultiPolygon, WGS84 lon/lat) and loaded only on request; the
    bounding box can be known without it. ``surface_m2`` is in square metres.
    """

    __tablename__ = "area"
    __table_args__ = (
        UniqueConstraint("kind", "code"),
        Index("ix_area_parent_id", "parent_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[AreaKind] = mapped_column(enum_column(AreaKind))
    code: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(120))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    boundary: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    min_lon: Mapped[float | None] = mapped_column(Float)
    min_lat: Mapped[float | None] = mapped_column(Float)
    max_lon: Mapped[float | None] = mapped_column(Float)
    max_lat: Mapped[float | None] = mapped_column(Float)
    label_lon: Mapped[float | None] = mapped_column(Float)
    label_lat: Mapped[float | None] = mapped_column(Float)
    surface_m2: Mapped[float | None] = mapped_column(Float)
    source: Mapped[str] = mapped_column(String(200))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)

    def __repr__(self) -> str:
        return f"<Area {self.kind}:{self.code}>"


class AreaOverlap(Base):
    """How much of one area's surface lies inside another, as a share from 0 to 1.

    Kept for areas of different kinds (and between neighbourhoods, which may overlap) when the
    share is above :data:`areas.geometry.SLIVER_SHARE`. The two directions are two rows.
    """

    __tablename__ = "area_overlap"
    __table_args__ = (Index("ix_area_overlap_other_id", "other_id"),)

    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"), primary_key=True)
    other_id: Mapped[int] = mapped_column(ForeignKey("area.id"), primary_key=True)
    share: Mapped[float] = mapped_column(Float)


class AreaEdition(Base):
    """One row whose random token changes whenever the areas change.

    Each process keeps the boundaries in memory and reads them again when the token differs.
    """

    __tablename__ = "area_edition"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    token: Mapped[str] = mapped_column(String(32))
