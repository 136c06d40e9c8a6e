"""The look-ups other rooms use; everything they need from this room is importable here."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from areas.errors import AmbiguousArea, AreaNotFound, TargetError
from areas.models import Area, AreaKind
from areas.search import AreaMatch, resolve_area, search_areas
from areas.targets import Target, describe_target, district_codes, parse_target, touched_areas

__all__ = [
    "AmbiguousArea",
    "AreaMatch",
    "AreaNotFound",
    "Target",
    "TargetError",
    "areas_at",
    "describe_target",
    "district_codes",
    "find_area",
    "list_areas",
    "parse_target",
    "resolve_area",
    "search_areas",
    "touched_areas",
]


def find_area(session: Session, kind: AreaKind, code: str) -> Area:
    """The area of this kind with this code; raises :class:`AreaNotFound`."""
    area = session.scalars(select(Area).where(Area.kind == kind, Area.code == code)).one_or_none()
    if area is None:
        raise AreaNotFound()
    return area


def list_areas(session: Session, kind: AreaKind) -> list[Area]:
    """Every area of a kind, by code."""
    return list(session.scalars(select(Area).where(Area.kind == kind).order_by(Area.code)))


def areas_at(session: Session, lon: float, lat: float) -> list[Area]:
    """The areas whose boundary holds this point, the widest kind first."""
    raise NotImplementedError
