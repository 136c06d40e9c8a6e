"""Flask-Security's messages in our wording. None of them reveals whether an account exists."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

WRONG_SIGN_IN = _l(
    "E-mail eller adgangskode passer ikke, en midlertidig adgangskode er udløbet, eller der er "
    "prøvet for mange gange herfra. Prøv igen om lidt, eller spørg din administrator."
)
WRONG_CODE = _l(
    "Koden passer ikke, eller den er brugt. Vent på den næste i appen. Efter mange forsøg er "
    "kontoen låst en kort tid."
)
WRONG_PASSWORD = _l("Adgangskoden passer ikke.")

MESSAGES: dict[str, tuple[Any, str]] = {
    "GENERIC_AUTHN_FAILED": (WRONG_SIGN_IN, "error"),
    "USER_DOES_NOT_EXIST": (WRONG_SIGN_IN, "error"),
    "DISABLED_ACCOUNT": (WRONG_SIGN_IN, "error"),
    "INVALID_EMAIL_ADDRESS": (WRONG_SIGN_IN, "error"),
    "EMAIL_NOT_PROVIDED": (_l("Skriv din e-mail."), "error"),
    "PASSWORD_NOT_PROVIDED": (_l("Skriv din adgangskode."), "error"),
    "INVALID_PASSWORD": (WRONG_PASSWORD, "error"),
    "INVALID_INPUT": (_l("Det kan feltet ikke indeholde."), "error"),
    "INVALID_CODE": (WRONG_CODE, "error"),
    "TWO_FACTOR_INVALID_TOKEN": (WRONG_CODE, "error"),
    "INVALID_RECOVERY_CODE": (_l("Koden passer ikke, eller den er brugt."), "error"),
    "RETYPE_PASSWORD_MISMATCH": (_l("De to nye adgangskoder er ikke ens."), "error"),
    "PASSWORD_IS_THE_SAME": (_l("Vælg en anden adgangskode end den nuværende."), "error"),
    "PASSWORD_INVALID_LENGTH": (
        _l("Adgangskoden skal have mindst %(length)s tegn, og højst 128."),
        "error",
    ),
    "TWO_FACTOR_METHOD_NOT_AVAILABLE": (_l("Den metode kan ikke bruges."), "error"),
    "TWO_FACTOR_SETUP_EXPIRED": (_l("Der gik for lang tid. Begynd forfra."), "error"),
    "SET_UP_VOID": (
        _l("Der er sat en app op i mellemtiden, eller der gik for lang tid. Log ind igen."),
        "error",
    ),
    "API_ERROR": (_l("Begynd forfra."), "error"),
}
TOO_SIMPLE = _l("Adgangskoden er for let at gætte. Brug for eksempel fire tilfældige ord.")
