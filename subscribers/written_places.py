"""Finds the areas that typed place names mean, or what to ask about them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from areas.errors import AmbiguousArea, AreaNotFound
from areas.models import Area
from areas.search import resolve_area
from areas.titles import area_title
from web.texts.folding import fold

MAX_SUGGESTIONS = 5


@dataclass(frozen=True)
class Unclear:
    """A place that matches no area, or several: ``suggestions`` are the areas it may mean."""

    text: str
    suggestions: tuple[Area, ...] = ()
    ambiguous: bool = False


@dataclass
class Reading:
    """What a list of places means: each area once, in the order typed."""

    areas: list[Area] = field(default_factory=list)
    unclear: list[Unclear] = field(default_factory=list)

    def add(self, area: Area) -> None:
        """Add an area, unless it is there already."""
        if all(known.id != area.id for known in self.areas):
            self.areas.append(area)


def read_places(session: Session, places: Iterable[str]) -> Reading:
    """Find the area that each place means; those that are not certain go to ``unclear``."""
    reading = Reading()
    for place in places:
        try:
            reading.add(resolve_area(session, place))
        except AmbiguousArea as error:
            candidates = tuple(error.candidates[:MAX_SUGGESTIONS])
            reading.unclear.append(Unclear(place, candidates, ambiguous=True))
        except AreaNotFound as error:
            reading.unclear.append(Unclear(place, tuple(error.suggestions[:MAX_SUGGESTIONS])))
    return reading


def named_among(areas: Sequence[Area], place: str) -> list[Area]:
    """The ``areas`` whose code, name or title is ``place``."""
    wanted = fold(place)
    return [
        area
        for area in areas
        if wanted in (fold(area.code), fold(area.name), fold(area_title(area)))
    ]
