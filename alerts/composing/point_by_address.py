"""The point of a circle, by an address or by coordinates: set if one is meant, else asked about.

The field ``address`` holds what was written, ``asked_address`` what was asked about, and
``meant_address`` the one that was chosen of those offered; ``use_point`` is the button of a point
that was proposed. It works without JavaScript. What was written is kept beside what it became.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from areas.addresses.remarks import remarks
from areas.addresses.search import AddressMatches, find_addresses
from areas.addresses.written_address import LONGEST_ADDRESS
from areas.geometry import distance_m
from areas.schemas import LONGEST_WRITTEN
from areas.targets.descriptions import describe_point, spell_degrees, spell_point
from areas.targets.input import country_boxes
from areas.targets.written_point import (
    Doubt,
    ShortLink,
    WrittenPoint,
    read_fields,
    read_point,
    reads_as_angle,
)

ASKED_ADDRESS, MEANT_ADDRESS, USE_POINT = "asked_address", "meant_address", "use_point"
POINT = ("lat", "lon")
SAME_POINT_M = 1
PLAIN_NUMBER = re.compile(r"-?\d{1,3}([.,]\d+)?")

Errors = dict[str, list[str]]


@dataclass(frozen=True)
class TakenPoint:
    """A point, what was written for it, and the address that this was found to be."""

    lon: float
    lat: float
    written: str = ""
    address: str = ""

    def to_target(self) -> dict[str, Any]:
        """Its part of a target."""
        words = {"written": self.written, "address": self.address}
        return {"centre": [self.lon, self.lat], **{k: text for k, text in words.items() if text}}


def settle_point(values: Mapping[str, Any], form: Mapping[str, str]) -> dict[str, Any]:
    """The values with the address or the point that was chosen for what is still written."""
    used = form.get(USE_POINT, "").strip()
    if used:
        return {**values, "address": used, "lat": "", "lon": ""}
    written = values.get("address", "")
    chosen = form.get(MEANT_ADDRESS, "").strip()
    is_asked = bool(chosen) and form.get(ASKED_ADDRESS) == written
    return {**values, "address": chosen if is_asked else written}


def take_point(session: Session, data: Mapping[str, Any], errors: Errors) -> TakenPoint | None:
    """The point that is meant by an address, by coordinates, or by both if they agree.

    If none is, the errors say why.
    """
    by_fields = _by_fields(session, data, errors)
    if not data["address"]:
        return by_fields
    by_words = _by_words(session, data["address"], errors)
    if by_fields is None or by_words is None:
        return None if data["lat"] or data["lon"] else by_words
    apart = distance_m(by_fields.lon, by_fields.lat, by_words.lon, by_words.lat)
    if apart > SAME_POINT_M:
        errors["address"] = [
            _("Adressen og koordinaterne er to forskellige steder. Slet det, der ikke gælder.")
        ]
        return None
    return by_words


def _by_words(session: Session, written: str, errors: Errors) -> TakenPoint | None:
    """The point of what stands in the field for an address, which may be coordinates."""
    try:
        points = read_point(written, country_boxes(session))
    except ShortLink:
        errors["address"] = [_short_link()]
        return None
    if points:
        return _certain(points, written, "address", errors)
    if len(written) > LONGEST_ADDRESS:
        errors["address"] = [_("Adressen er for lang.")]
        return None
    found = find_addresses(session, written)
    if found.only is None:
        errors["address"] = [_why_not(found)]
        return None
    return TakenPoint(found.only.lon, found.only.lat, written, found.only.title)


def _by_fields(session: Session, data: Mapping[str, Any], errors: Errors) -> TakenPoint | None:
    """The point of the two fields for coordinates, of which one may hold both."""
    lat, lon = data["lat"] or "", data["lon"] or ""
    if not lat and not lon:
        if not data["address"]:
            for name in POINT:
                errors.setdefault(name, [_("Skriv en adresse, eller både bredde- og længdegrad.")])
        return None
    try:
        points = read_fields(lat, lon, country_boxes(session))
    except ShortLink:
        points = []
    if points:
        is_plain = all(PLAIN_NUMBER.fullmatch(text) for text in (lat, lon))
        written = "" if is_plain else " ".join(filter(None, (lat, lon)))
        return _certain(points, written, "lat", errors)
    for name, text in (("lat", lat), ("lon", lon)):
        if not text:
            errors.setdefault(name, [_("Skriv en adresse, eller både bredde- og længdegrad.")])
        elif not reads_as_angle(text):
            example = "55,9279" if name == "lat" else "12,3008"
            said = _(
                "Vi kan ikke læse »%(text)s«. Skriv for eksempel %(example)s.",
                text=text[:40],
                example=example,
            )
            errors.setdefault(name, [said])
    return None


def _certain(
    points: list[WrittenPoint], written: str, field: str, errors: Errors
) -> TakenPoint | None:
    first, *others = points
    if first.doubt is None and not others:
        kept = written if len(written) <= LONGEST_WRITTEN else f"{written[: LONGEST_WRITTEN - 1]}…"
        return TakenPoint(first.lon, first.lat, kept)
    errors[field] = [_why_doubtful(first)]
    return None


def _why_doubtful(point: WrittenPoint) -> str:
    if point.doubt is Doubt.SWAPPED:
        return str(
            _(
                "Breddegrad %(lat)s og længdegrad %(lon)s ligger ikke i landet. Er de byttet om?",
                lat=spell_degrees(point.lon),
                lon=spell_degrees(point.lat),
            )
        )
    if point.doubt is Doubt.MIDDLE_OF_MAP:
        return str(_("Linket viser et kort, men ikke et bestemt punkt på det."))
    return str(_("Tallene kan være to steder. Vælg et, eller skriv UTM-zonen foran: 32 eller 33."))


def _short_link() -> str:
    return str(
        _(
            "Et kort link siger ikke, hvor det fører hen. Åbn det, og kopiér koordinaterne "
            "eller den lange adresse."
        )
    )


def offered_points(session: Session, values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The points that are proposed for what is not certain: as they are written, and described."""
    found: list[WrittenPoint] = []
    boxes = country_boxes(session)
    try:
        found += read_point(values.get("address") or "", boxes)
        found += read_fields(values.get("lat") or "", values.get("lon") or "", boxes)
    except ShortLink:
        pass
    return [
        (spell_point(point.lon, point.lat), _described(session, point))
        for point in found
        if point.doubt is not None
    ]


def _described(session: Session, point: WrittenPoint) -> str:
    place = describe_point(session, point.lon, point.lat)
    if point.doubt is Doubt.ZONE:
        return str(_("%(place)s, UTM-zone %(zone)s", place=place, zone=point.zone))
    return place


def offered_addresses(
    session: Session, written: str, districts: Collection[str]
) -> list[tuple[str, str]]:
    """The addresses that may be meant: title, and title with remarks."""
    found = find_addresses(session, written, districts=districts)
    return [
        (match.title, f"{match.title} ({', '.join(remarks(match))})") for match in found.matches
    ]


def is_coordinates(session: Session, written: str) -> bool:
    """Whether something in the field for an address is a point, or a link, and no address."""
    try:
        return bool(read_point(written, country_boxes(session)))
    except ShortLink:
        return True


def _why_not(found: AddressMatches) -> str:
    if not found.matches:
        return str(
            _("Vi kender ikke adressen. Skriv vej, husnummer og by, eller skriv koordinaterne.")
        )
    if found.total > len(found.matches):
        return str(_("Der er %(total)s mulige adresser. Skriv også byen.", total=found.total))
    return str(_("Vælg, hvilken adresse du mener."))
