"""The requests and responses of correcting cases."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from cases.models import REASON_LENGTH, CaseChangeKind, CaseStatus


def _reason() -> fields.String:
    return fields.String(
        required=True,
        error_messages={"required": _l("Skriv, hvorfor det rettes.")},
        validate=validate.Length(1, REASON_LENGTH, error=_l("Skriv det med 1 til {max} tegn.")),
    )


def _reference(**options: Any) -> fields.String:
    return fields.String(error_messages={"required": _l("Skriv sagsnummeret.")}, **options)


class ReferenceSchema(Schema):
    """A case's new number."""

    reference = _reference(required=True)
    reason = _reason()


class DistrictsSchema(Schema):
    """The police districts that a case belongs to, by code."""

    districts = fields.List(fields.String(), load_default=list)
    reason = _reason()


class MoveAppealSchema(Schema):
    """The number of the case to move an appeal to; districts default to the current case's."""

    reference = _reference(required=True)
    districts = fields.List(fields.String(), load_default=list)
    reason = _reason()


class CorrectionSchema(Schema):
    """A new reference, new districts, or both."""

    reference = _reference()
    districts = fields.List(fields.String())
    reason = _reason()

    @validates_schema
    def changes_something(self, data: dict[str, Any], **_options: Any) -> None:
        """Require at least one of the two."""
        if "reference" not in data and "districts" not in data:
            raise ValidationError(_("Angiv reference, districts eller begge."), "reference")


class CaseQuerySchema(Schema):
    """The number to look for, in any format."""

    reference = _reference(required=True)


class CaseChangeSchema(Schema):
    """One correction."""

    kind = fields.Enum(CaseChangeKind, by_value=True)
    before = fields.String()
    after = fields.String()
    alert_code = fields.String(allow_none=True)
    reason = fields.String()
    at = fields.AwareDateTime()
    by = fields.String(attribute="staff.name")


class CorrectedCaseSchema(Schema):
    """A case, its appeals, its number of tips, and its corrections."""

    id = fields.Integer()
    reference = fields.String()
    title = fields.String()
    status = fields.Enum(CaseStatus, by_value=True)
    districts = fields.List(fields.String())
    appeals = fields.List(fields.String(), metadata={"description": "Codes of alerts"})
    tips = fields.Integer()
    history = fields.List(fields.Nested(CaseChangeSchema))


class CorrectedCaseListSchema(Schema):
    """The cases with a given number: more than one if it was mistyped."""

    cases = fields.List(fields.Nested(CorrectedCaseSchema))
