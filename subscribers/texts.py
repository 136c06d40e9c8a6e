"""``gettext`` with a type: Flask-Babel's own says nothing about what it returns."""

from __future__ import annotations

from flask_babel import gettext


def _(text: str, **values: object) -> str:
    """The text in the language of the moment, its placeholders filled in."""
    return str(gettext(text, **values))
