"""The second factor: codes of an authenticator app (TOTP, RFC 6238), each usable once."""

from __future__ import annotations

import hashlib
import time
from datetime import timedelta
from typing import Any

import structlog
from flask import session
from flask_login import current_user
from flask_security import Totp
from passlib.totp import TOTP, AppWallet, TokenError
from sqlalchemy.orm import object_session

from staff.models import Staff

log = structlog.get_logger(__name__)

METHOD = "authenticator"
"""The only one of Flask-Security's methods that we allow."""
CLOCK_TOLERANCE = 30
"""How many seconds a phone's clock may be off."""


SET_UP_LASTS = timedelta(minutes=15)
_SET_UP = "varsko_set_up"


def begin_set_up(staff: Staff) -> bool:
    """Note in the session that a set-up begins now, and which app it would replace.

    False if the account has an app and this is not its open session: whoever only has the
    password must not replace it.
    """
    if staff.has_second_factor and not _is_open_session_of(staff):
        return False
    session[_SET_UP] = [_factor_of(staff), int(time.time())]
    return True


def may_finish_set_up(staff: Staff) -> bool:
    """Whether the set-up begun in this session is recent, and nothing was set up since it began."""
    opened = object_session(staff)
    if opened is not None:
        # Of two set-ups that end at the same moment the second must see the first.
        opened.refresh(staff, ["tf_totp_secret", "tf_primary_method"], with_for_update=True)
    replaces, began = session.get(_SET_UP) or ("", 0)
    return (
        replaces == _factor_of(staff)
        and time.time() - began <= SET_UP_LASTS.total_seconds()
        and (not staff.has_second_factor or _is_open_session_of(staff))
    )


def _is_open_session_of(staff: Staff) -> bool:
    return bool(current_user.is_authenticated) and current_user.id == staff.id


def _factor_of(staff: Staff) -> str:
    """A name for the account's present app, or for having none."""
    return hashlib.sha256(f"{staff.fs_uniquifier}:{staff.tf_totp_secret}".encode()).hexdigest()[:16]


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
