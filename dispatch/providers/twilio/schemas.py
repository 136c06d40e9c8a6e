"""The fields of Twilio's webhooks."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, post_load, validate

from dispatch.providers.schemas import MAX_TEXT, WebhookSchema

_REFERENCE = validate.Regexp(r"^[A-Za-z0-9]{1,64}$")


class InboundSchema(WebhookSchema):
    """https://www.twilio.com/docs/messaging/guides/webhook-request"""

    reference = fields.String(required=True, data_key="MessageSid", validate=_REFERENCE)
    sender = fields.String(required=True, data_key="From", validate=validate.Length(min=1, max=320))
    recipient = fields.String(
        required=True, data_key="To", validate=validate.Length(min=1, max=320)
    )
    text = fields.String(required=True, data_key="Body", validate=validate.Length(max=MAX_TEXT))
    opt_out = fields.String(load_default="", data_key="OptOutType")

    @post_load
    def without_nul(self, data: dict[str, Any], **_options: Any) -> dict[str, Any]:
        """PostgreSQL cannot store NUL in a text."""
        return {name: value.replace("\x00", "") for name, value in data.items()}


class StatusSchema(WebhookSchema):
    """https://www.twilio.com/docs/messaging/guides/track-outbound-message-status"""

    reference = fields.String(required=True, data_key="MessageSid", validate=_REFERENCE)
    status = fields.String(
        required=True, data_key="MessageStatus", validate=validate.Regexp(r"^[a-z_]{1,16}$")
    )
    error_code = fields.String(
        load_default=None, data_key="ErrorCode", validate=validate.Regexp(r"^\d{0,6}$")
    )
