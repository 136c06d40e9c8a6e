"""The form of a template or a saved area: what an officer types, and what is made of it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from marshmallow import Schema, fields, validate
from sqlalchemy.orm import Session

from alerts.composing.forms import FIELD_OF, LABELS, Errors, read_areas
from alerts.draft import AlertDraft, Wording
from alerts.kinds import AlertKind
from alerts.models import Alert, Severity
from alerts.presets.content import PresetContent

PRESET_LABELS: dict[str, Any] = {
    **{name: LABELS[name] for name in ("kind", "severity", "areas")},
    **{f"{part}_{language}": LABELS[f"{part}_{language}"]
       for part in ("title", "body") for language in ("da", "en")},
    "name": _l("Navn"),
    "district": _l("Politikreds"),
    "place": _l("Hvor"),
}  # fmt: skip
PRESET_FIELD_OF = {**FIELD_OF, "target": "areas", "texts": "title_da"}
PLACES = ("each_time", "kept", "areas")
"""Where alerts begun with it go: chosen each time, where it says already, or to places by name."""


class PresetForm(Schema):
    """The fields of the page of a template or a saved area."""

    name = fields.String(
        required=True,
        error_messages={"required": _l("Skriv et navn, som dine kolleger kan kende det på.")},
    )
    district = fields.String(required=True, error_messages={"required": _l("Vælg en politikreds.")})
    kind = fields.Enum(AlertKind, by_value=True, load_default=None)
    severity = fields.Enum(Severity, by_value=True, load_default=Severity.MODERATE)
    place = fields.String(load_default="each_time", validate=validate.OneOf(PLACES))
    areas = fields.String(load_default="")
    title_da = fields.String(load_default="")
    body_da = fields.String(load_default="")
    title_en = fields.String(load_default="")
    body_en = fields.String(load_default="")
    version = fields.Integer(load_default=None)


def read_preset_form(
    session: Session,
    data: Mapping[str, Any],
    wrong: Mapping[str, list[str]] = MappingProxyType({}),
    *,
    is_area: bool,
    kept: Mapping[str, Any] | None,
) -> tuple[PresetContent, Errors]:
    """What a form says, and all that is wrong with it; ``kept`` is the target it was opened with.

    ``data`` is what could be read, and ``wrong`` what could not.
    """
    data = {name: data.get(name) for name in PresetForm().fields}
    errors = dict(wrong)
    target: Mapping[str, Any] | None = None
    if data["place"] == "areas":
        target = read_areas(session, data, errors)
    elif (data["areas"] or "").strip():
        errors["place"] = [
            _("Du har skrevet steder. Vælg »Steder med navn eller postnummer«, eller slet dem.")
        ]
    elif data["place"] == "kept":
        target = kept
        if not kept:
            errors["place"] = [_("Området er her ikke mere. Vælg et andet.")]
    texts = {}
    if not is_area:
        if data["kind"] is None:
            errors.setdefault("kind", [_("Vælg, hvilken slags varsel det er.")])
        texts["da"] = Wording(data["title_da"] or "", data["body_da"] or "")
        if data["title_en"] or data["body_en"]:
            texts["en"] = Wording(data["title_en"] or "", data["body_en"] or "")
    content = PresetContent(
        name=data["name"] or "",
        district=data["district"] or "",
        kind=None if is_area else data["kind"] or AlertKind.AREA_ALERT,
        severity=data["severity"] or Severity.MODERATE,
        target=target,
        texts=texts,
    )
    return content, errors


def preset_values(content: PresetContent) -> dict[str, Any]:
    """A preset as its page shows it."""
    return {
        "name": content.name,
        "district": content.district,
        "place": "kept" if content.target else "each_time",
        **_shown(content),
    }


def values_from(alert: Alert, districts: list[str], *, is_area: bool) -> dict[str, Any]:
    """The form of a new preset that is made from an alert."""
    return {
        "district": districts[0] if len(districts) == 1 else "",
        "place": "kept" if is_area else "each_time",
        **({} if is_area else _shown(AlertDraft.of(alert))),
    }


def _shown(content: PresetContent | AlertDraft) -> dict[str, Any]:
    return {
        "kind": content.kind.value if content.kind else "",
        "severity": content.severity.value,
        **{
            f"{part}_{language}": getattr(text, part)
            for language, text in content.texts.items()
            for part in ("title", "body")
        },
    }
