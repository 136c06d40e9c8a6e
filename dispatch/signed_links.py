"""Opaque tokens in links and addresses given to others, so that nobody can forge or read one.

A token is one or more ids, encrypted with a key derived from the app's secret key. It is stored
nowhere and does not expire. Ids would tell how many subscribers and messages there are.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
from enum import StrEnum

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from config import Config
from web.languages.public_addresses import public_address

_SMALLEST = 16
"""Bytes of the tag in front of what is sealed."""
_BOUNCE = "bounce+"
_ABUSE = "abuse"


class Purpose(StrEnum):
    """What a token is for; it is not valid for another purpose."""

    RECEIPT = "receipt"
    UNSUBSCRIBE = "unsubscribe"
    BOUNCE = "bounce"


class OpaqueBox:
    """Seals content for tokens with AES-SIV (RFC 5297), which needs no random number.

    The same content for the same purpose gives the same token. Its length shows that of the
    content: pack numbers in a fixed width.
    """

    def __init__(self, secret_key: str, used_for: str) -> None:
        key = hashlib.sha512(f"varsko {used_for}:{secret_key}".encode()).digest()
        self._cipher = AESSIV(key)

    def seal(self, purpose: str, content: bytes) -> str:
        """A token for an address; it opens only for the same purpose."""
        return base64.urlsafe_b64encode(self.seal_bytes(purpose, content)).decode().rstrip("=")

    def open(self, purpose: str, token: str) -> bytes | None:
        """What is sealed in a token; None if it was made up, altered, or for another purpose."""
        try:
            padded = token.encode("ascii") + b"=" * (-len(token) % 4)
            sealed = base64.b64decode(padded, altchars=b"-_", validate=True)
        except (UnicodeEncodeError, binascii.Error):
            return None
        return self.open_bytes(purpose, sealed)

    def seal_bytes(self, purpose: str, content: bytes) -> bytes:
        """The content encrypted, with a tag of 16 bytes."""
        return self._cipher.encrypt(content, [purpose.encode()])

    def open_bytes(self, purpose: str, sealed: bytes) -> bytes | None:
        """What was sealed; None if it was made up, altered, or for another purpose."""
        if len(sealed) < _SMALLEST:
            return None
        try:
            return self._cipher.decrypt(sealed, [purpose.encode()])
        except InvalidTag:
            return None


class Tokens:
    """Makes and reads the tokens of one app."""

    def __init__(self, secret_key: str) -> None:
        self._box = OpaqueBox(secret_key, "dispatch.tokens")

    def make(self, purpose: Purpose, *numbers: int) -> str:
        """A token with these ids."""
        return self._box.seal(purpose, _packed(numbers))

    def read(self, purpose: Purpose, token: str) -> tuple[int, ...] | None:
        """The ids in a token, or None if it is not valid."""
        return _unpacked(self._box.open(purpose, token))

    def make_caseless(self, purpose: Purpose, *numbers: int) -> str:
        """A token for the local part of an address, valid in any case.

        With two ids it is 52 characters long.
        """
        sealed = self._box.seal_bytes(purpose, _packed(numbers))
        return base64.b32encode(sealed).decode().rstrip("=").lower()

    def read_caseless(self, purpose: Purpose, token: str) -> tuple[int, ...] | None:
        """The ids in such a token, in any case, or None if it is not valid."""
        try:
            sealed = base64.b32decode(token.upper() + "=" * (-len(token) % 8))
        except (binascii.Error, ValueError):
            return None
        return _unpacked(self._box.open_bytes(purpose, sealed))


def _packed(numbers: tuple[int, ...]) -> bytes:
    return struct.pack(f">{len(numbers)}Q", *numbers)


def _unpacked(content: bytes | None) -> tuple[int, ...] | None:
    return struct.unpack(f">{len(content) // 8}Q", content) if content is not None else None


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


def is_complaint_address(config: Config, address: str) -> bool:
    """Whether it is the address for complaints of mailbox providers (RFC 2142)."""
    local, _at, domain = address.lower().rpartition("@")
    return local == _ABUSE and domain != "" and domain == config.mail_bounce_domain.lower()
