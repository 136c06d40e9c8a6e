"""Finding an area by what a person wrote.

The rules, in this order:

1. A postcode is that postcode, no matter which name follows it; only when the name is another place
   (``3400 Hellerup``) are both offered.
2. A bare name that is both a municipality and a postcode (``Hillerød``) is the municipality,
   which is wider and holds the town: better too much than too little. ``3400 Hillerød`` means
   the postcode, ``Hillerød Kommune`` the municipality.
3. A name that several places begin with (``Nykøbing``) or that many postcodes have
   (``København K``) is ambiguous: the writer chooses.
4. One wrong letter is forgiven (two from nine letters on) when a single place is nearest and
   no other place's name begins like that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from areas.atlas import Atlas, current_atlas
from areas.errors import AmbiguousArea, AreaNotFound
from areas.kinds import WIDEST_FIRST, AreaKind
from areas.models import Area
from areas.name_index import LONGEST_NAME, Hit, Tier, edits_forgiven
from areas.titles import area_title

SUGGESTIONS = 5

_POSTCODE = re.compile(r"(?<!\d)(\d{4})(?!\d)")
_NUMBERED = tuple(kind for kind in reversed(WIDEST_FIRST) if kind.row.found_by_number)
_MEANT = (Tier.EXACT, Tier.WITHOUT_ACCENTS, Tier.GENITIVE, Tier.ABBREVIATED, Tier.WORDS)


@dataclass(frozen=True)
class AreaMatch:
    """One area that may be meant: ``score`` from 0 to 1, ``exact`` if that is its very name."""

    area: Area
    score: float
    exact: bool


def search_areas(session: Session, text: str, limit: int = 5) -> list[AreaMatch]:
    """The areas that ``text`` may mean (postcode, "3400 Hillerød", name), best first."""
    hits = _hits(current_atlas(session), text)[:limit]
    found = _load(session, (hit.area_id for hit in hits))
    return [
        AreaMatch(area, hit.score, hit.tier == Tier.EXACT)
        for hit, area in zip(hits, found, strict=True)
    ]


def resolve_area(session: Session, text: str) -> Area:
    """The one area that ``text`` means.

    Raises :class:`AreaNotFound` with suggestions, or :class:`AmbiguousArea` with candidates.
    """
    if not text.strip():
        raise AreaNotFound(_("Skriv et postnummer eller navnet på en by eller kommune."))
    if len(text) > LONGEST_NAME:
        raise AreaNotFound(_("Det er for langt. Skriv kun et postnummer eller et navn."))
    atlas = current_atlas(session)
    hits = _hits(atlas, text)
    meant = _meant(hits)
    if len(meant) == 1:
        return _load(session, [meant[0].area_id])[0]
    if meant:
        raise _ambiguous(session, text, meant)
    raise _unknown(session, text, hits)


def _hits(atlas: Atlas, text: str) -> list[Hit]:
    """Everything the text may mean, best first."""
    if len(text) > LONGEST_NAME:
        return []
    numbers = list(dict.fromkeys(_POSTCODE.findall(text)))
    if not numbers:
        return atlas.names.find(text)
    coded = [hit for number in numbers for hit in _by_code(atlas, number)]
    named = atlas.names.find(_POSTCODE.sub(" ", text))
    if not coded:
        return named or _near_codes(atlas, numbers[0])
    sure = [hit for hit in named if hit.tier <= Tier.GENITIVE]
    if sure and not _agree(atlas, coded, sure):
        return coded + _wider_first(sure)
    return coded


def _by_code(atlas: Atlas, code: str) -> list[Hit]:
    """The area of the finest kind that has this number: a postcode before a municipality."""
    for kind in _NUMBERED:
        place = atlas.by_code.get((kind, code))
        if place is not None:
            return [Hit(place.id, kind, code, Tier.EXACT, 1.0)]
    return []


def _near_codes(atlas: Atlas, code: str) -> list[Hit]:
    """The postcodes nearest to a number that is not in use."""
    known = sorted(
        atlas.of_kind(AreaKind.POSTCODE),
        key=lambda place: (abs(int(place.code) - int(code)), place.code),
    )
    return [
        Hit(place.id, place.kind, place.code, Tier.BEGINNING, 0.3, edits=len(code))
        for place in known[:SUGGESTIONS]
    ]


def _agree(atlas: Atlas, coded: Sequence[Hit], named: Sequence[Hit]) -> bool:
    """Whether a name is that of the postcode, or of an area the postcode lies in or touches."""
    ids = {hit.area_id for hit in named}
    for hit in coded:
        around = {hit.area_id, *atlas.ancestors(hit.area_id)}
        around |= atlas.overlaps.get(hit.area_id, {}).keys()
        if ids & around:
            return True
    return False


def _meant(hits: Sequence[Hit]) -> list[Hit]:
    """The hits of the best tier that what was written can mean; more than one is ambiguous."""
    for tier in _MEANT:
        found = [hit for hit in hits if hit.tier == tier]
        if found:
            return _wider_first(found)
    near = [hit for hit in hits if hit.tier in (Tier.SPELLING, Tier.BEGINNING)]
    fewest = min((hit.edits for hit in near), default=0)
    nearest = [hit for hit in near if hit.edits == fewest <= edits_forgiven(hit.key)]
    begun = {hit.key for hit in hits if hit.tier == Tier.BEGINNING}
    return _wider_first(nearest) if begun <= {hit.key for hit in nearest} else []


def _wider_first(hits: Iterable[Hit]) -> list[Hit]:
    """Drop each hit that yields its name to one of another kind (rule 2)."""
    found = list(hits)
    named = {(hit.kind, hit.key) for hit in found}
    return [hit for hit in found if (hit.kind.row.yields_name_to, hit.key) not in named]


def _ambiguous(session: Session, text: str, hits: Sequence[Hit]) -> AmbiguousArea:
    candidates = _load(session, [hit.area_id for hit in hits[:SUGGESTIONS]])
    written = " ".join(text.split())
    if len(hits) > SUGGESTIONS and len({hit.key for hit in hits}) == 1:
        detail = _(
            "%(written)s har %(total)s postnumre. Skriv det postnummer, du mener.",
            written=written,
            total=len(hits),
        )
    else:
        detail = _(
            "%(written)s kan være flere steder: %(names)s. Skriv, hvilket du mener.",
            written=written,
            names=", ".join(area_title(area) for area in candidates),
        )
    return AmbiguousArea(detail, candidates=candidates, total=len(hits))


def _unknown(session: Session, text: str, hits: Sequence[Hit]) -> AreaNotFound:
    different = {hit.key: hit for hit in reversed(_wider_first(hits))}.values()
    nearest = list(reversed(different))[:SUGGESTIONS]
    suggestions = _load(session, [hit.area_id for hit in nearest])
    written = " ".join(text.split())
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
    return AreaNotFound(detail, suggestions=suggestions)


def _load(session: Session, ids: Iterable[int]) -> list[Area]:
    """The areas with these ids, in this order, in one query."""
    wanted = list(ids)
    found = {area.id: area for area in session.scalars(select(Area).where(Area.id.in_(wanted)))}
    return [found[area_id] for area_id in wanted if area_id in found]
