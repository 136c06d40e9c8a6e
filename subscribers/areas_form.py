"""The part of a form where areas are chosen: typed as text, or ticked from suggestions.

Works without JavaScript: places that were understood come back ticked, suggestions come back
unticked, and only what was not recognised stays in the text field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from areas.models import Area
from areas.titles import area_title
from subscribers.schemas import LONGEST_PLACES
from subscribers.sms.keywords import parse_places
from subscribers.sms.replies import quoted
from subscribers.subscribing import MAX_AREAS
from subscribers.written_places import Unclear, read_places
from web.languages.typed_gettext import _


@dataclass
class AreasForm:
    """The areas chosen so far, and the places still to be clarified."""

    chosen: list[Area] = field(default_factory=list)
    unclear: list[Unclear] = field(default_factory=list)
    read: bool = False

    @property
    def ticked(self) -> list[str]:
        """The ids of the chosen areas."""
        return [str(area.id) for area in self.chosen]

    @property
    def options(self) -> list[tuple[str, str]]:
        """(id, title) of each checkbox: the chosen areas and the suggestions."""
        offered = {area.id: area for area in self.chosen}
        for place in self.unclear:
            offered.update((area.id, area) for area in place.suggestions)
        return [(str(area.id), area_title(area)) for area in offered.values()]

    @property
    def rest(self) -> str:
        """What stays in the text field."""
        return ", ".join(place.text for place in self.unclear if not place.suggestions)

    def errors(self) -> dict[str, list[str]]:
        """What is wrong, by field (``area`` for the ticks, ``places`` for the text)."""
        asked = [place for place in self.unclear if place.suggestions]
        unknown = [place for place in self.unclear if not place.suggestions]
        wrong: dict[str, list[str]] = {}
        if asked:
            wrong["area"] = [
                _("Hvilket sted mente du med %(place)s?", place=quoted(place.text))
                for place in asked
            ]
        if unknown:
            wrong["places"] = [
                _("Vi kender ikke %(place)s. Skriv et postnummer.", place=quoted(place.text))
                for place in unknown
            ]
        if not self.chosen and not wrong:
            wrong["places"] = [_("Skriv mindst ét postnummer eller navnet på et sted.")]
        if len(self.chosen) > MAX_AREAS:
            wrong["area"] = [_("Du kan højst følge %(limit)s områder.", limit=MAX_AREAS)]
        return wrong


def read_areas_form(session: Session, typed: Mapping[str, Any]) -> AreasForm:
    """Read the fields ``places`` (text) and ``area`` (ids) as they were submitted."""
    ids = [int(value) for value in typed.get("area", ()) if value.isdecimal() and len(value) < 10]
    form = AreasForm(read=True)
    if ids:
        form.chosen = list(
            session.scalars(select(Area).where(Area.id.in_(ids[:100])).order_by(Area.code))
        )
    text = str(typed.get("places", ""))[:LONGEST_PLACES]
    if text:
        reading = read_places(session, parse_places(text) or (text,))
        known = {area.id for area in form.chosen}
        form.chosen += [area for area in reading.areas if area.id not in known]
        # Ticking one of a place's suggestions settles that place.
        form.unclear = [
            place
            for place in reading.unclear
            if not any(area.id in known for area in place.suggestions)
        ]
    return form
