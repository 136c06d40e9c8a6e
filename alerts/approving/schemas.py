"""What is sent along with the steps on the way to approval, by pages and by the API."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from marshmallow import Schema, fields, validate

from alerts.schemas import CONFIRMED_SIZE, REQUIRED

READ_FIRST = _l("Sæt kryds, når du har læst teksten og tjekket området.")


class SubmissionSchema(Schema):
    """What is said to the approver."""

    comment = fields.String(load_default="")


class SeenSchema(Schema):
    """What was read before deciding about it."""

    fingerprint = fields.String(
        required=True,
        error_messages=REQUIRED,
        metadata={"description": "Of the preview that was read; if it has changed, 409"},
    )
    comment = fields.String(load_default="")


class ApprovalForm(SeenSchema):
    """The approver's form: the box must be ticked."""

    read = fields.Boolean(
        required=True,
        validate=validate.Equal(True, error=READ_FIRST),
        error_messages={"required": READ_FIRST},
    )


class VerdictSchema(SeenSchema):
    """Why an alert is returned or rejected."""

    comment = fields.String(
        required=True,
        error_messages={"required": _l("Skriv, hvad der skal ændres, eller hvorfor.")},
    )


class WithoutApprovalSchema(Schema):
    """Why an alert is sent although nobody has approved it."""

    reason = fields.String(
        required=True,
        error_messages={"required": _l("Skriv med mindst tre ord, hvorfor det ikke kan vente.")},
    )
    wording_reason = fields.String(load_default=None)
    confirmed_size = CONFIRMED_SIZE


class WithoutApprovalForm(WithoutApprovalSchema):
    """The form of whoever sends it so: the box must be ticked, as by everybody who sends."""

    read = fields.Boolean(
        required=True,
        validate=validate.Equal(True, error=READ_FIRST),
        error_messages={"required": READ_FIRST},
    )
