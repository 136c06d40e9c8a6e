"""What is sent along with the steps on the way to approval, by pages and by the API."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from marshmallow import Schema, fields, validate

from alerts.approving.steps import WHY_NOT_WAIT
from alerts.models import AlertStatus, ReleaseKind
from alerts.schemas import (
    CONFIRMED_SIZE,
    REQUIRED,
    ApprovalSchema,
    ApprovalStepSchema,
    PreviewMessageSchema,
    texts_by_language,
)

READ_FIRST = _l("Sæt kryds, når du har læst teksten og tjekket området.")


class SubmissionSchema(Schema):
    """What is said to the approver."""

    comment = fields.String(load_default="")
    wording_reason = fields.String(load_default=None)


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


class FollowUpSchema(Schema):
    """An update, a correction or a closing message that somebody else must approve."""

    id = fields.Integer(dump_only=True)
    status = fields.Enum(AlertStatus, by_value=True, dump_only=True)
    kind = fields.Enum(
        ReleaseKind,
        by_value=True,
        required=True,
        validate=validate.OneOf(
            [ReleaseKind.UPDATE, ReleaseKind.CORRECTION, ReleaseKind.CLOSURE],
            error=_l("Skriv update, correction eller closure."),
        ),
        error_messages=REQUIRED,
    )
    texts = texts_by_language(required=True, error_messages=REQUIRED)
    comment = fields.String(load_default="", load_only=True)
    wording_reason = fields.String(load_default=None, load_only=True)
    approval_steps = fields.List(fields.Nested(ApprovalStepSchema), dump_only=True)


class FollowUpPreviewSchema(Schema):
    """What sending it would do, and what is read before it is approved."""

    recipients = fields.Integer()
    messages = fields.List(fields.Nested(PreviewMessageSchema))
    warnings = fields.List(fields.String())
    approval = fields.Nested(ApprovalSchema)
    wording_reason = fields.String(attribute="reason", allow_none=True)
    fingerprint = fields.String(metadata={"description": "What is approved; an approver sends it"})


class FollowUpStepSchema(Schema):
    """What is said along with a step of a follow-up."""

    fingerprint = fields.String(
        required=True,
        error_messages=REQUIRED,
        metadata={"description": "Of the preview that was read; if it has changed, 409"},
    )
    comment = fields.String(load_default="")
    wording_reason = fields.String(load_default=None)
    reason = fields.String(
        load_default=None,
        metadata={"description": "Why it is published although nobody has approved it"},
    )


class SendingForm(Schema):
    """The form of whoever sends what was approved: the box must be ticked."""

    read = fields.Boolean(
        required=True,
        validate=validate.Equal(True, error=READ_FIRST),
        error_messages={"required": READ_FIRST},
    )
    wording_reason = fields.String(load_default=None)


class WithoutApprovalSchema(Schema):
    """Why an alert is sent although nobody has approved it."""

    reason = fields.String(
        required=True,
        error_messages={"required": WHY_NOT_WAIT},
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
