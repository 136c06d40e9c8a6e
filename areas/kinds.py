"""The kinds of area and everything Varsko knows about each: the rows of ``data/kinds.toml``.

Adding a kind is adding a row there; search, import, targets and texts read them.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask_babel import LazyString

from web.languages.choice import DEFAULT_LANGUAGE, LANGUAGES, current_language

KINDS_FILE = Path(__file__).parent / "data/kinds.toml"
_ROWS: dict[str, dict[str, Any]] = tomllib.loads(KINDS_FILE.read_text(encoding="utf-8"))


class _Kind(StrEnum):
    @property
    def row(self) -> AreaKindRow:
        """Everything Varsko knows about this kind."""
        return AREA_KINDS[self]  # type: ignore[index]


if TYPE_CHECKING:

    class AreaKind(_Kind):
        """The kinds of area, stored by value: all of the file, of which code names these."""

        POLICE_DISTRICT = "police_district"
        MUNICIPALITY = "municipality"
        POSTCODE = "postcode"
        NEIGHBOURHOOD = "neighbourhood"

else:
    AreaKind = _Kind("AreaKind", {name.upper(): name for name in _ROWS}, module=__name__)


@dataclass(frozen=True, kw_only=True)
class AreaKindRow:
    """Everything Varsko knows about one kind of area; the file explains each field."""

    rank: int
    parent: AreaKind | None = None
    name: LazyString
    title: LazyString

    # Files of areas.
    code: re.Pattern[str]
    digits: int = 0
    file_words: re.Pattern[str]
    code_properties: tuple[str, ...] = ()
    name_properties: tuple[str, ...] = ()
    parent_words: tuple[str, ...] = ()
    keeps_our_codes: bool = False

    # Geometry.
    fills_parent: bool = False
    overlaps_itself: bool = False

    # Search.
    name_words: frozenset[str] = field(default_factory=frozenset)
    search_order: int
    found_by_number: bool = False
    named_after_place: bool = False
    needs_word: bool = False

    def pad(self, code: str) -> str:
        """The code with the leading zeros that a number lacks."""
        return code.zfill(self.digits) if code.isdigit() else code


def in_every_language(texts: Mapping[str, str]) -> LazyString:
    """A text of a data file, in the current language. Raises ValueError if it lacks one."""
    if missing := LANGUAGES.keys() - texts.keys():
        raise ValueError(f"{texts.get(DEFAULT_LANGUAGE)!r} has no text in {', '.join(missing)}")
    return LazyString(lambda: texts[current_language()])


def _read(row: dict[str, Any]) -> AreaKindRow:
    title = row.get("title", dict.fromkeys(LANGUAGES, "{name}"))
    lists = {name: tuple(value) for name, value in row.items() if isinstance(value, list)}
    return AreaKindRow(**{
        **row,
        **lists,
        "parent": AreaKind(row["parent"]) if "parent" in row else None,
        "name": in_every_language(row["name"]),
        "title": in_every_language(title),
        "code": re.compile(row["code"]),
        "file_words": re.compile(row["file_words"], re.IGNORECASE),
        "name_words": frozenset(row.get("name_words", ())),
    })  # fmt: skip


AREA_KINDS: Mapping[AreaKind, AreaKindRow] = {
    AreaKind(name): _read(row) for name, row in _ROWS.items()
}

WIDEST_FIRST = tuple(sorted(AreaKind, key=lambda kind: kind.row.rank))
"""Every kind; an area's parent is always of an earlier one."""


@cache
def kinds_that_fill(kind: AreaKind) -> frozenset[AreaKind]:
    """The kinds whose areas together cover an area of this kind."""
    return frozenset(
        other for other in AreaKind if other.row.parent is kind and other.row.fills_parent
    )
