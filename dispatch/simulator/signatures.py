"""Signatures on webhooks, as Twilio makes them.

https://www.twilio.com/docs/usage/security#validating-requests: HMAC-SHA1 with the auth token
over the full address followed by each parameter's name and value in order of name, base64.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from enum import StrEnum

HEADER = "X-Twilio-Signature"


class Signature(StrEnum):
    """What a webhook carries in its signature header."""

    VALID = "valid"
    FORGED = "forged"  # well-formed, made with another token
    MISSING = "missing"


def sign(auth_token: str, url: str, params: Mapping[str, str]) -> str:
    """The signature of a webhook to `url` (without fragment) with these form parameters."""
    signed = url + "".join(name + params[name] for name in sorted(params))
    digest = hmac.new(auth_token.encode(), signed.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def signature_headers(
    auth_token: str, url: str, params: Mapping[str, str], kind: Signature = Signature.VALID
) -> dict[str, str]:
    """The signature header of the wanted kind."""
    if kind is Signature.MISSING:
        return {}
    token = auth_token if kind is Signature.VALID else "not-" + auth_token
    return {HEADER: sign(token, url, params)}
