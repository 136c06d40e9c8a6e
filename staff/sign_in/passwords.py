"""Passwords: the rules for them, and temporary ones that an administrator hands over."""

from __future__ import annotations

import secrets
import unicodedata
from typing import Any, Final

from flask_security import PasswordUtil
from flask_security.utils import hash_password as _hash
from flask_security.utils import password_length_validator
from zxcvbn import zxcvbn

from staff.models import Staff
from staff.sign_in.messages import TOO_SIMPLE

MINIMUM_LENGTH = 12
CHECKED = 72
"""How many characters are looked at for what is easy to guess: the time it takes grows fast."""
HARD_TO_GUESS = 4
"""Of zxcvbn's scores 0 to 4: at least ten thousand million guesses."""
COMMON_HERE = (
    "kodeord", "danmark", "københavn", "politi", "politiet", "sommer", "vinter", "efterår",
    "forår", "velkommen", "januar", "februar", "marts", "april", "maj", "juni", "juli", "august",
    "september", "oktober", "november", "december", "mandag", "tirsdag", "onsdag", "torsdag",
    "fredag", "lørdag", "søndag", "elsker", "brøndby", "fodbold",
)  # fmt: skip
"""Words that Danish passwords are made of, and English lists lack."""
NORMAL_FORM: Final = "NFKD"
"""The normal form that Flask-Security uses at sign-in."""
UNAMBIGUOUS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Letters and digits that are not mistaken for each other."""


class PasswordRules(PasswordUtil):
    """Length, nothing common (NIST SP 800-63B), and no names of the person or the service."""

    def validate(
        self, password: str, is_register: bool, **known: Any
    ) -> tuple[list[str] | None, str]:
        """What is wrong with a password (None: nothing), and the normalised password."""
        password = self.normalize(password)
        staff: Staff | None = known.get("user")
        names = (staff.email, staff.name) if staff is not None else ()
        return password_faults(password, *names), password


def password_faults(password: str, *names: str) -> list[str] | None:
    """What is wrong with a password; it must not contain ``names`` (e-mail, name)."""
    faults: list[str] | None = password_length_validator(password)
    if faults:
        return faults
    plain = password.casefold()
    words = {"varsko", "password", "adgangskode"}
    for name in names:
        words.update(word for word in name.casefold().replace("@", " ").split() if len(word) > 3)
    if len(set(plain)) < 6 or any(word in plain for word in words):
        return [str(TOO_SIMPLE)]
    if zxcvbn(plain[:CHECKED], user_inputs=[*words, *COMMON_HERE])["score"] < HARD_TO_GUESS:
        return [str(TOO_SIMPLE)]
    return None


def hash_password(password: str) -> str:
    """The argon2id hash of a password (needs an app context)."""
    return _hash(unicodedata.normalize(NORMAL_FORM, password))


def temporary_password() -> str:
    """A random password of 16 characters in groups of four (79 bits)."""
    groups = ("".join(secrets.choice(UNAMBIGUOUS) for _ in range(4)) for _ in range(4))
    return "-".join(groups)
