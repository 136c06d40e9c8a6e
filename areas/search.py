"""Finding an area by what a person wrote. Spelling is a suggestion, never an answer.

The rules, in this order:

1. A postcode is that postcode, no matter which name or street stands next to it; only when the
   name is another place (``3400 Hellerup``, ``3400 Allerød``) are both offered.
2. An official name (``Ribe``, ``Hillerød Kommune``) is that area. One that several areas have is
   asked back: ``Hillerød`` is a municipality and the postcode of a town.
3. A local name is the area that holds the place, if it is well known and only one does; any other
   is asked back.
4. Everything is looked for in the home country, or in the one that stands with it ("3400 Lier,
   Norge"). A place that only another country has, or that its name puts there, is asked back.
5. Everything else is at most suggested: what was written is part of a name or its beginning,
   lacks its accents, or is spelt nearly like it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from areas.atlas import Atlas, current_atlas
from areas.countries import COUNTRIES, AreaKey, home_country, stated_country
from areas.errors import AmbiguousArea, AreaNotFound, AreaTooWide
from areas.kinds import WIDEST_FIRST, AreaKind
from areas.lookup import find_areas
from areas.models import Area
from areas.name_index import LONGEST_NAME, Hit, Tier
from areas.titles import Reason, area_title, country_names, why_offered
from areas.written import is_street_name, without_street

SUGGESTIONS = 5

_POSTCODE = re.compile(r"(?<!\d)(\d{4})(?!\d)")
_NUMBERED = tuple(kind for kind in reversed(WIDEST_FIRST) if kind.row.found_by_number)


@dataclass(frozen=True)
class AreaMatch:
    """One area that may be meant: ``score`` from 0 to 1, ``exact`` if that is its very name.

    ``local_name`` is the name of a place in it by which it was found.
    """

    area: Area
    score: float
    exact: bool
    local_name: str | None = None


def search_areas(session: Session, text: str, limit: int = 5) -> list[AreaMatch]:
    """The areas that ``text`` may mean (postcode, "3400 Hillerød", name), best first."""
    hits = _hits(current_atlas(session), text).everything[:limit]
    found = find_areas(session, (hit.area_id for hit in hits))
    return [
        AreaMatch(area, hit.score, hit.tier == Tier.EXACT, hit.local_name)
        for hit, area in zip(hits, found, strict=True)
    ]


def is_place_name(session: Session, text: str) -> bool:
    """Whether this is the name of an area or a local name, as it is written and in full."""
    return current_atlas(session).names.knows(text)


def resolve_area(session: Session, text: str) -> Area:
    """The one area whose code or official name ``text`` is.

    Raises :class:`AreaNotFound` with suggestions, or :class:`AmbiguousArea` with candidates; a
    single candidate is the area that holds the place of a local name.
    """
    return find_place(session, text, by_local_name=False).area


def find_place(session: Session, text: str, *, by_local_name: bool = True) -> AreaMatch:
    """The one area that ``text`` means, also by a well-known local name. Raises as above."""
    if not text.strip():
        raise AreaNotFound(_("Skriv et postnummer eller navnet på en by eller kommune."))
    if len(text) > LONGEST_NAME:
        raise AreaNotFound(_("Det er for langt. Skriv kun et postnummer eller et navn."))
    atlas = current_atlas(session)
    if atlas.names.is_too_wide(text):
        raise AreaTooWide(
            _(
                "%(written)s er for stort et område. Skriv et postnummer eller en kommune.",
                written=" ".join(text.split()),
            )
        )
    hits = _hits(atlas, text)
    if hits.country not in {home_country(), *atlas.countries}:
        raise AreaNotFound(
            _(
                "Vi har ingen steder i %(country)s. Skriv et sted i %(known)s.",
                country=COUNTRIES[hits.country].name,
                known=country_names(atlas),
            )
        )
    named = _wider_of_same_ground(atlas, _named(hits.meant))
    if len(named) == 1 and _is_sure(named[0], by_local_name=by_local_name):
        hit = named[0]
        if atlas.places[hit.area_id].country == hits.country:
            (area,) = find_areas(session, [hit.area_id])
            return AreaMatch(area, hit.score, hit.tier == Tier.EXACT, hit.local_name)
    if named:
        raise _ambiguous(session, text, named)
    raise _unknown(session, text, _wider_of_same_ground(atlas, hits.everything))


@dataclass(frozen=True)
class _Hits:
    """What a text may mean, best first: ``meant`` without what is far less likely.

    ``country``: the one that was written, else the home country. A place elsewhere may be among
    the hits, but is never taken without asking.
    """

    country: str
    meant: list[Hit]
    everything: list[Hit]


def _hits(atlas: Atlas, text: str) -> _Hits:
    home = home_country()
    if len(text) > LONGEST_NAME:
        return _Hits(home, [], [])
    text = without_street(text)
    stated, rest = stated_country(text)
    if stated is None or any(hit.tier == Tier.EXACT for hit in atlas.names.find(text)):
        return _by_number(atlas, text, home) or _by_name(atlas, text, home)
    found = _by_number(atlas, rest, stated) or _by_name(atlas, rest, stated)
    there = [hit for hit in found.everything if atlas.places[hit.area_id].country == stated]
    return _Hits(stated, there, there)


def _by_number(atlas: Atlas, text: str, country: str) -> _Hits | None:
    """The hits of a text with a postcode or another number; None if it has none."""
    numbers = list(dict.fromkeys(_POSTCODE.findall(text)))
    if not numbers:
        return None
    coded = [hit for number in numbers for hit in _by_code(atlas, number, country)]
    elsewhere = [
        hit
        for number in numbers
        for other in sorted(atlas.countries - {country})
        for hit in _by_code(atlas, number, other)
    ]
    named = atlas.names.find(_POSTCODE.sub(" ", text))
    official = [hit for hit in named if hit.tier <= Tier.GENITIVE]
    # The village of a local name lies in the postcode ("3400 Ullerød"), or it is another place.
    known = official or [hit for hit in named if hit.tier == Tier.LOCAL]
    if not coded and not elsewhere:
        # The name may be right, but the number says something else: ask.
        near = [replace(hit, tier=Tier.NEAR) for hit in named]
        found = near or _near_codes(atlas, numbers[0], country)
    elif not coded:
        found = elsewhere if _agree(atlas, elsewhere, official) else elsewhere + official
    elif not known or _agree(atlas, coded, known):
        found = coded
    else:
        # "3400 Lier" is Norwegian by its name.
        there = [hit for hit in elsewhere if _agree(atlas, [hit], official)]
        found = coded + (there or known)
    shown = found + [hit for hit in elsewhere if hit not in found]
    return _Hits(country, found, shown)


def _by_name(atlas: Atlas, text: str, country: str) -> _Hits:
    """The hits of a name: those in the country are meant, unless only another one has it."""
    found = atlas.names.find(text)
    own = [hit for hit in found if atlas.places[hit.area_id].country == country]
    if len(own) == len(found):
        return _Hits(country, found, found)
    is_known = any(hit.tier <= Tier.LOCAL for hit in own)
    ordered = sorted(found, key=lambda hit: (hit.tier, hit.edits, hit not in own))
    return _Hits(country, own if is_known else ordered, ordered)


def _by_code(atlas: Atlas, code: str, country: str) -> list[Hit]:
    """A country's area with this number, the finest kind: a postcode before a municipality."""
    for kind in _NUMBERED:
        place = atlas.by_key.get(AreaKey(country, kind, code))
        if place is not None:
            return [Hit(place.id, kind, code, Tier.EXACT, 1.0)]
    return []


