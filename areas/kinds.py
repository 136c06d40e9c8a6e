"""The kinds of area and everything Varsko knows about each: one row per kind.

Adding a kind is adding a member and its row here; search, import, targets and texts read them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l


class AreaKind(StrEnum):
    """The kinds of area, stored by value."""

    POLICE_DISTRICT = "police_district"
    MUNICIPALITY = "municipality"
    POSTCODE = "postcode"
    NEIGHBOURHOOD = "neighbourhood"

    @property
    def row(self) -> AreaKindRow:
        """Everything Varsko knows about this kind."""
        return AREA_KINDS[self]


@dataclass(frozen=True, kw_only=True)
class AreaKindRow:
    """Everything Varsko knows about one kind of area.

    ``rank``: 0 for the widest kind; ``parent``: the kind that areas of this kind lie in.
    ``name``: what people call the kind. ``title`` is filled in with ``code`` and ``name``;
    ``own_titles``: by code, for the areas that the pattern gets wrong.
    """

    rank: int
    parent: AreaKind | None
    name: LazyString
    title: LazyString | str = "%(name)s"
    own_titles: Mapping[str, str] = field(default_factory=dict)

    # Files of areas.
    code: re.Pattern[str]
    digits: int = 0
    """Codes are numbers of this many digits; a file may have dropped the leading zeros."""
    file_words: re.Pattern[str]
    """Matches the name of a file or collection of this kind."""
    code_properties: tuple[str, ...] = ()
    name_properties: tuple[str, ...] = ()
    """The properties with code and name, besides those that any kind may use."""
    parent_words: tuple[str, ...] = ()
    """Prefixes for this kind before a parent's code in files, besides its value."""
    keeps_our_codes: bool = False
    """Registers number these areas in several ways: one with a known name keeps our code."""

    # Geometry.
    fills_parent: bool = False
    """Together they cover their parent, and can replace its missing boundary."""
    overlaps_itself: bool = False
    """Two areas of this kind may overlap."""

    # Search.
    name_words: frozenset[str] = frozenset()
    """Folded words next to a name that mean this kind."""
    search_order: int
    """Among equally good hits, the kind with the lowest number comes first."""
    found_by_number: bool = False
    """People write its code on its own: a four-digit number may mean it."""
    yields_name_to: AreaKind | None = None
    """A name on its own that an area of this other kind has too means the other one."""

    def pad(self, code: str) -> str:
        """The code with the leading zeros that a number lacks."""
        return code.zfill(self.digits) if code.isdigit() else code


AREA_KINDS: Mapping[AreaKind, AreaKindRow] = {
    AreaKind.POLICE_DISTRICT: AreaKindRow(
        rank=0,
        parent=None,
        name=_l("politikreds"),
        code=re.compile(r"\d{1,4}"),
        file_words=re.compile(r"politi|police", re.IGNORECASE),
        code_properties=("politikredskode",),
        name_properties=("politikredsnavn",),
        parent_words=("police",),
        keeps_our_codes=True,
        name_words=frozenset({"politi", "politiet", "politikreds", "politikredsen", "police"}),
        search_order=3,
    ),
    AreaKind.MUNICIPALITY: AreaKindRow(
        rank=1,
        parent=AreaKind.POLICE_DISTRICT,
        name=_l("kommune"),
        title=_l("%(name)s Kommune"),
        own_titles={
            "0101": "Københavns Kommune",
            "0400": "Bornholms Regionskommune",
            "0411": "Christiansø",
        },
        code=re.compile(r"\d{4}"),
        digits=4,
        file_words=re.compile(r"kommune|municipalit", re.IGNORECASE),
        code_properties=("kommunekode", "KOMKODE"),
        name_properties=("kommunenavn",),
        keeps_our_codes=True,
        fills_parent=True,
        name_words=frozenset({"kommune", "kommunen", "regionskommune", "municipality"}),
        search_order=0,
        found_by_number=True,
    ),
    AreaKind.POSTCODE: AreaKindRow(
        rank=2,
        parent=AreaKind.MUNICIPALITY,
        name=_l("postnummer"),
        title="%(code)s %(name)s",
        code=re.compile(r"\d{4}"),
        digits=4,
        file_words=re.compile(r"postnum|postnr|postcode|postdistri", re.IGNORECASE),
        code_properties=("postnr", "postnummer", "POSTNR"),
        name_properties=("postnrnavn", "postnummernavn"),
        fills_parent=True,
        name_words=frozenset({"postnummer", "postnr", "postcode"}),
        search_order=1,
        found_by_number=True,
        yields_name_to=AreaKind.MUNICIPALITY,
    ),
    AreaKind.NEIGHBOURHOOD: AreaKindRow(
        rank=3,
        parent=AreaKind.POSTCODE,
        name=_l("kvarter"),
        code=re.compile(r"[\w-]{1,32}"),
        file_words=re.compile(r"neighbou?rhood|kvarter", re.IGNORECASE),
        # Staff draw only the ones they need, and as they like.
        overlaps_itself=True,
        search_order=2,
    ),
}

WIDEST_FIRST = tuple(sorted(AreaKind, key=lambda kind: kind.row.rank))
"""Every kind; an area's parent is always of an earlier one."""


@cache
def kinds_that_fill(kind: AreaKind) -> frozenset[AreaKind]:
    """The kinds whose areas together cover an area of this kind."""
    return frozenset(
        other for other in AreaKind if other.row.parent is kind and other.row.fills_parent
    )
