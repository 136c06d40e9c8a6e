"""The look-ups that other rooms use; everything they need from this room is importable here."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext as _
from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from areas.atlas import current_atlas
from areas.countries import code_text, home_country, read_code
from areas.errors import AreaNotFound
from areas.kinds import AreaKind
from areas.models import Area


def find_area(session: Session, kind: AreaKind, code: str, country: str | None = None) -> Area:
    """The area of this kind with this code, at home or in ``country``.

    Raises :class:`AreaNotFound`.
    """
    area = session.scalars(
        select(Area).where(
            Area.country == (country or home_country()), Area.kind == kind, Area.code == code
        )
    ).one_or_none()
    if area is None:
        raise AreaNotFound(
            _("Vi kender ikke koden %(code)s (%(kind)s).", kind=kind.row.name, code=code)
        )
    return area


def find_areas(session: Session, area_ids: Iterable[int]) -> list[Area]:
    """The areas with these ids that exist, in this order, in one query."""
    wanted = list(area_ids)
    if not wanted:
        return []
    found = {area.id: area for area in session.scalars(select(Area).where(Area.id.in_(wanted)))}
    return [found[area_id] for area_id in wanted if area_id in found]


def list_areas(session: Session, kind: AreaKind) -> list[Area]:
    """Every area of a kind: those at home first, then by country and code."""
    found = session.scalars(select(Area).where(Area.kind == kind))
    home = home_country()
    return sorted(found, key=lambda area: (area.country != home, area.country, area.code))


def district_names(session: Session, codes: Iterable[str]) -> dict[str, str]:
    """Code (``1``, ``no:1``) -> name of these police districts, as far as they are known."""
    wanted = set(codes)
    keys = [read_code(code) for code in wanted]
    if not keys:
        return {}
    found = session.scalars(
        select(Area).where(
            Area.kind == AreaKind.POLICE_DISTRICT, tuple_(Area.country, Area.code).in_(keys)
        )
    )
    return {code_text(area): area.name for area in found}


def parents_of(session: Session, area: Area) -> list[Area]:
    """The areas above this one in the hierarchy, the nearest first."""
    return find_areas(session, current_atlas(session).ancestors(area.id))


def areas_at(session: Session, lon: float, lat: float) -> list[Area]:
    """The areas whose boundary contains this point (WGS84 degrees), the widest kind first.

    Areas without a boundary are never included.
    """
    return find_areas(session, (place.id for place in current_atlas(session).at(lon, lat)))
