"""The part of a form where areas are chosen: typed as text, or ticked from suggestions.

Works without JavaScript: places that were understood come back ticked, suggestions come back
unticked, and what is not settled stays in the text field until one of its suggestions is ticked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from areas.countries import keep_countries
from areas.models import Area
from areas.titles import area_title
from areas.written import without_street
from subscribers.schemas import LONGEST_PLACES
from subscribers.sms.name_lists import quoted
from subscribers.sms.typed_places import MAX_PLACES, SEPARATOR, parse_places
from subscribers.subscribing import MAX_AREAS
from subscribers.written_places import Unclear, read_places, title_from
from web.languages.typed_gettext import _
from web.texts.folding import fold


@dataclass
class AreasForm:
    """The areas chosen so far, and the places still to be clarified."""

    chosen: list[Area] = field(default_factory=list)
    local_names: dict[int, str] = field(default_factory=dict)
    """By area, the name that was typed instead of its own."""
    unclear: list[Unclear] = field(default_factory=list)
    read: bool = False
    too_many: str = ""
    """The text of more than is read at once, which stays as it was typed."""

    @property
    def ticked(self) -> list[str]:
        """The ids of the chosen areas."""
        return [str(area.id) for area in self.chosen]

    @property
    def options(self) -> list[dict[str, str]]:
        """Each checkbox: the chosen areas, and the suggestions with a word why."""
        offered = {
            area.id: {
                "value": str(area.id),
                "label": area_title(area),
                "hint": self._why(place, area),
            }
            for place in self.unclear
            for area in place.suggestions
        }
        chosen = {
            area.id: {"value": str(area.id), "label": self._title(area)} for area in self.chosen
        }
        return list({**chosen, **offered, **chosen}.values())

    def _title(self, area: Area) -> str:
        """The area's title, and the name that led to it if that isn't its own."""
        return title_from(area, self.local_names.get(area.id))

    def _why(self, place: Unclear, area: Area) -> str:
        """Why an area is offered; where several places are asked about, also for which."""
        why = place.reasons[area.id].words
        is_plain = len(self.unclear) == 1 or fold(place.text) in fold(why)
        return why if is_plain else f"{quoted(place.text)}: {why}"

    @property
    def rest(self) -> str:
        """What stays in the text field: all that is not settled."""
        return self.too_many or ", ".join(place.text for place in self.unclear)

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
            wrong["places"] = [_why_unknown(place) for place in unknown]
        if len(self.too_many) > LONGEST_PLACES:
            wrong["places"] = [_("Det er for langt. Skriv kun postnumre og navne på steder.")]
        elif self.too_many:
            wrong["places"] = [_("Skriv højst %(limit)s steder ad gangen.", limit=MAX_PLACES)]
        if not self.chosen and not wrong:
            wrong["places"] = [_("Skriv mindst ét postnummer eller navnet på et sted.")]
        if len(self.chosen) > MAX_AREAS:
            wrong["area"] = [_("Du kan højst følge %(limit)s områder.", limit=MAX_AREAS)]
        return wrong


def _written(text: str) -> tuple[str, ...]:
    """The places in a list. One that can't be a place doesn't hide the others."""
    text = keep_countries(text)
    pieces = tuple(piece.strip() for piece in re.split(r"[,;\n]", text) if piece.strip())
    return parse_places(text) or (pieces if len(pieces) <= MAX_PLACES else (text,))


def _why_unknown(place: Unclear) -> str:
    name = quoted(place.text)
    if place.too_wide:
        return _("%(place)s er for stort et område. Skriv et postnummer.", place=name)
    if place.total:
        return _(
            "%(place)s har %(total)s postnumre. Skriv dit postnummer.",
            place=name,
            total=place.total,
        )
    return _("Vi kender ikke %(place)s. Skriv et postnummer.", place=name)


def only_ticked(session: Session, typed: Mapping[str, Any]) -> AreasForm:
    """The ticked areas alone: what is in the text field stays there as it was typed."""
    form = read_areas_form(session, {"area": typed.get("area", ())})
    form.read = False
    return form


def read_areas_form(session: Session, typed: Mapping[str, Any]) -> AreasForm:
    """Read the fields ``places`` (text) and ``area`` (ids) as they were submitted."""
    ids = [int(value) for value in typed.get("area", ()) if value.isdecimal() and len(value) < 10]
    form = AreasForm(read=True)
    if ids:
        form.chosen = list(
            session.scalars(select(Area).where(Area.id.in_(ids[:100])).order_by(Area.code))
        )
    text = str(typed.get("places", ""))
    if (
        len(text) > LONGEST_PLACES
        or len([piece for piece in SEPARATOR.split(text) if piece.strip()]) > MAX_PLACES
    ):
        form.too_many = text
    elif text:
        reading = read_places(session, _written(without_street(text)))
        known = {area.id for area in form.chosen}
        form.chosen += [area for area in reading.areas if area.id not in known]
        form.local_names = reading.local_names
        for place in reading.unclear:
            form.local_names.update(
                (area.id, name)
                for area in place.suggestions
                if area.id in known and (name := place.reasons[area.id].local_name)
            )
        # Ticking one of a place's suggestions settles that place.
        form.unclear = [
            place
            for place in reading.unclear
            if not any(area.id in known for area in place.suggestions)
        ]
    return form
