"""Places on the compose form that are not certain: choices, and what was chosen of them.

Each has a number N: the hidden field ``unclear_N`` holds what was written, ``meant_N`` the title of
the area that it stands for. It works without JavaScript.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from areas.countries import keep_countries
from areas.errors import AmbiguousArea, AreaNotFound
from areas.models import Area
from areas.search import resolve_area
from areas.titles import area_title
from areas.written import without_street

MOST_PLACES = 60
UNCLEAR, MEANT = "unclear_", "meant_"
_BETWEEN = re.compile(r"[\n,;]")


@dataclass(frozen=True)
class Unclear:
    """What was written, the titles of the areas that it may mean, and why each is offered."""

    written: str
    reasons: dict[str, str]


def written_places(text: str) -> list[str]:
    """The places in the field, without the streets of addresses."""
    pieces = _BETWEEN.split(keep_countries(without_street(text)))
    return [piece.strip() for piece in pieces if piece.strip()]


def unclear_places(session: Session, text: str) -> list[Unclear]:
    """The places of a field that may mean several areas, or nearly mean one."""
    found: list[Unclear] = []
    for written in dict.fromkeys(written_places(text)[:MOST_PLACES]):
        try:
            resolve_area(session, written)
        except (AmbiguousArea, AreaNotFound) as error:
            areas = possible_areas(error)
            if areas:
                found.append(Unclear(written, {area_title(a): _why(error, a) for a in areas}))
    return found


def possible_areas(error: AmbiguousArea | AreaNotFound) -> list[Area]:
    """The areas that may be meant by a place that is not certain."""
    return error.candidates if isinstance(error, AmbiguousArea) else error.suggestions


def _why(error: AmbiguousArea | AreaNotFound, area: Area) -> str:
    reason = error.reasons.get(area.id)
    return reason.words if reason else ""


def which_place(written: str, error: AmbiguousArea | AreaNotFound) -> str:
    """What is asked of the officer: to choose, or to say it where there are too many choices."""
    if isinstance(error, AmbiguousArea) and error.total > len(error.candidates):
        return str(error.detail)
    return str(_("Vælg, hvilket sted du mener med »%(place)s«.", place=written))


def settle_places(text: str, form: Mapping[str, str]) -> str:
    """The field with each unclear place replaced by the area that was chosen for it."""
    chosen = {
        form.get(f"{UNCLEAR}{number}", "").strip(): title
        for number in range(MOST_PLACES)
        if (title := form.get(f"{MEANT}{number}", "").strip())
    }
    places = written_places(text)
    if not chosen.keys() & set(places):
        return text
    return "\n".join(dict.fromkeys(chosen.get(place, place) for place in places))
