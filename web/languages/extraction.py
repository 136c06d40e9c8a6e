"""Extracts each room's texts and updates its English catalogue.

A room is a top-level package; the top-level modules (``wsgi.py``, ``cli.py``) count as one more
room, with its catalogue in ``translations`` at the root.
"""

from __future__ import annotations

import io
import os
import re
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file
from babel.messages.pofile import read_po, write_po

from rooms import ROOT
from web.languages.catalogues import HOLDERS
from web.languages.choice import DEFAULT_LANGUAGE, LANGUAGES

ROOT_ROOM = "."
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "_l": None,
    "lazy_gettext": None,
    "lazy_ngettext": (1, 2),
    "lazy_pgettext": ((1, "c"), 2),
}
OTHER_LANGUAGES = [language for language in LANGUAGES if language != DEFAULT_LANGUAGE]


TEXTS_IN_DATA = ("message", "explanation")
"""What is shown to people in the tables of a room's data files."""


def rooms() -> list[str]:
    """The existing rooms, and the root."""
    return [room for room in HOLDERS if (ROOT / room).is_dir()] + [ROOT_ROOM]


def catalogue_path(room: str, language: str) -> Path:
    """The path of a room's catalogue of one language."""
    return ROOT / room / "translations" / language / "LC_MESSAGES" / "messages.po"


def sources(room: str) -> Iterator[tuple[Any, Path]]:
    """The files of a room that may contain texts, each with the extractor to use."""
    directory = ROOT / room
    if room == ROOT_ROOM:
        yield from (("python", path) for path in sorted(directory.glob("*.py")))
        return
    yield from (("python", path) for path in sorted(directory.rglob("*.py")))
    yield from ((_extract_toml, path) for path in sorted(directory.rglob("data/**/*.toml")))
    for path in sorted(directory.rglob("templates/**/*")):
        if path.suffix in {".html", ".txt"}:
            yield "jinja2", path


def _extract_toml(
    file: BinaryIO, _keywords: object, _tags: object, **_options: object
) -> Iterator[tuple[int, str, str, list[str]]]:
    for row in tomllib.load(file).values():
        if isinstance(row, dict):
            yield from ((0, "gettext", row[name], []) for name in TEXTS_IN_DATA if name in row)


def extract(room: str) -> Catalog:
    """Every translatable text of a room, with the files it occurs in."""
    found = Catalog(project="Varsko", charset="utf-8")
    for method, path in sources(room):
        for _line, message, comments, context in extract_from_file(
            method, path, keywords=KEYWORDS, comment_tags=("i18n:",), strip_comment_tags=True
        ):
            place = str(path.relative_to(ROOT))
            found.add(message, locations=[(place, 0)], auto_comments=comments, context=context)
    return found


def read(room: str, language: str) -> Catalog:
    """A room's catalogue of one language, empty if it has none."""
    path = catalogue_path(room, language)
    if not path.exists():
        return Catalog(locale=language, charset="utf-8", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def update(room: str, language: str) -> list[str]:
    """Bring a room's catalogue up to date with its texts; returns the untranslated ids.

    Translations of removed texts are dropped, new texts are added empty: nothing is guessed.
    """
    texts = extract(room)
    catalogue = read(room, language)
    catalogue.update(texts, no_fuzzy_matching=True, update_header_comment=False)
    catalogue.header_comment = f"# The texts of {room} in {LANGUAGES[language]}."
    catalogue.fuzzy = False
    catalogue.obsolete.clear()
    path = catalogue_path(room, language)
    if texts or path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, catalogue)
    return [_name(message) for message in catalogue if message.id and not _translated(message)]


def untranslated(room: str, language: str) -> list[str]:
    """The ids of a room's texts that its catalogue does not translate."""
    catalogue = read(room, language)
    return [
        _name(message)
        for message in extract(room)
        if message.id and not _translated(catalogue.get(message.id, message.context))
    ]


def _translated(message: Message | None) -> bool:
    if message is None or message.fuzzy:
        return False
    strings = message.string if isinstance(message.string, tuple | list) else (message.string,)
    return bool(strings) and all(strings)


def _name(message: Message) -> str:
    return message.id[0] if isinstance(message.id, tuple | list) else str(message.id)


def _write(path: Path, catalogue: Catalog) -> None:
    """Write a catalogue atomically, with the same bytes for the same texts."""
    text = io.BytesIO()
    write_po(text, catalogue, width=100, sort_by_file=True, include_lineno=False)
    kept = [line for line in text.getvalue().splitlines(keepends=True) if keep_line(line)]
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, suffix=".po.part")
    with os.fdopen(descriptor, "wb") as file:
        file.writelines(kept)
    os.chmod(temporary, 0o644)
    os.replace(temporary, path)


def keep_line(line: bytes) -> bool:
    """Whether to keep a line: not the creation time or a header that was not filled in."""
    return not re.match(
        rb'"(POT-Creation-Date|PO-Revision-Date|Report-Msgid-Bugs-To|Last-Translator|Language-Team|'
        rb"Project-Id-Version|Generated-By): ",
        line,
    )
