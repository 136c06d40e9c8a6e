"""The police districts that accounts can be given, from a directory that the app provides.

``staff`` does not import ``areas``; ``wsgi`` connects the two. An empty directory accepts any
code, so that accounts can be created before the areas are imported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from flask import Flask, current_app
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from web.problems.errors import Invalid

EXTENSION = "varsko_districts"

Directory = Callable[[Session], list[tuple[str, str]]]
"""Returns the code and name of every police district."""


def set_directory(app: Flask, find: Directory) -> None:
    """Set where this app finds the police districts."""
    app.extensions[EXTENSION] = find


def list_districts(session: Session) -> list[tuple[str, str]]:
    """Code and name of every police district, sorted by name; empty without a directory."""
    find: Directory | None = current_app.extensions.get(EXTENSION)
    return sorted(find(session), key=lambda district: district[1]) if find else []


def check_districts(session: Session, codes: Iterable[str]) -> None:
    """Raise :class:`web.problems.errors.Invalid` for a code that is not a police district."""
    known = {code for code, _name in list_districts(session)}
    unknown = sorted(set(codes) - known) if known else []
    if unknown:
        message = _l("Der er ingen politikreds med koden %(code)s.", code=", ".join(unknown))
        raise Invalid(message, fields={"districts": [message]})
