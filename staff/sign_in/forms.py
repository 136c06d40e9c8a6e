"""Flask-Security's forms, with account locks and single-use recovery codes enforced."""

from __future__ import annotations

from typing import Any, cast

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

from staff.models import Staff


def _refuse(field: Any, message: str) -> bool:
    field.errors = [*field.errors, get_message(message)[0]]
    return False


class SignInForm(LoginForm):
    """E-mail and password. No "remember me": others may use the same computer."""

    remember = None


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


class NoRescueForm(TwoFactorRescueForm):
    """Help by e-mail, which we don't offer: anyone who can read the mailbox would get in."""

    help_setup = RadioField(choices=[])


class CodeForm(TwoFactorVerifyCodeForm):
    """The six digits of the authenticator app."""

    def validate(self, **options: Any) -> bool:
        if self.user is not None and self.user.is_locked():
            self.code.errors = []
            return _refuse(self.code, "TWO_FACTOR_INVALID_TOKEN")
        return bool(super().validate(**options))


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