def _near_codes(atlas: Atlas, code: str, country: str) -> list[Hit]:
    """A country's postcodes nearest to a number that is not in use."""
    postcodes = atlas.postcodes.get(country, [])
    first = bisect_left(postcodes, code, key=lambda place: place.code)
    around = postcodes[max(0, first - SUGGESTIONS) : first + SUGGESTIONS]
    nearest = sorted(around, key=lambda place: (abs(int(place.code) - int(code)), place.code))
    return [
        Hit(place.id, place.kind, place.code, Tier.NEAR, 0.3, edits=at)
        for at, place in enumerate(nearest[:SUGGESTIONS])
    ]


def _agree(atlas: Atlas, coded: Sequence[Hit], named: Sequence[Hit]) -> bool:
    """Whether a name is that of the postcode, or of an area the postcode lies in or touches.

    Touching is not enough if another postcode has the name: "3400 Allerød" is a contradiction.
    """
    ids = {hit.area_id for hit in named}
    is_town = any(hit.kind is AreaKind.POSTCODE and hit.tier <= Tier.GENITIVE for hit in named)
    for hit in coded:
        around = {hit.area_id, *atlas.ancestors(hit.area_id)}
        if not is_town:
            around |= atlas.overlaps.get(hit.area_id, {}).keys()
        if ids & around:
            return True
    return False


