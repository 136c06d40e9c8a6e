"""The police districts that accounts can be given: asked of whoever knows them.

Staff doesn't know areas; ``wsgi`` connects the two. Without a directory any code may be
given, so that accounts can be made before the areas are imported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from flask import Flask, current_app
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from web.problems.errors import Invalid

EXTENSION = "varsko_districts"

Directory = Callable[[Session], list[tuple[str, str]]]
"""Answers with the code and name of every police district."""


def set_directory(app: Flask, find: Directory) -> None:
    """Tell this app who knows the police districts."""
    app.extensions[EXTENSION] = find


def list_districts(session: Session) -> list[tuple[str, str]]:
    """Code and name of every police district, by name; empty if nobody knows them."""
    find: Directory | None = current_app.extensions.get(EXTENSION)
    return sorted(find(session), key=lambda district: district[1]) if find else []


def check_districts(session: Session, codes: Iterable[str]) -> None:
    """Raise :class:`web.errors.Invalid` for a code that is no police district."""
    known = {code for code, _name in list_districts(session)}
    unknown = sorted(set(codes) - known) if known else []
    if unknown:
        message = _l("Der er ingen politikreds med koden %(code)s.", code=", ".join(unknown))
        raise Invalid(message, fields={"districts": [message]})
