"""The rows that other rooms add to one's own profile."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, current_app
from sqlalchemy.orm import Session

from staff.actor import Actor

EXTENSION = "varsko_profile_rows"

Row = tuple[str, str, str, str]
"""Name, value, the address of the page that changes it, and what its link says."""
DrawRow = Callable[[Session, Actor], Row]


def add_row(app: Flask, draw: DrawRow) -> None:
    """Show the row that ``draw`` returns on everybody's profile."""
    app.extensions.setdefault(EXTENSION, []).append(draw)


def rows_for(session: Session, actor: Actor) -> list[Row]:
    """The rows of this person."""
    return [draw(session, actor) for draw in current_app.extensions.get(EXTENSION, [])]
