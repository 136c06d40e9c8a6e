"""Finding an area by what a person wrote."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from areas.models import Area


@dataclass(frozen=True)
class AreaMatch:
    """One area that may be meant: ``score`` from 0 to 1, ``exact`` if it is called just that."""

    area: Area
    score: float
    exact: bool


def search_areas(session: Session, text: str, limit: int = 5) -> list[AreaMatch]:
    """The areas that ``text`` may mean (postcode, "3400 Hillerød", name), best first."""
    raise NotImplementedError


def resolve_area(session: Session, text: str) -> Area:
    """The one area that ``text`` means; raises AreaNotFound or AmbiguousArea."""
    raise NotImplementedError
