"""The areas that Varsko ships: official codes and names, and an invented neighbourhood."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session


@dataclass(frozen=True)
class Loaded:
    """What a load did, in areas."""

    added: int
    changed: int
    unchanged: int


def load_official(session: Session) -> Loaded:
    """Add Denmark's police districts, municipalities and postcodes (no boundaries)."""
    raise NotImplementedError


def load_demo(session: Session) -> Loaded:
    """Add the official areas and the invented neighbourhoods of 3400 Hillerød."""
    raise NotImplementedError
