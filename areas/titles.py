"""What areas are called in texts for people."""

from __future__ import annotations

from typing import Protocol

from flask_babel import gettext as _

from areas.models import AreaKind

# Municipalities whose own name for themselves is not "<name> Kommune".
_OWN_NAMES = {
    "0101": "Københavns Kommune",
    "0400": "Bornholms Regionskommune",
    "0411": "Christiansø",
}


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
    if area.kind == AreaKind.POSTCODE:
        return f"{area.code} {area.name}"
    if area.kind == AreaKind.MUNICIPALITY:
        return _OWN_NAMES.get(area.code) or str(_("%(name)s Kommune", name=area.name))
    return area.name


def area_kind_name(kind: AreaKind) -> str:
    """What a kind is called: "politikreds", "kommune", "postnummer", "kvarter"."""
    names: dict[AreaKind, str] = {
        AreaKind.POLICE_DISTRICT: _("politikreds"),
        AreaKind.MUNICIPALITY: _("kommune"),
        AreaKind.POSTCODE: _("postnummer"),
        AreaKind.NEIGHBOURHOOD: _("kvarter"),
    }
    return names[kind]
