"""Reading a target sent by a person or a program, and telling them what is wrong with it."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from marshmallow import ValidationError
from sqlalchemy.orm import Session

from areas.atlas import Atlas, current_atlas
from areas.countries import COUNTRIES, home_country, read_key
from areas.drawn_shapes import Fault, ShapeFault, read_shape
from areas.errors import TargetError
from areas.geometry import Box, are_in
from areas.schemas import TargetSchema
from areas.targets.target import Target
from areas.targets.touched_areas import touched_areas
from areas.titles import area_title, country_names

MOST_CORNERS = 10_000
LARGEST_SHAPE = 2 * 1024 * 1024
"""Bytes of a request with a shape: the most corners, as encoded GeoJSON with all decimals."""
MOST_M2 = 20_000e6
"""Twice the largest police district: anything larger is in effect the whole country."""
LONGEST_RADIUS_M = 50_000

_DETAILS = {
    Fault.EMPTY: _l(
        "Der er ikke tegnet noget. Tegn et område på kortet, eller vælg steder på listen."
    ),
    Fault.WRONG_TYPE: _l(
        "Området skal være en flade (Polygon eller MultiPolygon), ikke %(given)s. Tegn en flade."
    ),
    Fault.TOO_MANY_CORNERS: _l(
        "Området har %(given)s hjørner, og der må højst være 10.000. Tegn det mere enkelt."
    ),
    Fault.MALFORMED: _l(
        "Koordinaterne kan ikke læses. Hvert punkt skal være to tal: længdegrad og breddegrad."
    ),
    Fault.NOT_WGS84: _l(
        "Punktet %(where)s er ikke længdegrad og breddegrad. Brug WGS84 (EPSG:4326), ikke UTM."
    ),
    Fault.SWAPPED: _l(
        "Bredde- og længdegrad er byttet om. "
        "Skriv længdegrad før breddegrad, for eksempel 12.31, 55.93."
    ),
    Fault.NOT_CLOSED: _l(
        "Området er ikke lukket. Det sidste punkt skal være det samme som det første."
    ),
    Fault.NO_SURFACE: _l(
        "Området dækker ingenting, for punkterne ligger på en linje. Tegn mindst tre hjørner."
    ),
    Fault.CROSSES_ITSELF: _l(
        "Områdets kant krydser sig selv ved %(where)s. Flyt et hjørne, så kanterne ikke krydser."
    ),
    Fault.TOO_LARGE: _l(
        "Området er på %(given)s km², og der må højst være 20.000: det dækker hele landet."
        " Tegn et mindre, eller vælg politikredse på listen."
    ),
    Fault.OUTSIDE: _l(
        "Punktet %(where)s ligger uden for %(countries)s. Tegn et område, der ligger dér."
    ),
}


def parse_target(session: Session, data: dict[str, Any]) -> Target:
    """Validate the target that a caller sent. Raises :class:`TargetError`, worded for the caller.

    Keys: ``area_ids`` (numbers) or ``areas`` (``"postcode:3400"``), ``shape`` (GeoJSON geometry
    or a Feature of one), ``centre`` ([lon, lat]) with ``radius_m`` (metres, at most 50,000), and
    ``left_out_ids``, of which those are kept that the target touches; ``written`` and ``address``
    say what the centre was written as.
    """
    try:
        given: dict[str, Any] = TargetSchema().load(data)
    except ValidationError as error:
        messages = error.normalized_messages()
        raise TargetError(
            _("Området er ikke udfyldt rigtigt."),
            fields={str(name): [str(found)] for name, found in messages.items()},
        ) from error
    atlas = current_atlas(session)
    area_ids = _areas(atlas, given["area_ids"], given["areas"])
    shape = None if given["shape"] is None else _shape(atlas, given["shape"])
    centre, radius_m = _circle(atlas, given["centre"], given["radius_m"])
    if not area_ids and shape is None and centre is None:
        raise TargetError(
            _("Der er ikke valgt noget område. Vælg et sted på listen, eller tegn på kortet.")
        )
    target = Target(
        area_ids=area_ids,
        shape=shape,
        centre=centre,
        radius_m=radius_m,
        written=given["written"],
        address=given["address"],
    )
    touched = touched_areas(session, target)
    if not touched:
        raise _wrong(
            "shape" if shape is not None else "centre",
            _(
                "Området rører ikke noget sted på land i %(countries)s. "
                "Flyt det, eller gør det større.",
                countries=country_names(atlas),
            ),
        )
    left_out = _left_out(atlas, given["left_out_ids"], area_ids)
    return dataclasses.replace(target, left_out_ids=tuple(sorted(left_out & touched.keys())))


def _wrong(field: str, detail: str) -> TargetError:
    return TargetError(detail, fields={field: [detail]})


def _require_known(atlas: Atlas, field: str, ids: list[int]) -> None:
    unknown = [str(area_id) for area_id in ids if area_id not in atlas.places]
    if unknown:
        raise _wrong(
            field, _("Disse områder findes ikke: %(unknown)s.", unknown=", ".join(unknown[:5]))
        )


def _left_out(atlas: Atlas, ids: list[int], named: tuple[int, ...]) -> set[int]:
    """The areas to leave out. One that the target names itself cannot be left out."""
    _require_known(atlas, "left_out_ids", ids)
    both = sorted(area_title(atlas.places[area_id]) for area_id in set(ids).intersection(named))
    if both:
        raise _wrong(
            "left_out_ids",
            _(
                "%(area)s er selv valgt og kan ikke udelades. Ret, hvor varslet skal hen.",
                area=both[0],
            ),
        )
    return set(ids)


def _areas(atlas: Atlas, ids: list[int], names: list[str]) -> tuple[int, ...]:
    """The ids of the named areas, each once, in the order given."""
    _require_known(atlas, "area_ids", ids)
    found = list(ids)
    for name in names:
        key = read_key(name)
        place = atlas.by_key.get(key) if key else None
        if place is None:
            raise _wrong(
                "areas",
                _(
                    "%(name)s findes ikke. Skriv slags og kode, for eksempel postcode:3400, "
                    "og landet foran, hvis det er et andet: no:postcode:3400.",
                    name=name,
                ),
            )
        found.append(place.id)
    return tuple(dict.fromkeys(found))


def _shape(atlas: Atlas, given: Any) -> dict[str, Any]:
    """The checked geometry, also from within a GeoJSON Feature."""
    if isinstance(given, dict) and given.get("type") == "Feature":
        given = given.get("geometry")
    try:
        read_shape(given, _boxes(atlas), most_corners=MOST_CORNERS, most_m2=MOST_M2)
    except ShapeFault as fault:
        where = _point(*fault.where) if fault.where else _("et sted")
        raise _wrong("shape", _detail(atlas, fault.fault, where, fault.given)) from fault
    return {"type": given["type"], "coordinates": given["coordinates"]}


def _circle(
    atlas: Atlas, centre: Any, radius: Any
) -> tuple[tuple[float, float] | None, float | None]:
    if centre is None and radius is None:
        return None, None
    if centre is None:
        raise _wrong("centre", _("Der mangler et punkt til radius. Sæt et punkt på kortet."))
    if not (isinstance(centre, list | tuple) and len(centre) == 2 and all(map(_is_number, centre))):
        raise _wrong("centre", str(_DETAILS[Fault.MALFORMED]))
    lon, lat = float(centre[0]), float(centre[1])
    boxes = _boxes(atlas)
    if not are_in(boxes, np.array([lon]), np.array([lat])).all():
        is_swapped = are_in(boxes, np.array([lat]), np.array([lon])).all()
        fault = Fault.OUTSIDE if abs(lon) <= 180 and abs(lat) <= 90 else Fault.NOT_WGS84
        fault = Fault.SWAPPED if is_swapped else fault
        raise _wrong("centre", _detail(atlas, fault, _point(lon, lat)))
    if not _is_number(radius) or not 0 < radius <= LONGEST_RADIUS_M:
        raise _wrong(
            "radius_m", _("Radius skal være mere end 0 meter og højst 50 km. Skriv den i meter.")
        )
    return (lon, lat), float(radius)


def country_boxes(session: Session) -> list[Box]:
    """The boxes of the countries in which alerts can be sent."""
    return _boxes(current_atlas(session))


def _boxes(atlas: Atlas) -> list[Box]:
    """The boxes of the countries in which alerts can be sent."""
    return [COUNTRIES[country].box for country in sorted({home_country(), *atlas.countries})]


def _detail(atlas: Atlas, fault: Fault, where: str, given: str = "") -> str:
    words = {"given": given, "where": where, "countries": country_names(atlas)}
    return str(_DETAILS[fault]) % words


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _point(lon: float, lat: float) -> str:
    return f"{lon:.7g}, {lat:.7g}"
