"""The compose form: what an officer types, and the draft made from it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from marshmallow import Schema, ValidationError, fields, validate
from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.composing.messages import BODY_LENGTH, TITLE_LENGTH
from alerts.draft import COLUMNS, AlertDraft, Wording
from alerts.errors import InvalidAlert
from alerts.kinds import AlertKind
from alerts.models import Alert, Severity
from alerts.schemas import REQUIRED
from areas.errors import AmbiguousArea, AreaNotFound, TargetError
from areas.models import Area
from areas.search import resolve_area
from areas.titles import area_title
from staff.actor import NotAllowed
from web.languages.choice import current_language
from web.languages.time_zone import COPENHAGEN
from web.problems.errors import Problem
from web.texts.filters import format_datetime_local

Errors = dict[str, list[str]]
MOST_PLACES = 60

LABELS: dict[str, Any] = {
    "kind": _l("Type"),
    "severity": _l("Alvorsgrad"),
    "case_reference": _l("Sagsnummer"),
    "areas": _l("Områder"),
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
    areas = fields.String(load_default="")
    lat = DecimalNumber(load_default=None, error_messages=NUMBER)
    lon = DecimalNumber(load_default=None, error_messages=NUMBER)
    radius_m = DecimalNumber(load_default=None, error_messages=NUMBER)
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


class FollowUpForm(Schema):
    """The fields of the update and the close pages."""

    key = fields.String(required=True, validate=validate.Length(8, 80))
    text_da = fields.String(required=True, error_messages={"required": _l("Skriv en tekst.")})
    text_en = fields.String(load_default="")


def read_draft(session: Session, data: Mapping[str, Any]) -> tuple[AlertDraft | None, Errors]:
    """The draft in a checked form, or what is wrong with it, by field."""
    errors: Errors = {}
    target = _read_target(session, data, errors)
    texts = {"da": Wording(data["title_da"], data["body_da"])}
    if data["title_en"] or data["body_en"]:
        texts["en"] = Wording(data["title_en"], data["body_en"])
    if data["when"] == "later" and data["send_at"] is None:
        errors["send_at"] = [_("Vælg, hvornår varslet skal sendes.")]
    if errors:
        return None, errors
    plain = {name: data[name] for name in PLAIN_FIELDS}
    if data["when"] == "now":
        plain["send_at"] = None
    return AlertDraft(**plain, target=target, texts=texts), {}


def _read_target(session: Session, data: Mapping[str, Any], errors: Errors) -> dict[str, Any]:
    target: dict[str, Any] = {}
    places = [place.strip() for place in re.split(r"[\n,;]", data["areas"]) if place.strip()]
    if len(places) > MOST_PLACES:
        errors["areas"] = [_("Skriv højst %(most)s steder.", most=MOST_PLACES)]
        return target
    ids, wrong = [], []
    for place in places:
        try:
            ids.append(resolve_area(session, place).id)
        except (AreaNotFound, AmbiguousArea) as error:
            wrong.append(str(error.detail))
    if wrong:
        errors["areas"] = wrong
    if ids:
        target["area_ids"] = list(dict.fromkeys(ids))
    _read_circle(data, target, errors)
    if data["shape"]:
        try:
            target["shape"] = _geometry(json.loads(data["shape"]))
        except (json.JSONDecodeError, RecursionError, TypeError):
            errors["shape"] = [_("Det er ikke GeoJSON. Indsæt en Polygon eller MultiPolygon.")]
    if not target and not errors:
        errors["areas"] = [_("Skriv mindst ét sted, eller angiv et punkt eller et tegnet område.")]
    return target


def place_field(target: Mapping[str, Any]) -> str:
    """The field at which an error about the whole target is shown."""
    if "shape" in target:
        return "shape"
    return "lat" if "centre" in target and "area_ids" not in target else "areas"


def _read_circle(data: Mapping[str, Any], target: dict[str, Any], errors: Errors) -> None:
    circle = {name: data[name] for name in ("lat", "lon", "radius_m")}
    if all(value is None for value in circle.values()):
        return
    for name, value in circle.items():
        if value is None:
            errors[name] = [_("Et punkt skal have både breddegrad, længdegrad og radius.")]
    target["centre"] = [data["lon"], data["lat"]]
    target["radius_m"] = data["radius_m"]


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
    if isinstance(problem, TargetError | AreaNotFound | AmbiguousArea | NotAllowed):
        return {place_field: [text]}
    return {"_schema": [text]}


def form_values(session: Session, alert: Alert) -> dict[str, Any]:
    """A draft as the compose page shows it."""
    found = session.scalars(select(Area).where(Area.id.in_(alert.target.get("area_ids", []))))
    centre = alert.target.get("centre") or (None, None)
    shape = alert.target.get("shape")
    return {
        **ComposeForm(only=PLAIN_FIELDS).dump(alert),
        "areas": "\n".join(sorted(area_title(area) for area in found)),
        "lon": _spell_number(centre[0]),
        "lat": _spell_number(centre[1]),
        "radius_m": _spell_number(alert.target.get("radius_m")),
        "shape": json.dumps(shape) if shape else "",
        "when": "later" if alert.send_at else "now",
        **{
            f"{part}_{language}": getattr(text, part)
            for language, text in alert.texts.items()
            for part in ("title", "body")
        },
    }


def _spell_number(number: float | None) -> str:
    """A number as people type it in the language of the page, without rounding."""
    if number is None:
        return ""
    plain = str(number).removesuffix(".0")
    return plain.replace(".", ",") if current_language() == "da" else plain


LIMITS = {"title": TITLE_LENGTH, "body": BODY_LENGTH}
