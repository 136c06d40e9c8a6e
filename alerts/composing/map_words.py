"""What a drawing of a target says in words: the places around it, how far they are, and where."""

from __future__ import annotations

import math
from dataclasses import dataclass

import shapely
from flask_babel import gettext as _
from shapely.geometry.base import BaseGeometry

from areas.atlas import Atlas, Place
from areas.geometry import distance_m
from areas.kinds import AreaKind
from areas.targets.descriptions import say_length
from areas.titles import area_title
from web.texts.filters import format_number

MOST_NEARBY = 3


@dataclass(frozen=True)
class Nearby:
    """A place outside a target, and how it lies from the target's middle."""

    place: Place
    metres: float
    bearing: float
    """Degrees from north, clockwise."""

    @property
    def words(self) -> str:
        """Such as "3480 Fredensborg (5,1 km mod øst)"."""
        return str(
            _(
                "%(place)s (%(distance)s mod %(direction)s)",
                place=area_title(self.place),
                distance=say_length(self.metres),
                direction=direction(self.bearing),
            )
        )


def nearby_places(atlas: Atlas, whole: BaseGeometry) -> list[Nearby]:
    """The nearest postcodes that lie outside a target, by the points where they are labelled."""
    middle = whole.centroid
    shapely.prepare(whole)
    found = [
        Nearby(
            place,
            distance_m(middle.x, middle.y, *place.label),
            bearing((middle.x, middle.y), place.label),
        )
        for place in atlas.of_kind(AreaKind.POSTCODE)
        if place.label is not None and not shapely.intersects_xy(whole, *place.label)
    ]
    outside = [each for each in found if not _contains(atlas, each.place, middle)]
    return sorted(outside, key=lambda each: (each.metres, each.place.code))[:MOST_NEARBY]


def _contains(atlas: Atlas, place: Place, point: shapely.Point) -> bool:
    """Whether a point lies in a place: then the target is in it, not near it."""
    at = atlas.positions.get(place.id)
    return at is not None and bool(shapely.intersects(atlas.boundaries[at], point))


def say_surface(square_metres: float) -> str:
    """ "7.900 m²" below a tenth of a square kilometre, "2,01 km²" above: three digits of it."""
    if square_metres < 1e5:
        return str(_("%(number)s m²", number=format_number(_three_digits(square_metres))))
    return str(_("%(number)s km²", number=format_number(_three_digits(square_metres / 1e6))))


def _three_digits(number: float) -> float:
    return float(f"{number:.3g}")


def bearing(start: tuple[float, float], end: tuple[float, float]) -> float:
    """Degrees from north, clockwise, from one point (lon, lat) towards another."""
    south, north = math.radians(start[1]), math.radians(end[1])
    across = math.radians(end[0] - start[0])
    x = math.sin(across) * math.cos(north)
    y = math.cos(south) * math.sin(north) - math.sin(south) * math.cos(north) * math.cos(across)
    return math.degrees(math.atan2(x, y)) % 360


def direction(degrees: float) -> str:
    """A bearing as one of eight directions, in the reader's language."""
    names = (
        _("nord"), _("nordøst"), _("øst"), _("sydøst"),
        _("syd"), _("sydvest"), _("vest"), _("nordvest"),
    )  # fmt: skip
    return str(names[round(degrees / 45) % 8])
