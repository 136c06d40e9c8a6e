"""Sealed columns: personal data is encrypted in the database and found by keyed hashes."""

from __future__ import annotations

import hashlib
import hmac
import os
from enum import StrEnum

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator

from config import Config, Keyring


class Domain(StrEnum):
    """The two domains of personal data: separate keys, separate retention, separate roles."""

    SUBSCRIBERS = "subscribers"
    TIPS = "tips"


class UnsealError(Exception):
    """A sealed value cannot be opened: its key is missing, or it was altered."""


class Sealer:
    """Seals (AES-256-GCM) and indexes (HMAC-SHA256) the personal data of one domain.

    A sealed value is ``len(key id) | key id | 12-byte nonce | ciphertext and tag``: the key id
    stands in each row, so that keys can be rotated one row at a time.
    """

    def __init__(self, keyring: Keyring, index_key: bytes) -> None:
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keyring.keys.items()}
        self._current = keyring.current
        self._index_key = index_key
        self.prefix = bytes([len(keyring.current)]) + keyring.current.encode()
        """What every value begins with that the current key sealed."""

    def seal(self, plain: str, context: str) -> bytes:
        """Encrypt ``plain``; it opens only with the same ``context``."""
        nonce = os.urandom(12)
        body = self._ciphers[self._current].encrypt(nonce, plain.encode(), context.encode())
        return self.prefix + nonce + body

    def unseal(self, sealed: bytes, context: str) -> str:
        """Decrypt; raises :class:`UnsealError` for a missing key or an altered value."""
        end = 1 + sealed[0]
        cipher = self._ciphers.get(sealed[1:end].decode("ascii", "replace"))
        if cipher is None:
            raise UnsealError(f"no key opens this value of {context}")
        try:
            plain = cipher.decrypt(sealed[end : end + 12], sealed[end + 12 :], context.encode())
        except InvalidTag as error:
            raise UnsealError(f"a value of {context} was altered") from error
        return plain.decode()

    def is_current(self, sealed: bytes) -> bool:
        """Whether the value is sealed with the current key (if not: seal it again)."""
        return sealed.startswith(self.prefix)

    def index(self, value: str) -> bytes:
        """The keyed hash by which a sealed value is found: 32 bytes."""
        return hmac.digest(self._index_key, value.encode(), hashlib.sha256)


_sealers: dict[Domain, Sealer] = {}


def configure_sealers(config: Config) -> None:
    """Give the sealed columns of this process their keys."""
    _sealers[Domain.SUBSCRIBERS] = Sealer(config.subscriber_keys, config.subscriber_index_key)
    _sealers[Domain.TIPS] = Sealer(config.tip_keys, config.tip_index_key)


def sealer(domain: Domain) -> Sealer:
    """The sealer of a domain (after :func:`configure_sealers`)."""
    return _sealers[domain]


def blind_index(domain: Domain, value: str) -> bytes:
    """Keyed hash of a normalised value, 32 bytes: equal values are found, none is revealed."""
    return sealer(domain).index(value)


class Sealed(TypeDecorator[str]):
    """Text that is encrypted in the database. ``context`` ("table.column") is authenticated."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, domain: Domain, context: str) -> None:
        super().__init__()
        self.domain = domain
        self.context = context

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else sealer(self.domain).seal(value, self.context)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        return None if value is None else sealer(self.domain).unseal(bytes(value), self.context)
