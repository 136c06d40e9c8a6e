"""The fields of Twilio's webhooks."""

from __future__ import annotations

from marshmallow import fields, validate

from dispatch.providers.schemas import MAX_TEXT, WebhookSchema


def _account_field() -> fields.String:
    return fields.String(load_default=None, data_key="AccountSid")


_REFERENCE = validate.Regexp(r"^[A-Za-z0-9]{1,64}$")


class InboundSchema(WebhookSchema):
    """https://www.twilio.com/docs/messaging/guides/webhook-request"""

    account = _account_field()
    reference = fields.String(required=True, data_key="MessageSid", validate=_REFERENCE)
    sender = fields.String(required=True, data_key="From", validate=validate.Length(min=1, max=320))
    recipient = fields.String(
        required=True, data_key="To", validate=validate.Length(min=1, max=320)
    )
    text = fields.String(required=True, data_key="Body", validate=validate.Length(max=MAX_TEXT))
    opt_out = fields.String(load_default="", data_key="OptOutType")


class StatusSchema(WebhookSchema):
    """https://www.twilio.com/docs/messaging/guides/track-outbound-message-status"""

    account = _account_field()
    reference = fields.String(required=True, data_key="MessageSid", validate=_REFERENCE)
    status = fields.String(
        required=True, data_key="MessageStatus", validate=validate.Regexp(r"^[a-z_]{1,16}$")
    )
    error_code = fields.String(
        load_default=None, data_key="ErrorCode", validate=validate.Regexp(r"^\d{0,6}$")
    )
