"""Sign-in with Flask-Security: password (argon2id), authenticator app, recovery codes.

Features that Varsko does not want are switched off here: self-registration, remembering a
browser, tokens, e-mail, resetting a forgotten password (an administrator does that), JSON
responses.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta
from functools import wraps
from typing import Any, NoReturn

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import Flask, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_security import Security, SQLAlchemySessionUserDatastore, views
from flask_security.mail_util import MailUtil
from flask_security.recovery_codes import mf_recovery
from wtforms import Form

import database
from config import Config
from staff.access import (
    FRESH,
    FRESH_SECONDS,
    LONGEST_SECONDS,
    SIGN_IN_STEPS,
    WITHOUT_OWN_PASSWORD,
    before_sign_in,
)
from staff.models import Staff, StaffRole
from staff.sign_in import events as signin_events
from staff.sign_in.forms import (
    ONWARD,
    CodeForm,
    ConfirmPasswordForm,
    NewPasswordForm,
    NoRescueForm,
    RecoveryCodeForm,
    SetUpForm,
    SignInForm,
    is_own_page,
)
from staff.sign_in.messages import MESSAGES
from staff.sign_in.passwords import MINIMUM_LENGTH, NORMAL_FORM, PasswordRules
from staff.sign_in.second_factor import CLOCK_TOLERANCE, METHOD, OneUseTotp
from staff.sign_in.slots import in_turn
from web.http.access import View, public, signed_in
from web.http.rate_limits import limiter, sign_in_tries
from web.problems.responses import wants_json

BEFORE_SIGN_IN = ("login", "logout", "two_factor_token_validation", "mf_recovery")
SIGNED_IN = ("verify", "change_password", "mf_recovery_codes", "two_factor_setup_validate")
SET_UP = "two_factor_setup"
"""Open to people who have entered the right password but have no app; Flask-Security checks."""
UNWANTED = ("two_factor_rescue", "tf_select")
"""Routes that Flask-Security cannot switch off: help by e-mail, a choice of methods."""


def _own_pages_only(view: View) -> View:
    """Open the form without ``next`` where that leads elsewhere: a bad link keeps nobody out."""

    @wraps(view)
    def answer(*arguments: Any, **options: Any) -> ResponseReturnValue:
        onward = request.args.get(ONWARD, "/")
        if request.method == "GET" and not is_own_page(onward):
            return redirect(url_for(request.endpoint or ""))
        answered: ResponseReturnValue = view(*arguments, **options)
        return answered

    return answer  # type: ignore[return-value]


def _going_on(view: View) -> View:
    """Lead who is signed in already, in another window, to where this sign-in was to lead."""

    @wraps(view)
    def answer(*arguments: Any, **options: Any) -> ResponseReturnValue:
        if current_user.is_authenticated and not wants_json():
            onward = request.values.get(ONWARD, "")
            return redirect(onward if is_own_page(onward) else url_for("staff.home"), 303)
        answered: ResponseReturnValue = view(*arguments, **options)
        return answered

    return answer  # type: ignore[return-value]


_guesses = limiter.shared_limit(sign_in_tries, "staff-guesses", methods=["POST"])
"""Passwords and codes tried from one IP address; each account counts them as well."""
LIMITED = {
    "login": _guesses(_own_pages_only(in_turn(views.login))),
    "two_factor_token_validation": _guesses(views.two_factor_token_validation),
    "mf_recovery": _guesses(mf_recovery),
    "verify": _guesses(_own_pages_only(views.verify)),
}


class PlainAddresses(MailUtil):
    """E-mail addresses as user names: case-insensitive, and never sent mail."""

    def normalize(self, email: str) -> str:
        """The address as it is stored in the database."""
        return normalise_email(email)

    def validate(self, email: str) -> str:
        """Same as :meth:`normalize`."""
        return normalise_email(email)


def normalise_email(email: str) -> str:
    """An address as accounts are stored under: stripped and lower case."""
    return email.strip().casefold()


def derive_key(secret_key: str, purpose: str) -> bytes:
    """A 32-byte key for one purpose, derived from the secret key (HKDF-SHA256, RFC 5869)."""
    kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"varsko.staff.{purpose}".encode())
    return kdf.derive(secret_key.encode())


def init_app(app: Flask, config: Config) -> None:
    """Set up Flask-Security with our session, tables and pages."""
    app.config.update(_cookies(config), **_settings(config))
    app.config.update({f"SECURITY_MSG_{name}": message for name, message in MESSAGES.items()})
    security = Security(
        app,
        SQLAlchemySessionUserDatastore(database.session, Staff, StaffRole),  # type: ignore[arg-type]
        login_form=SignInForm,
        verify_form=ConfirmPasswordForm,
        change_password_form=NewPasswordForm,
        two_factor_verify_code_form=CodeForm,
        two_factor_setup_form=SetUpForm,
        two_factor_rescue_form=NoRescueForm,
        mf_recovery_form=RecoveryCodeForm,
        mail_util_cls=PlainAddresses,
        password_util_cls=PasswordRules,
        totp_cls=OneUseTotp,
        render_template=render,
    )
    security.want_json(lambda _request: False)
    security.login_manager.request_loader(lambda _request: None)
    _leave_other_pages_alone(app, security)
    _declare_rules(app)
    signin_events.init_app(app)


def _cookies(config: Config) -> dict[str, Any]:
    secure = config.public_url.startswith("https://")
    return {
        # The prefix makes the browser refuse a cookie set by a sibling host.
        "SESSION_COOKIE_NAME": "__Host-varsko" if secure else "varsko",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_REFRESH_EACH_REQUEST": False,
        "PERMANENT_SESSION_LIFETIME": timedelta(seconds=LONGEST_SECONDS),
    }


def _settings(config: Config) -> dict[str, Any]:
    totp_key = derive_key(config.secret_key, "totp")
    recovery_key = derive_key(config.secret_key, "recovery-codes")
    settings: dict[str, Any] = {
        "POST_LOGIN_VIEW": "staff.home",
        "POST_LOGOUT_VIEW": "security.login",
        "POST_CHANGE_VIEW": "staff.profile",
        "POST_VERIFY_VIEW": "staff.home",
        "LOGIN_URL": "/staff/login",
        "LOGOUT_URL": "/staff/logout",
        "LOGOUT_METHODS": ["POST"],
        "LOGOUT_CSRF": True,
        "VERIFY_URL": "/staff/verify",
        "CHANGEABLE": True,
        "CHANGE_URL": "/staff/password",
        "SEND_PASSWORD_CHANGE_EMAIL": False,
        "TWO_FACTOR": True,
        "TWO_FACTOR_REQUIRED": True,
        "TWO_FACTOR_ENABLED_METHODS": [METHOD],
        "TWO_FACTOR_AUTHENTICATOR_VALIDITY": CLOCK_TOLERANCE,
        "TWO_FACTOR_RESCUE_EMAIL": False,
        "TWO_FACTOR_SETUP_URL": "/staff/two-factor/setup",
        "TWO_FACTOR_TOKEN_VALIDATION_URL": "/staff/two-factor",
        "TWO_FACTOR_RESCUE_URL": "/staff/two-factor/rescue",
        "TWO_FACTOR_SELECT_URL": "/staff/two-factor/select",
        "TWO_FACTOR_POST_SETUP_VIEW": "staff.profile",
        "MULTI_FACTOR_RECOVERY_CODES": True,
        "MULTI_FACTOR_RECOVERY_CODES_N": 8,
        "MULTI_FACTOR_RECOVERY_CODES_URL": "/staff/recovery-codes",
        "MULTI_FACTOR_RECOVERY_URL": "/staff/two-factor/recovery",
        "MULTI_FACTOR_RECOVERY_CODES_KEYS": [base64.urlsafe_b64encode(recovery_key)],
        # The tag identifies the secret that a value was sealed with.
        "TOTP_SECRETS": {
            hashlib.sha256(totp_key).hexdigest()[:8]: base64.b64encode(totp_key).decode()
        },
        "TOTP_ISSUER": "Varsko",
        "PASSWORD_HASH": "argon2",
        "PASSWORD_SCHEMES": ["argon2"],
        # Not combined with a key: changing VARSKO_SECRET_KEY must not invalidate every password.
        "PASSWORD_SINGLE_HASH": {"argon2"},
        "PASSWORD_HASH_PASSLIB_OPTIONS": _argon2_cost(config),
        "PASSWORD_NORMALIZE_FORM": NORMAL_FORM,
        "PASSWORD_LENGTH_MIN": MINIMUM_LENGTH,
        "FRESHNESS": timedelta(seconds=FRESH_SECONDS),
        "FRESHNESS_GRACE_PERIOD": timedelta(minutes=5),
        "API_ENABLED_METHODS": ["session"],
        "USER_IDENTITY_ATTRIBUTES": [{"email": {"mapper": normalise_email}}],
        "JOIN_USER_ROLES": False,
        "RETURN_GENERIC_RESPONSES": True,
        "FLASH_MESSAGES": False,
        "STATIC_FOLDER": None,
        # A directive without a value: the library's own default writes "no-store=True".
        "CACHE_CONTROL": {"no-store": None},
        "CLI_USERS_NAME": None,
        "CLI_ROLES_NAME": None,
    }
    return {f"SECURITY_{name}": value for name, value in settings.items()}


def _argon2_cost(config: Config) -> dict[str, Any]:
    """64 MiB in 3 passes, beyond OWASP's recommendation; minimal in tests."""
    memory_kib, passes = (8, 1) if config.testing else (65536, 3)
    return {
        "argon2__type": "ID",
        "argon2__memory_cost": memory_kib,
        "argon2__time_cost": passes,
        "argon2__parallelism": 1,
    }


