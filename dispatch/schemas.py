"""What a provider's webhooks must hold. They add fields without notice: the rest is ignored."""

from __future__ import annotations

from typing import Any

from marshmallow import EXCLUDE, Schema, fields, post_load, validate

MAX_TEXT = 20_000
"""Characters of an inbound text; a real one has at most 1,600."""

_REFERENCE = validate.Regexp(r"^[A-Za-z0-9]{1,64}$")


class WebhookSchema(Schema):
    """What a provider tells, and perhaps more."""

    class Meta:
        unknown = EXCLUDE


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
        """PostgreSQL keeps no NUL in a text."""
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


_ID = fields.Integer(required=True, validate=validate.Range(min=0, max=2**63 - 1))
_MSISDN = fields.Integer(required=True, validate=validate.Range(min=1, max=10**15 - 1))


class GatewayStatusSchema(WebhookSchema):
    """https://gatewayapi.com/docs/apis/rest/#delivery-status-notification"""

    id = _ID
    status = fields.String(required=True, validate=validate.Regexp(r"^[A-Z_]{1,16}$"))
    code = fields.String(load_default=None, allow_none=True)
    userref = fields.String(required=True)


class GatewayInboundSchema(WebhookSchema):
    """https://gatewayapi.com/docs/apis/rest/#mo-sms-receiving-sms-messages"""

    id = _ID
    msisdn = _MSISDN
    receiver = _MSISDN
    message = fields.String(required=True, validate=validate.Length(max=MAX_TEXT))

    @post_load
    def without_nul(self, data: dict[str, Any], **_options: Any) -> dict[str, Any]:
        """PostgreSQL keeps no NUL in a text."""
        return {**data, "message": data["message"].replace("\x00", "")}
