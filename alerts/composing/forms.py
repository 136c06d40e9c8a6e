"""The compose form: what an officer types, and the draft made from it."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, ClassVar

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from marshmallow import Schema, ValidationError, fields, validate
from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.composing.messages import BODY_LENGTH, TITLE_LENGTH
from alerts.composing.point_by_address import take_point
from alerts.composing.unclear_places import (
    MEANT,
    MOST_PLACES,
    possible_areas,
    which_place,
    written_places,
)
from alerts.draft import COLUMNS, AlertDraft, Wording
from alerts.errors import InvalidAlert
from alerts.kinds import AlertKind
from alerts.models import Alert, Severity
from alerts.schemas import REQUIRED
from areas.errors import AmbiguousArea, AreaNotFound, TargetError
from areas.models import Area
from areas.search import resolve_area
from areas.targets.written_point import LONGEST_POINT
from areas.titles import area_title
from staff.actor import NotAllowed
from web.languages.choice import current_language
from web.languages.time_zone import COPENHAGEN
from web.problems.errors import Problem
from web.texts.filters import format_datetime_local

Errors = dict[str, list[str]]

LABELS: dict[str, Any] = {
    "kind": _l("Type"),
    "severity": _l("Alvorsgrad"),
    "case_reference": _l("Sagsnummer"),
    "where": _l("Hvor"),
    "q": _l("Find et sted"),
    "areas": _l("Områder"),
    "address": _l("Adresse eller koordinater"),
    "lon": _l("Længdegrad"),
    "lat": _l("Breddegrad"),
    "radius_m": _l("Radius"),
    "shape": _l("Tegnet område"),
    "title_da": _l("Titel"),
    "body_da": _l("Tekst"),
    "title_en": _l("Titel på engelsk"),
    "body_en": _l("Tekst på engelsk"),
    "when": _l("Hvornår"),
    "send_at": _l("Tidspunkt"),
    "expires_at": _l("Gælder til"),
    "text_da": _l("Tekst"),
    "text_en": _l("Tekst på engelsk"),
}


class LocalTime(fields.Field[datetime]):
    """A ``datetime-local`` value, which is Copenhagen time."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_options: Any) -> datetime:
        try:
            typed = datetime.fromisoformat(str(value))
        except ValueError as error:
            raise ValidationError(
                _("Skriv dato og klokkeslæt, for eksempel 2026-03-01T14:00.")
            ) from error
        moment = typed.replace(tzinfo=COPENHAGEN).astimezone(UTC)
        if moment.astimezone(COPENHAGEN).replace(tzinfo=None) != typed:
            raise ValidationError(_("Det klokkeslæt findes ikke den dag: uret stilles frem."))
        return moment

    def _serialize(
        self, value: datetime | None, attr: str | None, obj: Any, **_options: Any
    ) -> str:
        return format_datetime_local(value)


