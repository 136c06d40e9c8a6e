"""A target in words: "Hillerød Kommune", "inden for 800 m af et punkt i 3400 Hillerød"."""

from __future__ import annotations

from collections.abc import Sequence

import shapely
from flask_babel import gettext as _
from flask_babel import ngettext
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
