"""The full names of areas, for people."""

from __future__ import annotations

from typing import Protocol

from areas.kinds import AreaKind


class Named(Protocol):
    """Anything that has an area's kind, code and name."""

    @property
    def kind(self) -> AreaKind: ...
    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...


def area_title(area: Named) -> str:
    """The area's full name: "3400 Hillerød", "Hillerød Kommune", "Nordsjællands Politi"."""
    row = area.kind.row
    own = row.own_titles.get(area.code)
    return own or str(row.title) % {"code": area.code, "name": area.name}
