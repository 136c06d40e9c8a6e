"""The requests and responses of the API about presets."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from marshmallow import Schema, fields

from alerts.kinds import AlertKind
from alerts.models import Severity
from alerts.schemas import REQUIRED, AlertTargetSchema, texts_by_language
from web.http.row_ids import RowId


class PresetContentSchema(Schema):
    """The content of a preset: the fields of :class:`alerts.presets.content.PresetContent`."""

    name = fields.String(required=True, error_messages=REQUIRED)
    district = fields.String(required=True, error_messages=REQUIRED)
    kind = fields.Enum(
        AlertKind,
        by_value=True,
        allow_none=True,
        load_default=None,
        metadata={"description": "None: a saved area, which has a target and no texts"},
    )
    severity = fields.Enum(Severity, by_value=True, load_default=Severity.MODERATE)
    target = fields.Nested(
        AlertTargetSchema,
        allow_none=True,
        load_default=None,
        metadata={"description": "None: the officer chooses it each time"},
    )
    texts = texts_by_language(load_default=dict)


class PresetChangesSchema(PresetContentSchema):
    """Changes to a preset; fields that are left out are kept."""

    version = RowId(
        error_messages={"invalid": _l("Skriv et tal.")},
        metadata={
            "description": "The version that was read: if it has changed since, nothing is written"
            " and the answer is 409"
        },
    )


class PresetSchema(PresetContentSchema):
    """A template, or without a kind a saved area, as staff see it."""

    id = fields.Integer()
    district = fields.String(attribute="district_code")
    version = fields.Integer()
    created_at = fields.AwareDateTime()
    updated_at = fields.AwareDateTime()
