"""Flask-Security's forms, with account locks and single-use recovery codes enforced."""

from __future__ import annotations

import re
from typing import Any, cast

import structlog
from flask import request, session, url_for
from flask_login import current_user
from flask_security import (
    ChangePasswordForm,
    LoginForm,
    TwoFactorRescueForm,
    TwoFactorSetupForm,
    TwoFactorVerifyCodeForm,
    VerifyForm,
)
from flask_security.recovery_codes import MfRecoveryForm
from flask_security.utils import get_message, verify_password
from sqlalchemy.orm import object_session
from wtforms import RadioField, StringField

from audit import trail
from database import utcnow
from staff.models import Staff
from staff.sign_in.second_factor import begin_set_up, may_finish_set_up

log = structlog.get_logger(__name__)

ONWARD = "next"
"""Flask-Security's parameter for where to go after signing in."""


def is_own_page(address: str) -> bool:
    """Whether this is a path on our own pages, and no browser would take it for another host."""
    return re.match(r"/(?![/\\])", address) is not None


def _refuse(field: Any, message: str) -> bool:
    field.errors = [*field.errors, get_message(message)[0]]
    return False


def _refuse_set_up(field: Any, staff: Staff) -> bool:
    """Refuse an app that would replace one set up in the meantime, and record who was refused."""
    opened = object_session(staff)
    if opened is not None:
        trail.record(opened, None, "staff.second_factor_refused", "staff", staff.id)
    log.warning("second_factor_refused", staff=staff.id)
    return _refuse(field, "SET_UP_VOID")


class SignInForm(LoginForm):
    """E-mail and password. No "remember me": others may use the same computer."""

    remember = None

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # Without it the library goes on to this page's full address, with the host that was asked.
        onward = request.args.get(ONWARD, "")
        self.next.data = self.next.data or (
            onward if is_own_page(onward) else url_for("staff.home")
        )

    def validate(self, **options: Any) -> bool:
        if not super().validate(**options):
            return False
        until = cast(Staff, self.user).password_expires_at
        if until is not None and until <= utcnow():
            return _refuse(self.password, "INVALID_PASSWORD")
        return True


class ConfirmPasswordForm(VerifyForm):
    """The password again, before a sensitive action."""

    def validate(self, **options: Any) -> bool:
        if self.user.is_locked():
            self.password.errors = []
            return _refuse(self.password, "INVALID_PASSWORD")
        return bool(super().validate(**options))


class NewPasswordForm(ChangePasswordForm):
    """Old and new password; a wrong old password counts as a failed sign-in."""

    def validate(self, **options: Any) -> bool:
        if current_user.is_locked():
            self.password.errors = []
            return _refuse(self.password, "INVALID_PASSWORD")
        valid = bool(super().validate(**options))
        guessed = self.password.data if self.password.errors else None
        if guessed and not verify_password(guessed, current_user.password):
            current_user.track_failed_authn("password")
        return valid


class SetUpForm(TwoFactorSetupForm):
    """Starts setting up the app. There is only one method, so no choice to make."""

    setup = StringField()

    def validate(self, **options: Any) -> bool:
        if not super().validate(**options):
            return False
        staff = cast(Staff, self.user)
        return begin_set_up(staff) or _refuse_set_up(self.setup, staff)


class NoRescueForm(TwoFactorRescueForm):
    """Help by e-mail, which we don't offer: anyone who can read the mailbox would get in."""

    help_setup = RadioField(choices=[])


class CodeForm(TwoFactorVerifyCodeForm):
    """The six digits of the authenticator app."""

    def validate(self, **options: Any) -> bool:
        if self.user is not None and self.user.is_locked():
            self.code.errors = []
            return _refuse(self.code, "TWO_FACTOR_INVALID_TOKEN")
        staff = cast("Staff | None", self.user)
        if self._sets_up() and staff is not None and not may_finish_set_up(staff):
            return _refuse_set_up(self.code, staff)
        return bool(super().validate(**options))

    def _sets_up(self) -> bool:
        return self.is_setup or session.get("tf_state") == "validating_profile"


class RecoveryCodeForm(MfRecoveryForm):
    """A recovery code in place of the app, when the phone is gone."""

    def validate(self, **options: Any) -> bool:
        staff = cast(Staff, self.user)
        session = object_session(staff)
        if session is not None:
            # Two concurrent requests with the same code must not both find it unused.
            session.refresh(staff, with_for_update=True)
        if staff.is_locked():
            self.code.errors = []
            return _refuse(self.code, "INVALID_RECOVERY_CODE")
        if self.code.data:
            self.code.data = self.code.data.strip().lower()
        valid = bool(super().validate(**options))
        if not valid and self.code.data:
            staff.track_failed_authn("recovery_code", tfa=True)
        return valid
