"""The settings of Twilio."""

from __future__ import annotations

from dataclasses import dataclass

from marshmallow import fields, validate

from config import ProviderSettings, setting


@dataclass(frozen=True, kw_only=True)
class TwilioSettings(ProviderSettings):
    """The account, its token, which also signs webhooks, and the API's address."""

    provider = "twilio"
    title = "Twilio"

    account_sid: str = setting(
        fields.String(validate=validate.Regexp(r"^AC[0-9a-f]{32}$")),
        "the account SID: AC and 32 hexadecimal digits",
    )
    auth_token: str = setting(fields.String(validate=validate.Length(min=16)), "the auth token")
    api_url: str = setting(
        fields.Url(require_tld=False), "the address of the API", "https://api.twilio.com"
    )
