"""Finds the areas that typed place names mean, or what to ask about them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from areas.countries import home_country, stated_country
from areas.errors import AmbiguousArea, AreaNotFound, AreaTooWide
from areas.models import Area
from areas.search import find_place, is_place_name
from areas.titles import Reason, area_title
from web.languages.typed_gettext import _
from web.texts.folding import fold

MAX_SUGGESTIONS = 5
_CODE_AND_WORDS = re.compile(r"((?:[A-Z]{1,2}-)?[0-9]{3,6})\s+(\D+)", re.IGNORECASE)
MOST_RUN_TOGETHER = 4
"""Words in which several places are looked for."""


@dataclass(frozen=True)
class Unclear:
    """A place that is no area, or may be several: ``suggestions`` are the areas it may mean.

    ``ambiguous``: the name is known. ``total``: how many areas it may mean, if those are too many
    postcodes of one name to offer. ``too_wide``: it is known, and far wider than any area.
    ``reasons``: by area, why it is offered.
    """

    text: str
    suggestions: tuple[Area, ...] = ()
    ambiguous: bool = False
    total: int = 0
    too_wide: bool = False
    reasons: Mapping[int, Reason] = field(default_factory=dict, compare=False)

    @property
    def is_known(self) -> bool:
        """Whether there is a place of this name."""
        return self.ambiguous or self.too_wide


@dataclass
class Reading:
    """What a list of places means: each area once, in the order typed.

    ``local_names``: by area, the name of a place in it that was typed instead of its own.
    """

    areas: list[Area] = field(default_factory=list)
    local_names: dict[int, str] = field(default_factory=dict)
    unclear: list[Unclear] = field(default_factory=list)

    def add(self, area: Area) -> None:
        """Add an area, unless it is there already."""
        if all(known.id != area.id for known in self.areas):
            self.areas.append(area)


def read_places(session: Session, places: Iterable[str], *, run_together: bool = False) -> Reading:
    """Find the area that each place means; those that are not certain go to ``unclear``.

    ``run_together``: what is no place may be several of them, with nothing in between.
    """
    reading = Reading()
    for place in places:
        try:
            found = find_place(session, place)
        except AmbiguousArea as error:
            reading.unclear.append(_ambiguous(_as_named(session, place), error))
        except AreaTooWide:
            reading.unclear.append(Unclear(place, too_wide=True))
        except AreaNotFound as error:
            apart = _run_together(session, place) if run_together else []
            offered = tuple(error.suggestions[:MAX_SUGGESTIONS])
            suggested = Unclear(_as_named(session, place), offered, reasons=error.reasons)
            reading.unclear += apart or [suggested]
        else:
            reading.add(found.area)
            if found.local_name:
                reading.local_names[found.area.id] = place
    return reading


def ask_about_each(session: Session, places: Iterable[str]) -> list[Unclear]:
    """What each place may mean, to be asked about although it may be certain."""
    asked = []
    for place in places:
        reading = read_places(session, [place])
        named = _as_named(session, place)
        asked += [Unclear(named, (area,), ambiguous=True) for area in reading.areas]
        asked += reading.unclear
    return asked


def _as_named(session: Session, place: str) -> str:
    """A place as it is called: a postcode without words beside it that are no place's name."""
    found = _CODE_AND_WORDS.fullmatch(place)
    if found is None or is_place_name(session, found[2]) or stated_country(place)[0]:
        return place
    return found[1]


def read_places_in_sentence(session: Session, places: Sequence[str]) -> Reading:
    """What the places of a sentence mean: only a postcode is certain, a name is asked about.

    A name that is no place is a word of the sentence: then all is unknown, but for postcodes. A
    single one may be misspelt.
    """
    codes = [place for place in places if place[0].isdigit()]
    asked = ask_about_each(session, [place for place in places if place not in codes])
    reading = read_places(session, codes)
    known = [place for place in asked if place.is_known]
    if codes:
        reading.unclear += known
    elif known == asked or len(asked) == 1:
        reading.unclear += asked
    return reading


def _run_together(session: Session, text: str) -> list[Unclear]:
    """The places of a name that is several, one after the other, all to be asked about.

    "Aarhus Viby" is the one of them that lies in the other.
    """
    words = text.split()
    for at in range(1, len(words) if len(words) <= MOST_RUN_TOGETHER else 0):
        parts = ask_about_each(session, (" ".join(words[:at]), " ".join(words[at:])))
        if len(parts) > 1 and all(place.is_known and not place.too_wide for place in parts):
            first, second = parts[0], parts[1]
            inside = _within(first, second) or _within(second, first)
            reasons = {**first.reasons, **second.reasons}
            is_one = inside and len(parts) == 2
            return [Unclear(text, inside, reasons=reasons)] if is_one else parts
    return []


def _within(inner: Unclear, outer: Unclear) -> tuple[Area, ...]:
    """The areas that one place may mean and that lie in an area that the other may mean."""
    around = {area.id for area in outer.suggestions}
    return tuple(area for area in inner.suggestions if area.parent_id in around)


def title_from(area: Area, typed: str | None) -> str:
    """An area's title, and what was typed if that isn't in it: '8220 Brabrand (fra “Gellerup”)'."""
    title = area_title(area)
    if not typed or fold(typed) in fold(title):
        return title
    return _("%(title)s (fra “%(typed)s”)", title=title, typed=" ".join(typed.split()))


def _ambiguous(place: str, error: AmbiguousArea) -> Unclear:
    names = {area.name for area in error.candidates}
    if error.total > len(error.candidates) and len(names) == 1:
        return Unclear(place, ambiguous=True, total=error.total)
    offered = tuple(error.candidates[:MAX_SUGGESTIONS])
    return Unclear(place, offered, ambiguous=True, reasons=error.reasons)


def named_among(areas: Sequence[Area], place: str) -> list[Area]:
    """The ``areas`` whose code, name or title is ``place``.

    Of several that only their countries tell apart, those at home.
    """
    stated, rest = stated_country(place)
    wanted = {fold(place), fold(rest)}
    found = [
        area
        for area in areas
        if stated in (None, area.country)
        and not wanted.isdisjoint({fold(area.code), fold(area.name), fold(area_title(area))})
    ]
    return [area for area in found if area.country == home_country()] or found
