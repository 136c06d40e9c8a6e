"""One-time codes of the demo's staff (RFC 6238), so that nobody needs an app for them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import pyotp

_PERIOD = 30  # seconds


@dataclass(frozen=True, slots=True)
class OneTimeCode:
    """A person's current code, and for how many seconds it is valid."""

    label: str
    code: str
    seconds_left: int

    def to_json(self) -> dict[str, str | int]:
        """For the page's script."""
        return asdict(self)


def one_time_codes(
    authenticators: Sequence[tuple[str, str]], now: float | None = None
) -> list[OneTimeCode]:
    """The current code of each (label, base32 secret)."""
    moment = time.time() if now is None else now
    left = _PERIOD - int(moment) % _PERIOD
    return [
        OneTimeCode(label, pyotp.TOTP(secret, interval=_PERIOD).at(int(moment)), left)
        for label, secret in authenticators
    ]
