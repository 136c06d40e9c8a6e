"""What the places that a person wrote mean: areas, or what to ask back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from areas.models import Area
from areas.service import AmbiguousArea, AreaNotFound, resolve_area
from areas.titles import area_title
from web.texts.folding import fold

MAX_SUGGESTIONS = 5


@dataclass(frozen=True)
class Unclear:
    """A place that means no area, or several: ``suggestions`` are what may be meant."""

    text: str
    suggestions: tuple[Area, ...] = ()
    ambiguous: bool = False


@dataclass
class Reading:
    """What a list of places means: each area once, in the order written."""

    areas: list[Area] = field(default_factory=list)
    unclear: list[Unclear] = field(default_factory=list)

    def add(self, area: Area) -> None:
        """Count an area in, once."""
        if all(known.id != area.id for known in self.areas):
            self.areas.append(area)


def read_places(session: Session, places: Iterable[str]) -> Reading:
    """Find the area that each place means; what cannot be told is in ``unclear``."""
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
    """Those of ``areas`` that are called ``place``: by code, by name, or by both."""
    wanted = fold(place)
    return [
        area
        for area in areas
        if wanted in (fold(area.code), fold(area.name), fold(area_title(area)))
    ]
