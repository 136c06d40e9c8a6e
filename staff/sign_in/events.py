"""Records sign-in events in the account, the audit trail and the log."""

from __future__ import annotations

from typing import Any

import structlog
from flask import Flask, flash, request
from flask_babel import gettext as _
from flask_login import user_logged_out
from flask_security.signals import (
    password_changed,
    tf_code_confirmed,
    tf_profile_changed,
    user_authenticated,
    user_failed_authn,
)

from audit import trail
from database import session
from staff.access import begin_session
from staff.actor import Actor
from staff.models import Staff
from staff.origins import remember_device

log = structlog.get_logger(__name__)


def init_app(app: Flask) -> None:
    """Listen to Flask-Security's signals of this app."""
    for signal, listener in (
        (user_authenticated, _signed_in),
        (user_failed_authn, _failed),
        (user_logged_out, _signed_out),
        (password_changed, _password_changed),
        (tf_code_confirmed, _second_factor_confirmed),
        (tf_profile_changed, _second_factor_changed),
    ):
        signal.connect(listener, app)


def _signed_in(_app: Flask, user: Staff, authn_via: list[str] | None = None, **_more: Any) -> None:
    if authn_via == ["change"]:
        # After a password change the old session is replaced by a new one.
        begin_session()
        remember_device(user.id, user.password)
        return
    begin_session()
    remember_device(user.id, user.password)
    user.note_sign_in()
    trail.record(session, Actor.of(user), "staff.signed_in", "staff", user.id)
    log.info("signed_in", staff=user.id)


def _failed(_app: Flask, user: Staff, auth_type: str, **_more: Any) -> None:
    locked = user.is_locked()
    trail.record(
        session, None, "staff.sign_in_failed", "staff", user.id, factor=auth_type, locked=locked
    )
    log.warning("sign_in_failed", staff=user.id, factor=auth_type, locked=locked)


def _signed_out(_app: Flask, user: Staff, **_more: Any) -> None:
    if request.endpoint == "security.logout":
        # The cookie holds the whole session: only this makes copies of it invalid.
        user.end_sessions()
        trail.record(session, Actor.of(user), "staff.signed_out", "staff", user.id)
        log.info("signed_out", staff=user.id)


def _password_changed(_app: Flask, user: Staff, **_more: Any) -> None:
    user.must_change_password = False
    user.password_expires_at = None
    trail.record(session, Actor.of(user), "staff.password_changed", "staff", user.id)
    log.info("password_changed", staff=user.id)
    flash(_("Din adgangskode er ændret. Andre steder, du var logget ind, er logget ud."))


def _second_factor_confirmed(_app: Flask, user: Staff, **_more: Any) -> None:
    log.info("second_factor_confirmed", staff=user.id)


def _second_factor_changed(_app: Flask, user: Staff, **_more: Any) -> None:
    trail.record(session, Actor.of(user), "staff.second_factor_changed", "staff", user.id)
    log.info("second_factor_changed", staff=user.id)
    flash(_("Du bruger nu den nye app til koder."))
