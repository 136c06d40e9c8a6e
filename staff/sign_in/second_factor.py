"""The second factor: codes of an authenticator app (TOTP, RFC 6238), each usable once."""

from __future__ import annotations

from typing import Any

import structlog
from flask_security import Totp
from passlib.totp import TOTP, AppWallet, TokenError
from sqlalchemy.orm import object_session

log = structlog.get_logger(__name__)

METHOD = "authenticator"
"""The only one of Flask-Security's methods that we allow."""
CLOCK_TOLERANCE = 30
"""How many seconds a phone's clock may be off."""


class OneUseTotp(Totp):
    """Flask-Security's TOTP, but each code is accepted only once (RFC 6238, 5.2)."""

    def __init__(self, secrets: dict[str, str], issuer: str) -> None:
        # Key stretching is for passwords; our key is 256 bits from HKDF, so few rounds are enough.
        wallet = AppWallet(secrets=secrets, encrypt_cost=4)
        self._totp = TOTP.using(issuer=issuer, wallet=wallet)

    def verify_totp(self, token: str, totp_secret: str, user: Any, window: int = 0) -> bool:
        """Whether the code is correct and has not been used before."""
        session = object_session(user)
        if session is not None:
            # Two concurrent requests with the same code must not both find it unused.
            session.refresh(user, ["totp_last_counter"], with_for_update=True)
        # A new secret has its own codes: those used with the old one don't count.
        last_used = user.totp_last_counter if totp_secret == user.tf_totp_secret else None
        try:
            match = self._totp.verify(token, totp_secret, window=window, last_counter=last_used)
        except TokenError:
            return False
        except (KeyError, ValueError) as error:
            # The secret was sealed with another VARSKO_SECRET_KEY: the app must be set up again.
            log.error("second_factor_unreadable", staff=user.id, kind=type(error).__name__)
            return False
        user.totp_last_counter = match.counter
        return True

    def seal(self, secret: str) -> str:
        """Encrypt a base32 secret for ``Staff.tf_totp_secret``."""
        sealed: str = self._totp(key=secret, format="base32").to_json(encrypt=True)
        return sealed