class DecimalNumber(fields.Float):
    """A number with a comma or a point."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        return super()._deserialize(str(value).replace(",", "."), attr, data, **options)


class Metres(DecimalNumber):
    """A distance in metres, or in kilometres if it says so. What may be thousands is refused.

    "2.000" is two thousand to a Dane and two to a computer: two metres warn nobody.
    """

    default_error_messages: ClassVar[dict[str, Any]] = {  # type: ignore[misc]
        "thousands": _l("Skriv tusinder uden punktum eller komma, for eksempel 2000, eller 2 km."),
        "small": _l("Skriv mindst 10 meter, for eksempel 500, eller 1,5 km."),
    }

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        said = re.fullmatch(r"(.*?)\s*(km|m|meter)?\.?", str(value).strip().lower())
        number, unit = (said[1], said[2]) if said else (str(value), None)
        if unit != "km" and MAYBE_THOUSANDS.fullmatch(number):
            raise self.make_error("thousands")
        metres = super()._deserialize(number, attr, data, **options)
        if unit == "km":
            metres *= 1000
        if metres < SHORTEST_RADIUS_M:
            raise self.make_error("small")
        return metres


WAYS: dict[str, tuple[str, ...]] = {
    "areas": ("areas",),
    "circle": ("address", "lat", "lon", "radius_m"),
    "shape": ("shape",),
}
"""The ways to say where, and the fields of each. An alert goes out by one of them."""
WHERE_FIELDS = frozenset({"where", *itertools.chain(*WAYS.values())})

MAYBE_THOUSANDS = re.compile(r"\d{1,3}([., ]\d{3})+")
SHORTEST_RADIUS_M = 10
NUMBER = {"invalid": _l("Skriv et tal.")}


class ComposeForm(Schema):
    """The fields of the compose page."""

    kind = fields.Enum(
        AlertKind,
        by_value=True,
        required=True,
        error_messages={"required": _l("Vælg, hvilken slags varsel det er.")},
    )
    severity = fields.Enum(Severity, by_value=True, required=True, error_messages=REQUIRED)
    case_reference = fields.String(load_default=None)
    where = fields.String(load_default=None, validate=validate.OneOf(WAYS))
    areas = fields.String(load_default="")
    address = fields.String(
        load_default="",
        validate=validate.Length(max=LONGEST_POINT, error=_l("Adressen er for lang.")),
    )
    lat = fields.String(load_default="")
    lon = fields.String(load_default="")
    radius_m = Metres(load_default=None, error_messages=NUMBER)
    shape = fields.String(load_default="")
    title_da = fields.String(required=True, error_messages={"required": _l("Skriv en titel.")})
    body_da = fields.String(required=True, error_messages={"required": _l("Skriv en tekst.")})
    title_en = fields.String(load_default="")
    body_en = fields.String(load_default="")
    when = fields.String(load_default="now", validate=validate.OneOf(["now", "later"]))
    send_at = LocalTime(load_default=None)
    expires_at = LocalTime(load_default=None)


PLAIN_FIELDS = tuple(name for name in ComposeForm().fields if name in COLUMNS)
"""The fields the same in form and draft; target and texts are several fields on the form."""


class ExpiryForm(Schema):
    """Until when an alert applies."""

    expires_at = LocalTime(
        required=True, error_messages={"required": _l("Skriv dato og klokkeslæt.")}
    )


class FollowUpForm(Schema):
    """The fields of what follows an alert; a correction has titles too."""

    key = fields.String(required=True, validate=validate.Length(8, 80))
    text_da = fields.String(required=True, error_messages={"required": _l("Skriv en tekst.")})
    text_en = fields.String(load_default="")
    title_da = fields.String(load_default="")
    title_en = fields.String(load_default="")
    step = fields.String(
        load_default="", validate=validate.OneOf(["", "write", "send", "submit", "unapproved"])
    )
    draft = fields.Integer(load_default=None, allow_none=True)
    sent = fields.Integer(load_default=None, allow_none=True)
    seen = fields.String(load_default=None)
    read = fields.Boolean(load_default=False)
    wording_reason = fields.String(load_default=None)
    comment = fields.String(load_default="")
    reason = fields.String(load_default="")


def read_draft(
    session: Session, data: Mapping[str, Any], wrong: Mapping[str, list[str]] = MappingProxyType({})
) -> tuple[AlertDraft, Errors]:
    """The draft in a form, and all that is wrong with it, by field.

    ``data`` is what could be read, and ``wrong`` what could not. With errors the draft is only
    what can be made of the rest, so that the rest can be checked as well.
    """
    data = {name: data.get(name) for name in ComposeForm().fields}
    errors = dict(wrong)
    target = _read_target(session, data, errors)
    texts = {"da": Wording(data["title_da"] or "", data["body_da"] or "")}
    if data["title_en"] or data["body_en"]:
        texts["en"] = Wording(data["title_en"] or "", data["body_en"] or "")
    if data["when"] == "later" and data["send_at"] is None:
        errors.setdefault("send_at", [_("Vælg, hvornår varslet skal sendes.")])
    if data["when"] == "now" and data["send_at"] is not None:
        errors["when"] = [
            _("Du har skrevet et tidspunkt. Vælg »På et tidspunkt«, eller slet tidspunktet.")
        ]
    plain = {name: data[name] for name in PLAIN_FIELDS}
    plain["kind"] = plain["kind"] or AlertKind.AREA_ALERT
    plain["severity"] = plain["severity"] or Severity.MODERATE
    return AlertDraft(**plain, target=target, texts=texts), errors


def _read_target(session: Session, data: dict[str, Any], errors: Errors) -> dict[str, Any]:
    """The target by the one way that was chosen; what is filled in elsewhere is an error."""
    filled = [
        way
        for way, names in WAYS.items()
        if any(data[name] not in (None, "") or name in errors for name in names)
    ]
    chosen = data["where"] or (filled[0] if len(filled) == 1 else None)
    if [way for way in filled if way != chosen]:
        errors.setdefault(
            "where",
            [_("Du har udfyldt flere måder at sige hvor på. Vælg én, og slet det andet.")],
        )
        return {}
    if chosen == "circle":
        return _read_circle(session, data, errors)
    if chosen == "shape":
        return _read_shape(data, errors)
    return read_areas(session, data, errors)


def read_areas(session: Session, data: Mapping[str, Any], errors: Errors) -> dict[str, Any]:
    """The target of the places that were written; what is wrong with them goes to the errors."""
    places = written_places(data["areas"] or "")
    if not places:
        errors.setdefault(
            "areas", [_("Skriv mindst ét sted, eller angiv et punkt eller et tegnet område.")]
        )
        return {}
    if len(places) > MOST_PLACES:
        errors["areas"] = [_("Skriv højst %(most)s steder.", most=MOST_PLACES)]
        return {}
    ids, wrong, asked = [], [], 0
    for place in dict.fromkeys(places):
        try:
            ids.append(resolve_area(session, place).id)
        except (AreaNotFound, AmbiguousArea) as error:
            if possible_areas(error):
                errors[f"{MEANT}{asked}"] = [which_place(place, error)]
                asked += 1
            else:
                wrong.append(str(error.detail))
    if wrong:
        errors["areas"] = wrong
    return {"area_ids": list(dict.fromkeys(ids))} if ids else {}


def _read_circle(session: Session, data: dict[str, Any], errors: Errors) -> dict[str, Any]:
    point = take_point(session, data, errors)
    if data["radius_m"] is None:
        errors.setdefault("radius_m", [_("Skriv, hvor langt fra punktet varslet skal nå.")])
    if point is None or errors.keys() & {*WAYS["circle"]}:
        return {}
    return {**point.to_target(), "radius_m": data["radius_m"]}


def _read_shape(data: Mapping[str, Any], errors: Errors) -> dict[str, Any]:
    try:
        return {"shape": _geometry(json.loads(data["shape"] or ""))}
    except (json.JSONDecodeError, RecursionError, TypeError):
        errors["shape"] = [_("Det er ikke GeoJSON. Indsæt en Polygon eller MultiPolygon.")]
        return {}


def place_field(target: Mapping[str, Any]) -> str:
    """The field at which an error about the whole target is shown."""
    if "shape" in target:
        return "shape"
    return "lat" if "centre" in target and "area_ids" not in target else "areas"


def _geometry(given: Any) -> Any:
    """The geometry in a Feature, or a collection of one, as copied from drawing tools."""
    if isinstance(given, dict) and given.get("type") == "FeatureCollection":
        features = given.get("features")
        given = features[0] if isinstance(features, list) and len(features) == 1 else given
    if isinstance(given, dict) and given.get("type") == "Feature":
        return given.get("geometry")
    return given


FIELD_OF = {
    "texts.da": "title_da",
    "texts.da.title": "title_da",
    "texts.da.body": "body_da",
    "texts.en": "title_en",
    "texts.en.title": "title_en",
    "texts.en.body": "body_en",
}


def errors_of(
    problem: Problem, fields_of: Mapping[str, str] = FIELD_OF, place_field: str = "areas"
) -> Errors:
    """The errors that a service raised, by field of the page."""
    if isinstance(problem, InvalidAlert) and problem.fields:
        return {fields_of.get(name, name): texts for name, texts in problem.fields.items()}
    text = str(problem.detail) or str(problem.title)
    if isinstance(problem, TargetError) and "radius_m" in problem.fields:
        return {"radius_m": problem.fields["radius_m"]}
    if isinstance(problem, TargetError | AreaNotFound | AmbiguousArea | NotAllowed):
        return {place_field: [text]}
    return {"_schema": [text]}


def form_values(session: Session, alert: Alert | AlertDraft) -> dict[str, Any]:
    """A draft as the compose page shows it."""
    found = session.scalars(select(Area).where(Area.id.in_(alert.target.get("area_ids", []))))
    centre = alert.target.get("centre") or (None, None)
    written = alert.target.get("written", "")
    shape = alert.target.get("shape")
    ways = {"areas": "area_ids", "circle": "centre", "shape": "shape"}
    return {
        **ComposeForm(only=PLAIN_FIELDS).dump(alert),
        "where": next((way for way, key in ways.items() if alert.target.get(key)), "areas"),
        "areas": "\n".join(sorted(area_title(area) for area in found)),
        "address": written,
        "lon": "" if written else spell_number(centre[0]),
        "lat": "" if written else spell_number(centre[1]),
        "radius_m": spell_metres(alert.target.get("radius_m")),
        "shape": json.dumps(shape) if shape else "",
        "when": "later" if alert.send_at else "now",
        **{
            f"{part}_{language}": getattr(text, part)
            for language, text in alert.texts.items()
            for part in ("title", "body")
        },
    }


def spell_number(number: float | None) -> str:
    """A number as people type it in the language of the page, without rounding."""
    if number is None:
        return ""
    plain = str(number).removesuffix(".0")
    return plain.replace(".", ",") if current_language() == "da" else plain


def spell_metres(number: float | None) -> str:
    """A distance as :class:`Metres` reads it."""
    spelt = spell_number(number)
    return f"{spelt}0" if MAYBE_THOUSANDS.fullmatch(spelt) else spelt


LIMITS = {"title": TITLE_LENGTH, "body": BODY_LENGTH}