def _leave_other_pages_alone(app: Flask, security: Security) -> None:
    """Keep the libraries from reading the session cookie on pages that don't require sign-in.

    Citizens' pages must not depend on a cookie, and static files have no unit of work.
    """
    app.before_request_funcs[None].remove(security.principal._on_before_request)
    app.after_request_funcs[None].remove(security.login_manager._update_remember_cookie)
    processors = app.template_context_processors[None]
    processors[:] = [
        processor for processor in processors if processor.__module__ != "flask_login.utils"
    ]


def _declare_rules(app: Flask) -> None:
    def view(name: str) -> Any:
        return app.view_functions[f"security.{name}"]

    for name, limited in LIMITED.items():
        app.view_functions[f"security.{name}"] = limited
    for name in (*BEFORE_SIGN_IN, SET_UP):
        app.view_functions[f"security.{name}"] = before_sign_in(view(name))
    for name in SIGN_IN_STEPS:
        app.view_functions[name] = before_sign_in(_going_on(app.view_functions[name]))
    for name in SIGNED_IN:
        signed_in(view(name))
    setattr(view("change_password"), WITHOUT_OWN_PASSWORD, True)
    setattr(view("mf_recovery_codes"), FRESH, True)
    for name in UNWANTED:
        app.view_functions[f"security.{name}"] = public(_no_such_page)


def _no_such_page() -> NoReturn:
    abort(404)


def render(template: str, **context: Any) -> str:
    """Render one of Flask-Security's pages, with values and errors in our macros' format."""
    errors: dict[str, list[str]] = {}
    values: dict[str, Any] = {}
    for form in context.values():
        if isinstance(form, Form):
            values.update(form.data)
            for name, messages in form.errors.items():
                shown = [str(message) for message in messages if str(message)]
                if shown:
                    errors[name or "_schema"] = list(dict.fromkeys(shown))
    return render_template(
        template, errors=errors, values=values, security_account=current_user, **context
    )
