"""Signatures on webhooks, as Twilio and GatewayAPI make them.

https://www.twilio.com/docs/usage/security#validating-requests: HMAC-SHA1 with the auth token
over the full address followed by each parameter's name and value in order of name, base64.

https://gatewayapi.com/docs/apis/rest/#authentication: the claims, as a JSON web token signed
by HMAC-SHA256 with the shared secret (RFC 7515, RFC 7519).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

HEADER = "X-Twilio-Signature"
JWT_HEADER = "X-Gwapi-Signature"


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
    """The signature header of the given kind."""
    if kind is Signature.MISSING:
        return {}
    token = auth_token if kind is Signature.VALID else "not-" + auth_token
    return {HEADER: sign(token, url, params)}


def sign_claims(secret: str, claims: Mapping[str, Any]) -> str:
    """The claims as a signed token."""
    parts = ({"typ": "JWT", "alg": "HS256"}, claims)
    signed = b".".join(_base64url(json.dumps(part).encode()) for part in parts)
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    return (signed + b"." + _base64url(digest)).decode()


def claim_headers(
    secret: str, claims: Mapping[str, Any], kind: Signature = Signature.VALID
) -> dict[str, str]:
    """The header with a token of the given kind."""
    if kind is Signature.MISSING:
        return {}
    key = secret if kind is Signature.VALID else "not-" + secret
    return {JWT_HEADER: sign_claims(key, claims)}


def _base64url(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
