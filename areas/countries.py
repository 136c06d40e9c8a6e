"""Countries, which are part of every area's key, and the keys as people and programs write them.

A key without a country is the home country's: ``postcode:3400`` in Denmark, ``no:postcode:3400``
for the Norwegian one. So is a police district's code on its own: ``1`` and ``no:1``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from flask import has_app_context
from flask_babel import LazyString

from areas.kinds import AreaKind, in_every_language
from config.settings import current_config
from web.texts.folding import fold

COUNTRIES_FILE = Path(__file__).parent / "data/countries.toml"
DENMARK = "dk"
"""The country of the areas that Varsko ships."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True)
class Country:
    """What Varsko knows about a country; the file explains each field."""

    name: LazyString
    english: str
    """Its name in what operators read."""
    box: Box
    words: tuple[str, ...]
    letters: tuple[str, ...]
    codes: Mapping[AreaKind, re.Pattern[str]] = field(default_factory=dict)
    geocodes: Mapping[AreaKind, str] = field(default_factory=dict)
    own_titles: Mapping[AreaKind, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)

    def titles_of(self, kind: AreaKind, code: str) -> Mapping[str, str]:
        """An area's own titles by language, if the kind's pattern gets its title wrong."""
        return self.own_titles.get(kind, {}).get(code, {})

    def is_code(self, kind: AreaKind, code: str) -> bool:
        """Whether an area of this kind may have this code here."""
        return self.codes.get(kind, kind.row.code).fullmatch(code) is not None


def _read(row: dict[str, Any]) -> Country:
    def by_kind(name: str) -> dict[AreaKind, Any]:
        return {AreaKind(kind): value for kind, value in row.get(name, {}).items()}

    west, south, east, north = row["box"]
    return Country(
        name=in_every_language(row["name"]),
        english=row["name"]["en"],
        box=(west, south, east, north),
        words=tuple(row["words"]),
        letters=tuple(row["letters"]),
        codes={kind: re.compile(code) for kind, code in by_kind("codes").items()},
        geocodes=by_kind("geocodes"),
        own_titles=by_kind("own_titles"),
    )


COUNTRIES: Mapping[str, Country] = {
    code: _read(row)
    for code, row in tomllib.loads(COUNTRIES_FILE.read_text(encoding="utf-8")).items()
}


def home_country() -> str:
    """The code of the installation's own country."""
    return current_config().home_country if has_app_context() else DENMARK


class Keyed(Protocol):
    """Anything that has an area's country, kind and code."""

    @property
    def country(self) -> str: ...
    @property
    def kind(self) -> AreaKind: ...
    @property
    def code(self) -> str: ...


class AreaKey(NamedTuple):
    """What an area is found by, in files, requests and exports."""

    country: str
    kind: AreaKind
    code: str

    def __str__(self) -> str:
        """``postcode:3400`` at home, ``no:postcode:3400`` elsewhere."""
        return key_text(self)


def key_text(area: Keyed) -> str:
    """The key of an area as it is written: ``postcode:3400``, ``no:postcode:3400``."""
    return _with_country(area.country, f"{area.kind}:{area.code}")


def code_text(area: Keyed) -> str:
    """The code of an area of a known kind: ``1``, ``no:1``."""
    return _with_country(area.country, area.code)


def read_key(text: str, default: str | None = None) -> AreaKey | None:
    """The key that a text is; None if it is none. ``default``: the country if it names none."""
    first, colon, rest = text.partition(":")
    country = default or home_country()
    if first in COUNTRIES and colon:
        country, (first, colon, rest) = first, rest.partition(":")
    if first not in list(AreaKind) or not rest:
        return None
    return AreaKey(country, AreaKind(first), rest)


def read_code(text: str) -> tuple[str, str]:
    """(country, code) of what :func:`code_text` wrote."""
    country, colon, code = text.partition(":")
    return (country, code) if colon and country in COUNTRIES else (home_country(), text)


def _with_country(country: str, text: str) -> str:
    return text if country == home_country() else f"{country}:{text}"


class Stated(NamedTuple):
    """The country that a text names, if it does, and the rest of the text."""

    country: str | None
    rest: str


@cache
def _patterns() -> list[tuple[str, re.Pattern[str], re.Pattern[str]]]:
    """(country, its name before or behind a place, its letters before a postcode)."""
    found = []
    for code, row in COUNTRIES.items():
        names = "|".join(map(re.escape, {*row.words, *map(str.casefold, _spellings(row))}))
        around = re.compile(
            rf"(?:{names})\b[\s,:]+(?P<behind>.+)"
            rf"|(?P<before>.+?)(?:\s*[,(]\s*|\s+(?:i\s+|in\s+)?)(?:{names})\s*\)?",
            re.IGNORECASE | re.DOTALL,
        )
        letters = "|".join(row.letters)
        found.append((code, around, re.compile(rf"\b(?:{letters})-\s?(?=\d{{3,5}}\b)", re.I)))
    return found


def _spellings(row: Country) -> Collection[str]:
    return {word.replace("oe", "ø").replace("ae", "æ") for word in row.words}


def stated_country(text: str) -> Stated:
    """The country that stands with a place: "3400 Lier, Norge", "Norge 3400", "N-3400".

    A country alone is no place, and stays as it is.
    """
    trimmed = text.strip(" \t\r\n.")
    for code, around, letters in _patterns():
        if found := letters.search(trimmed):
            return Stated(code, trimmed[: found.start()] + trimmed[found.end() :])
        if whole := around.fullmatch(trimmed):
            return Stated(code, (whole["behind"] or whole["before"]).strip(" ,("))
    return Stated(None, text)


_BEFORE_COUNTRY = re.compile(r"\s*,\s*([^\W\d_]+)(?=\s*(?:[.,;\n]|$))")


def keep_countries(text: str) -> str:
    """The list with each country kept with its place: "3400 Lier (Norge)" has no comma."""
    words = {word for row in COUNTRIES.values() for word in row.words}

    def joined(found: re.Match[str]) -> str:
        return f" ({found[1]})" if fold(found[1]) in words else found[0]

    return _BEFORE_COUNTRY.sub(joined, text)
