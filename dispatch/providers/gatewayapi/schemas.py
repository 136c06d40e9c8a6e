"""The fields of GatewayAPI's webhooks."""

from __future__ import annotations

from marshmallow import fields, validate

from dispatch.providers.schemas import MAX_TEXT, WebhookSchema

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
