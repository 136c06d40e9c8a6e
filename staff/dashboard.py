"""The staff front page: rooms add cards, and each person sees those they have permission for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app
from sqlalchemy.orm import Session

from staff.actor import Actor
from staff.permissions import Permission

EXTENSION = "varsko_dashboard"


@dataclass(frozen=True)
class CardLink:
    """One of the things that a card lists, and what a colleague said about it (``quote``).

    ``text`` is in ``language`` (None: the page's).
    """

    text: str
    href: str
    note: str = ""
    quote: str = ""
    language: str | None = None


@dataclass(frozen=True)
class Card:
    """One card: a heading that links to ``href``, a line of text, perhaps a figure and links.

    With a ``kind`` (warning, error) it is a notice above the cards, for what needs attention now.
    """

    heading: Any
    href: str
    text: Any = ""
    figure: int | None = None
    kind: str = ""
    links: tuple[CardLink, ...] = ()


Draw = Callable[[Session, Actor], Card | None]


def add_card(app: Flask, draw: Draw, permission: Permission | None = None, order: int = 50) -> None:
    """Show the card that ``draw`` returns to everyone with the permission; no card for None.

    ``order`` sorts, lowest first.
    """
    cards: list[tuple[int, Permission | None, Draw]] = app.extensions.setdefault(EXTENSION, [])
    cards.append((order, permission, draw))
    cards.sort(key=lambda card: card[0])


def cards_for(session: Session, actor: Actor) -> list[Card]:
    """The cards of this person, in order."""
    drawn = (
        draw(session, actor)
        for _order, permission, draw in current_app.extensions.get(EXTENSION, [])
        if permission is None or actor.may(permission)
    )
    return [card for card in drawn if card is not None]