def _named(hits: Sequence[Hit]) -> list[Hit]:
    """The hits that bear the name that was written; no official one: also with it in theirs."""
    official = [hit for hit in hits if hit.tier <= Tier.GENITIVE]
    best = [hit for hit in official if hit.tier == official[0].tier]
    last = Tier.LOCAL if best else Tier.WORDS
    return best + [hit for hit in hits if Tier.LOCAL <= hit.tier <= last]


def _is_sure(hit: Hit, *, by_local_name: bool) -> bool:
    if hit.local_name is None:
        return hit.tier <= Tier.GENITIVE
    # A wider area than a postcode holds far more than the place.
    is_near = hit.kind in (AreaKind.POSTCODE, AreaKind.NEIGHBOURHOOD)
    return by_local_name and hit.tier == Tier.LOCAL and hit.well_known and is_near


def _wider_of_same_ground(atlas: Atlas, hits: Iterable[Hit]) -> list[Hit]:
    """Drop each hit that covers the same ground as a wider one: Samsø is one island."""
    found = list(hits)
    few = found[: 2 * SUGGESTIONS]
    same = {
        hit.area_id
        for hit in few
        for other in few
        if other.kind.row.rank < hit.kind.row.rank and atlas.same_ground(hit.area_id, other.area_id)
    }
    return [hit for hit in found if hit.area_id not in same]


def _is_code(hit: Hit) -> bool:
    return hit.key.isdecimal()


def _ambiguous(session: Session, text: str, hits: Sequence[Hit]) -> AmbiguousArea:
    candidates = find_areas(session, [hit.area_id for hit in hits[:SUGGESTIONS]])
    written = " ".join(text.split())
    names = ", ".join(area_title(area) for area in candidates)
    if len(hits) > SUGGESTIONS and len({hit.key for hit in hits}) == 1:
        detail = _(
            "%(written)s har %(total)s postnumre. Skriv det postnummer, du mener.",
            written=written,
            total=len(hits),
        )
    elif len(hits) == 1:
        detail = _(
            "Mener du %(names)s med %(written)s? Så skriv det.", written=written, names=names
        )
    else:
        detail = _(
            "%(written)s kan være flere steder: %(names)s. Skriv, hvilket du mener.",
            written=written,
            names=names,
        )
    return AmbiguousArea(
        detail, candidates=candidates, total=len(hits), reasons=_reasons(hits, text)
    )


def _unknown(session: Session, text: str, hits: Sequence[Hit]) -> AreaNotFound:
    written = " ".join(text.split())
    fewest = min((hit.edits for hit in hits), default=0)
    nearest = [hit.area_id for hit in hits if hit.edits == fewest or _is_code(hit)]
    if is_street_name(text):  # There is a Nørregade in most towns.
        nearest = []
    suggestions = find_areas(session, nearest[:SUGGESTIONS])
    if suggestions:
        detail = _(
            "Vi kender ikke %(written)s. Mente du %(names)s?",
            written=written,
            names=", ".join(area_title(area) for area in suggestions),
        )
    else:
        detail = _(
            "Vi kender ikke %(written)s. Skriv et postnummer på fire cifre"
            " eller navnet på en by eller kommune.",
            written=written,
        )
    return AreaNotFound(detail, suggestions=suggestions, reasons=_reasons(hits, text))


def _reasons(hits: Sequence[Hit], text: str) -> dict[int, Reason]:
    return {hit.area_id: why_offered(hit, text) for hit in hits}
