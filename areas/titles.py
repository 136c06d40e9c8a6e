"""The full names of areas, and why one is offered, for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from flask_babel import gettext as _

from areas.atlas import Atlas
from areas.countries import COUNTRIES, Keyed, home_country
from areas.name_index import Hit, Tier, key_of
from web.languages.choice import current_language


class Named(Keyed, Protocol):
    """Anything that has an area's country, kind, code and name."""

    @property
    def name(self) -> str: ...


def area_title(area: Named) -> str:
    """The area's full name: "3400 Hillerød", "Hillerød Kommune", "3400 Lier (Norge)"."""
    country = COUNTRIES[area.country]
    own = country.titles_of(area.kind, area.code).get(current_language())
    title = own or str(area.kind.row.title).format(code=area.code, name=area.name)
    return title if area.country == home_country() else f"{title} ({country.name})"


class Reason(NamedTuple):
    """Why an area is offered: in words, and the name of a place in it if that was found."""

    words: str
    local_name: str | None = None


def why_offered(hit: Hit, written: str) -> Reason:
    """Why this area may be meant by what was written."""
    if hit.local_name:
        return Reason(_("Et sted her hedder %(name)s", name=hit.local_name), hit.local_name)
    if hit.key.isdecimal():
        is_written = hit.tier == Tier.EXACT
        return Reason(
            _("Nummeret %(number)s", number=hit.key)
            if is_written
            else _("Et af de nærmeste numre i brug")
        )
    if hit.tier <= Tier.GENITIVE:
        return Reason(_("Samme navn (%(kind)s)", kind=hit.kind.row.name))
    key = key_of(written)[0]
    if hit.tier == Tier.WORDS:
        return Reason(_("Navnet indeholder det, du skrev"))
    if set(hit.key.split()) <= set(key.split()):
        return Reason(_("Navnet er en del af det, du skrev"))
    if hit.key.startswith(key):
        return Reason(_("Navnet begynder sådan"))
    return Reason(_("Staves næsten ens"))


def country_names(atlas: Atlas) -> str:
    """The countries that areas are known of, the home country first: "Danmark og Norge"."""
    home = home_country()
    others = sorted(atlas.countries - {home})
    return join_names([str(COUNTRIES[country].name) for country in (home, *others)])


def join_names(names: Sequence[str]) -> str:
    """ "a", "a og b", "a, b og c"."""
    if len(names) < 2:
        return "".join(names)
    return str(_("%(first)s og %(last)s", first=", ".join(names[:-1]), last=names[-1]))
