"""``gettext`` with a return type, which Flask-Babel's own lacks."""

from __future__ import annotations

from flask_babel import gettext


def _(text: str, **values: object) -> str:
    """The text in the current language, with its placeholders filled in."""
    return str(gettext(text, **values))
