"""A target in words: "Hillerød Kommune", "inden for 800 m af et punkt i 3400 Hillerød"."""

from __future__ import annotations

from collections.abc import Sequence

import shapely
from babel.numbers import format_decimal
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from areas.atlas import Atlas, Place, current_atlas
from areas.geometry import surfaces_m2
from areas.kinds import AreaKind
from areas.targets.target import Target
from areas.targets.touched_areas import labelled_postcodes
from areas.titles import area_title, country_names, join_names
from web.texts.filters import format_number

NAMED_AREAS = 4
NAMED_POSTCODES = 3


def describe_target(session: Session, target: Target, most: int = NAMED_AREAS) -> str:
    """The target in words for people, in the current language (needs an app context).

    Of more areas than ``most`` the first are named, and the others counted.
    """
    atlas = current_atlas(session)
    places = [atlas.places[area_id] for area_id in target.area_ids if area_id in atlas.places]
    parts = _titles(places, most)
    if target.centre is not None and target.radius_m is not None:
        point = shapely.Point(target.centre)
        parts.append(
            _(
                "inden for %(distance)s af et punkt i %(place)s",
                distance=say_length(target.radius_m),
                place=_around(atlas, point),
            )
        )
    if target.shape is not None:
        drawn = shapely.geometry.shape(target.shape)
        parts.append(_("et markeret område i %(place)s", place=_around(atlas, drawn)))
    return join_names(parts)


def describe_point(session: Session, lon: float, lat: float) -> str:
    """The postcode that a point lies in, else its country."""
    return _around(current_atlas(session), shapely.Point(lon, lat))


def spell_degrees(degrees: float) -> str:
    """ "55,9279": to the nearest ten centimetres, with the language's decimal sign."""
    return str(format_decimal(round(degrees, 6), "0.######", locale=get_locale()))


def spell_point(lon: float, lat: float) -> str:
    """ "55,9279 N, 12,3008 Ø", which ``written_point`` reads."""
    return str(
        _(
            "%(lat)s %(north)s, %(lon)s %(east)s",
            lat=spell_degrees(abs(lat)),
            north=_("N") if lat >= 0 else _("S"),
            lon=spell_degrees(abs(lon)),
            east=_("Ø") if lon >= 0 else _("V"),
        )
    )


def describe_written(session: Session, target: Target) -> tuple[str, str] | None:
    """What somebody wrote for the centre of a target, and what it was taken for; for staff only."""
    if target.centre is None or not target.written:
        return None
    point = spell_point(*target.centre)
    where = target.address or describe_point(session, *target.centre)
    return target.written, f"{where} ({point})"


def _titles(places: Sequence[Place], most: int) -> list[str]:
    """The first titles, then how many more there are."""
    if len(places) <= most:
        return [area_title(place) for place in places]
    more = len(places) - most + 1
    named = [area_title(place) for place in places[: most - 1]]
    return [*named, ngettext("%(num)s område mere", "%(num)s andre områder", more)]


def _around(atlas: Atlas, drawn: BaseGeometry) -> str:
    """The postcodes that a point or shape lies in, the largest part first."""
    return join_names(_titles(_postcodes_of(atlas, drawn), NAMED_POSTCODES)) or country_names(atlas)


def _postcodes_of(atlas: Atlas, drawn: BaseGeometry) -> list[Place]:
    near = [
        position
        for position in atlas.tree.query(drawn, predicate="intersects").tolist()
        if atlas.bounded[position].kind == AreaKind.POSTCODE
    ]
    if not near:
        return labelled_postcodes(atlas, drawn)
    common = surfaces_m2(shapely.intersection(atlas.boundaries[near], drawn)).tolist()
    total = sum(common)
    found = sorted(zip(common, near, strict=True), key=lambda pair: (-pair[0], pair[1]))
    return [atlas.bounded[position] for surface, position in found if surface >= 0.05 * total]


def say_length(metres: float) -> str:
    """ "800 m" below a kilometre, "1,5 km" above."""
    if metres < 1000:
        return str(_("%(number)s m", number=format_number(round(metres))))
    return str(_("%(number)s km", number=format_number(round(metres / 1000, 1))))
