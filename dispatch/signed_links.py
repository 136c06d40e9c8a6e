"""Signed tokens in links and addresses given to others, so that nobody can forge one.

A token is one or more ids and a MAC under the app's secret key. It holds no personal data, is
stored nowhere and does not expire.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from enum import StrEnum

from config import Config
from web.languages.public_addresses import public_address

_MAC_BYTES = 15
_TOKEN = re.compile(r"^(\d{1,18}(?:\.\d{1,18})*)\.([A-Za-z0-9_-]{20})$")

_BOUNCE = "bounce+"
_CASELESS_TOKEN = re.compile(r"(\d{1,18}(?:\.\d{1,18})*)\.([a-z2-7]{24})", re.ASCII)


class Purpose(StrEnum):
    """What a token is for; it is not valid for another purpose."""

    RECEIPT = "receipt"
    UNSUBSCRIBE = "unsubscribe"
    BOUNCE = "bounce"


class Tokens:
    """Makes and verifies the tokens of one app."""

    def __init__(self, secret_key: str) -> None:
        self._key = hashlib.sha256(b"varsko.dispatch.tokens:" + secret_key.encode()).digest()

    def make(self, purpose: Purpose, *numbers: int) -> str:
        """A token with these ids."""
        value = ".".join(map(str, numbers))
        return f"{value}.{self._mac(purpose, value)}"

    def read(self, purpose: Purpose, token: str) -> tuple[int, ...] | None:
        """The ids in a token, or None if it is not valid."""
        found = _TOKEN.match(token)
        if found is None:
            return None
        value, mac = found.groups()
        if not hmac.compare_digest(mac, self._mac(purpose, value)):
            return None
        return tuple(map(int, value.split(".")))

    def make_caseless(self, purpose: Purpose, *numbers: int) -> str:
        """A token for the local part of an address, valid in any case.

        Its length is that of the ids with dots between them, plus 25 characters.
        """
        value = ".".join(map(str, numbers))
        return f"{value}.{self._caseless_mac(purpose, value)}"

    def read_caseless(self, purpose: Purpose, token: str) -> tuple[int, ...] | None:
        """The ids in such a token, in any case, or None if it is not valid."""
        found = _CASELESS_TOKEN.fullmatch(token.lower())
        if found is None:
            return None
        value, mac = found.groups()
        if not hmac.compare_digest(mac, self._caseless_mac(purpose, value)):
            return None
        return tuple(map(int, value.split(".")))

    def _mac(self, purpose: Purpose, value: str) -> str:
        return base64.urlsafe_b64encode(self._digest(purpose, value)).decode()

    def _caseless_mac(self, purpose: Purpose, value: str) -> str:
        return base64.b32encode(self._digest(purpose, value)).decode().lower()

    def _digest(self, purpose: Purpose, value: str) -> bytes:
        digest = hmac.digest(self._key, f"{purpose}:{value}".encode(), hashlib.sha256)
        return digest[:_MAC_BYTES]


def receipt_url(
    config: Config, tokens: Tokens, provider: str, delivery_id: int, attempt: int
) -> str:
    """The address at which a provider reports on one attempt of a delivery."""
    return receipt_prefix(config, provider) + tokens.make(Purpose.RECEIPT, delivery_id, attempt)


def receipt_prefix(config: Config, provider: str) -> str:
    """The common part of such addresses of a provider: all but the token."""
    return public_address(config, f"/webhooks/{provider}/status/")


def unsubscribe_url(config: Config, tokens: Tokens, contact_id: int, language: str = "da") -> str:
    """The page, also used for one-click unsubscription, by which a contact opts out."""
    token = tokens.make(Purpose.UNSUBSCRIBE, contact_id)
    return public_address(config, f"/afmeld/{token}", language)


def bounce_address(config: Config, tokens: Tokens, delivery_id: int, attempt: int) -> str:
    """The address to which mail servers report on one attempt of a delivery (VERP).

    The local part is at most 64 octets and valid in any case. Without a bounce domain in the
    settings, it is the address alerts are sent from.
    """
    if not config.mail_bounce_domain:
        return config.mail_from
    token = tokens.make_caseless(Purpose.BOUNCE, delivery_id, attempt)
    return f"{_BOUNCE}{token}@{config.mail_bounce_domain}"


def read_bounce_address(config: Config, tokens: Tokens, address: str) -> tuple[int, int] | None:
    """The delivery and attempt in a bounce address, or None if it is not one of ours."""
    local, _at, domain = address.lower().rpartition("@")
    if not domain or domain != config.mail_bounce_domain.lower() or not local.startswith(_BOUNCE):
        return None
    numbers = tokens.read_caseless(Purpose.BOUNCE, local.removeprefix(_BOUNCE))
    if numbers is None or len(numbers) != 2:
        return None
    return numbers[0], numbers[1]
