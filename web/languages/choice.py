"""The languages of Varsko, and the current one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import has_app_context
from flask_babel import force_locale, get_locale

DEFAULT_LANGUAGE = "da"
LANGUAGES = {"da": "Dansk", "en": "English"}
"""Language codes and the languages' own names, the default first."""


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Translate into ``language`` inside the block; for texts sent to a person.

    Works in requests and in jobs. Raises RuntimeError without an app context, where
    Flask-Babel would silently stay Danish, and ValueError for an unsupported language.
    """
    if language not in LANGUAGES:
        raise ValueError(f"Varsko does not speak {language!r}: it speaks {', '.join(LANGUAGES)}")
    if not has_app_context():
        raise RuntimeError("speaking() needs an app context")
    with force_locale(language):
        yield


def current_language() -> str:
    """The current language: ``da`` or ``en``."""
    locale = get_locale()
    return str(locale.language) if locale else DEFAULT_LANGUAGE
