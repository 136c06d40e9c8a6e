"""marshmallow fields for settings: keys, senders, numbers, addresses."""

from __future__ import annotations

import base64
import dataclasses
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from babel.numbers import list_currencies
from marshmallow import ValidationError, fields, validate

from config.provider_settings import Sender
from config.safety import is_weak_key


@dataclass(frozen=True)
class Keyring:
    """The encryption keys of one domain, by key id. New values are sealed with ``current``."""

    current: str
    keys: Mapping[str, bytes] = dataclasses.field(repr=False)


class SmsSendersField(fields.Field[tuple[Sender, ...]]):
    """``provider:address@rate`` entries separated by commas, in order of preference."""

    _ENTRY = re.compile(r"^([a-z]+):(\+[1-9]\d{6,14}|[A-Za-z0-9 ]{1,11})@(\d+(?:\.\d+)?)$")

    def _deserialize(
        self, value: Any, attr: str | None, data: Any, **kwargs: Any
    ) -> tuple[Sender, ...]:
        senders: list[Sender] = []
        for entry in str(value).split(","):
            found = self._ENTRY.match(entry.strip())
            if found is None or float(found[3]) <= 0:
                raise ValidationError(f"{entry.strip()!r} is not provider:address@rate")
            senders.append(Sender(found[1], found[2], float(found[3])))
        if len({(sender.provider, sender.address) for sender in senders}) < len(senders):
            raise ValidationError("a sender is named twice")
        return tuple(senders)


@dataclass(frozen=True)
class Price:
    """An amount of money; ``currency`` is a code of ISO 4217, such as DKK."""

    amount: Decimal
    currency: str


class PriceField(fields.Field[Price]):
    """An amount and its currency: ``0.32DKK``."""

    _PRICE = re.compile(r"^(\d{1,6}(?:\.\d{1,6})?) ?([A-Z]{3})$", re.ASCII)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Price:
        found = self._PRICE.match(str(value))
        if found is None or found[2] not in list_currencies():
            raise ValidationError("not an amount and a currency")
        return Price(Decimal(found[1]), found[2])


class NumberOrNeverField(fields.Field[int | None]):
    """A threshold: a whole number, or ``never`` (None)."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int | None:
        if value == "never":
            return None
        if not str(value).isascii() or not str(value).isdigit():
            raise ValidationError("neither a number nor never")
        return int(value)


class KeyField(fields.Field[bytes]):
    """32 random bytes in base64."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bytes:
        return _decode_key(str(value))


class KeyringField(fields.Field[Keyring]):
    """``id:base64key`` pairs separated by commas; the first seals, all of them open."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Keyring:
        keys: dict[str, bytes] = {}
        for pair in str(value).split(","):
            key_id, colon, encoded = pair.strip().partition(":")
            if not colon or not (1 <= len(key_id) <= 8) or not key_id.isascii() or key_id in keys:
                raise ValidationError("not id:key pairs with distinct ids of 1 to 8 characters")
            keys[key_id] = _decode_key(encoded)
        if len(set(keys.values())) < len(keys):
            raise ValidationError("two ids have the same key")
        return Keyring(current=next(iter(keys)), keys=keys)


def _decode_key(encoded: str) -> bytes:
    try:
        key = base64.b64decode(encoded, validate=True)
    except ValueError as error:
        raise ValidationError("not base64") from error
    if len(key) != 32:
        raise ValidationError(f"{len(key)} bytes long, not 32")
    if is_weak_key(key):
        raise ValidationError("not random: make one with `openssl rand -base64 32`")
    return key


def new_key() -> str:
    """32 random bytes in base64."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


def new_keyring() -> str:
    """One new key, whose id is the month it was generated in."""
    return f"{datetime.now(UTC):%y%m}a:{new_key()}"


def at_least(minimum: float, *, integer: bool = True) -> fields.Field[Any]:
    """A number that is not below the minimum."""
    check = validate.Range(min=minimum)
    return fields.Integer(validate=check) if integer else fields.Float(validate=check)


MOST_DAYS = 36_500


def days(minimum: int) -> fields.Field[Any]:
    """A number of days, from the minimum to a hundred years."""
    return fields.Integer(validate=validate.Range(min=minimum, max=MOST_DAYS))


def names_hosts_well(url: str) -> None:
    """Refuse the address of a database whose hosts or port no driver would understand."""
    hosts = urlsplit(url).netloc.rpartition("@")[2]
    if "," in hosts:
        raise ValidationError("several hosts are given after the name of the database")
    _host, colon, port = hosts.rpartition("]")[2].rpartition(":")
    if colon and port and not port.isdecimal():
        raise ValidationError(f"{port!r} is not a port")
