"""The tables of areas, their overlaps, local names and editions, and of the address register.

The register is three tables, so that the large one is narrow: names, streets (a name in one
postcode and municipality), and addresses.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from areas.countries import home_country, key_text
from areas.kinds import AreaKind
from database import Base, UtcDateTime, enum_column, utcnow


class Area(Base):
    """An official area, or a neighbourhood drawn by staff.

    ``country`` is an ISO 3166-1 code ("dk"), and part of the key: countries share postcodes.
    ``boundary`` is WKB (Polygon or MultiPolygon, WGS84 lon/lat) and loaded only on request; the
    bounding box can be known without it. ``surface_m2`` is in square metres.
    """

    __tablename__ = "area"
    __table_args__ = (
        UniqueConstraint("country", "kind", "code"),
        Index("ix_area_parent_id", "parent_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    country: Mapped[str] = mapped_column(String(2), default=home_country)
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
        return f"<Area {key_text(self)}>"


class LocalName(Base):
    """A name that people use for a place, and an area that holds it (the gazetteer).

    A place in several areas, and several places of one name, are several rows. Without an area the
    place is far too wide for one ("Jylland"). ``well_known``: nobody who writes the name means
    another place, so that it need not be asked back.
    """

    __tablename__ = "local_name"
    __table_args__ = (UniqueConstraint("name", "area_id"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    area_id: Mapped[int | None] = mapped_column(ForeignKey("area.id", ondelete="CASCADE"))
    well_known: Mapped[bool] = mapped_column(default=False)
    source: Mapped[str] = mapped_column(String(200))


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


# Sorted by bytes on every database, so that a look-up by a beginning is a range of the index.
_Key = String(80).with_variant(String(80, collation="C"), "postgresql")


class StreetName(Base):
    """A name that streets of the address register have, in one place or in many."""

    __tablename__ = "street_name"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(80), unique=True)


class StreetNameKey(Base):
    """A folded form that a street name is found by, or begins with (``street_keys``)."""

    __tablename__ = "street_name_key"
    __table_args__ = ({"sqlite_with_rowid": False},)

    key: Mapped[str] = mapped_column(_Key, primary_key=True)
    name_id: Mapped[int] = mapped_column(
        ForeignKey("street_name.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class StreetNameSlip(Base):
    """A street name's key without one of its letters, as a number: finds what is misspelt."""

    __tablename__ = "street_name_slip"
    __table_args__ = ({"sqlite_with_rowid": False},)

    code: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    name_id: Mapped[int] = mapped_column(
        ForeignKey("street_name.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class Street(Base):
    """A street of the register, or its part in one postcode, municipality and locality.

    ``locality`` is the register's supplementary town name ("supplerende bynavn"), mostly empty;
    ``municipality`` is the code of one.
    """

    __tablename__ = "street"
    __table_args__ = (
        UniqueConstraint("name_id", "municipality", "postcode", "locality"),
        Index("ix_street_municipality", "municipality"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    name_id: Mapped[int] = mapped_column(ForeignKey("street_name.id"))
    municipality: Mapped[str] = mapped_column(String(4))
    postcode: Mapped[str] = mapped_column(String(4))
    town: Mapped[str] = mapped_column(String(80))
    locality: Mapped[str] = mapped_column(String(80), default="")


class Address(Base):
    """An official address: a house number, perhaps with a letter, and the point of its door."""

    __tablename__ = "address"
    __table_args__ = ({"sqlite_with_rowid": False},)

    street_id: Mapped[int] = mapped_column(ForeignKey("street.id"), primary_key=True)
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    letter: Mapped[str] = mapped_column(String(1), primary_key=True)
    lon: Mapped[float] = mapped_column(Float)
    lat: Mapped[float] = mapped_column(Float)


class AddressEdition(Base):
    """One row: what was imported last. ``token`` changes with each import."""

    __tablename__ = "address_edition"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    token: Mapped[str] = mapped_column(String(32))
    file: Mapped[str] = mapped_column(String(120))
    imported_at: Mapped[datetime] = mapped_column(UtcDateTime)
