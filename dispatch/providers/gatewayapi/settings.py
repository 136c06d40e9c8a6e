"""The settings of GatewayAPI."""

from __future__ import annotations

from dataclasses import dataclass

from marshmallow import fields, validate

from config import ProviderSettings, setting


@dataclass(frozen=True, kw_only=True)
class GatewayApiSettings(ProviderSettings):
    """The account's token, the secret that signs its webhooks, and the API's address."""

    provider = "gatewayapi"
    title = "GatewayAPI"

    token: str = setting(fields.String(), "the API token")
    webhook_secret: str = setting(
        fields.String(validate=validate.Length(min=32)),
        "the secret that webhooks are signed with, at least 32 characters",
    )
    url: str = setting(
        fields.Url(require_tld=False),
        "the address of the API; https://gatewayapi.eu for an account of the EU platform",
        "https://gatewayapi.com",
    )
