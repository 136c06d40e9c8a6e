"""Loads the translations: each room keeps its own in ``<room>/translations``.

Danish is the source language: message ids are Danish. The catalogues are compiled in memory, so
that nothing is written to the source tree.
"""

from __future__ import annotations

from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask_babel import Domain, get_locale

from rooms import ROOMS, ROOT

HOLDERS = (*ROOMS, "database")
"""The packages whose code or templates contain texts."""


def translation_directories() -> list[Path]:
    """The existing ``translations`` directories of the rooms and of the root, absolute."""
    candidates = [*(ROOT / room / "translations" for room in HOLDERS), ROOT / "translations"]
    return [directory for directory in candidates if directory.is_dir()]


class RoomTranslations(Domain):  # type: ignore[misc]
    """Flask-Babel's translations: the catalogues of all rooms combined."""

    def __init__(self, directories: list[Path]) -> None:
        super().__init__()
        self._directories = directories

    def get_translations(self) -> NullTranslations:
        """The translations into the current language."""
        locale = get_locale()
        if locale is None:
            return NullTranslations()
        language: str = locale.language
        if language not in self.cache:
            self.cache[language] = self.load(language)
        found: NullTranslations = self.cache[language]
        return found

    def load(self, language: str) -> Translations:
        """The rooms' catalogues of one language combined; empty if no room has any."""
        merged = Translations()
        for directory in self._directories:
            source = directory / language / "LC_MESSAGES" / "messages.po"
            if source.exists():
                compiled = compile_catalogue(source, language, source.stat().st_mtime_ns)
                room = Translations(BytesIO(compiled))
                merged.merge(room)
                merged.plural = room.plural  # merge() does not copy the plural rule
        return merged


@cache
def compile_catalogue(source: Path, language: str, _changed: int) -> bytes:
    """A catalogue compiled for gettext; recompiled when the file changes."""
    with source.open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    return compiled.getvalue()
