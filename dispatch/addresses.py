"""Parsing phone numbers and e-mail addresses as people write them."""

from __future__ import annotations

import re
from typing import Any

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from flask_babel import lazy_gettext as _l
from phonenumbers import PhoneNumberType

from dispatch.models import Channel
from web.problems.errors import Problem
from web.texts.folding import compose

REGION = "DK"
COUNTRY_CODE = 45
MAX_LENGTH = 254
"""The longest e-mail address (RFC 5321, section 4.5.3.1.3); no number is longer."""

_SHORT = re.compile(r"^\d{1,6}$")
_PREFIXED = re.compile(r"^(?:\+|00)45\s*\(?0?\)?")
_NUMBER = re.compile(r"^\+?[\d\s().\-/]+$")
_PLAUSIBLE = re.compile(r"^[2-9]\d{7}$")
"""What Danish numbers look like, whether the library knows their prefix or not."""
_EMERGENCY = frozenset({"112", "113", "114", "1813"})
_PREMIUM = frozenset({PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST})
_OTHER_SERVICES = frozenset({PhoneNumberType.TOLL_FREE, PhoneNumberType.UAN})


class AddressError(Problem):
    """A number or address that cannot be used; ``reason`` is a code for programs."""

    status = 422
    slug = "address"
    title = _l("Nummeret eller adressen kan ikke bruges")

    def __init__(self, reason: str, detail: Any) -> None:
        super().__init__(detail, reason=reason)
        self.reason = reason


def parse_address(channel: Channel, raw: str) -> str:
    """The address in its normal form: E.164 for a number, a normalised e-mail address.

    Only Danish numbers are accepted. Raises :class:`AddressError`, which says what is wrong.
    """
    text = compose(raw).strip()
    if channel is Channel.SMS:
        return _parse_number(text)
    return _parse_email(text)


def parse_sender(channel: Channel, raw: str) -> str:
    """The normal form of the address of somebody who has just written to us.

    A Danish number that the library of numbers does not know is trusted: it lacks new prefixes,
    and the message shows that the number is in use. Raises :class:`AddressError` for those whom
    we must not answer: foreign, premium and short numbers, and names.
    """
    text = compose(raw).strip()
    if channel is Channel.SMS:
        return _parse_number(text, is_in_use=True)
    return _parse_email(text)


def index_form(channel: Channel, address: str) -> str:
    """The form that is hashed for look-up: people write an e-mail address in any case."""
    return address if channel is Channel.SMS else address.casefold()


def _parse_number(text: str, *, is_in_use: bool = False) -> str:
    text = _PREFIXED.sub("+45", text)
    digits = re.sub(r"\D", "", text.removeprefix("+45"))
    if not digits:
        raise AddressError(
            "empty", _l("Skriv et telefonnummer på 8 cifre, for eksempel 12 34 56 78.")
        )
    if not _NUMBER.match(text) or len(text) > MAX_LENGTH:
        raise _impossible()
    if digits in _EMERGENCY:
        raise AddressError(
            "emergency", _l("Det er et alarmnummer. Skriv dit eget mobilnummer på 8 cifre.")
        )
    if _SHORT.match(digits):
        raise AddressError("short", _l("Nummeret er for kort. Skriv dit mobilnummer på 8 cifre."))
    try:
        number = phonenumbers.parse(text, REGION)
    except phonenumbers.NumberParseException as error:
        raise _impossible() from error
    if number.country_code != COUNTRY_CODE:
        raise AddressError(
            "foreign",
            _l("Vi skriver kun til danske numre. Skriv et nummer på 8 cifre, eller brug e-mail."),
        )
    if not phonenumbers.is_valid_number(number):
        if not _PLAUSIBLE.match(str(number.national_number)):
            raise _impossible()
        if not is_in_use:
            raise AddressError(
                "unrecognised",
                _l("Vi kender ikke den slags numre. Er det dit, så skriv TRYK og dit postnummer"
                   " til os i en sms fra det."),
            )  # fmt: skip
    kind = phonenumbers.number_type(number)
    if kind in _PREMIUM or str(number.national_number).startswith("90"):
        raise AddressError(
            "premium", _l("Det er et betalingsnummer. Skriv dit eget mobilnummer på 8 cifre.")
        )
    if kind in _OTHER_SERVICES:
        raise AddressError(
            "service", _l("Det er et servicenummer. Skriv dit eget mobilnummer på 8 cifre.")
        )
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _impossible() -> AddressError:
    return AddressError(
        "impossible",
        _l("Det er ikke et dansk telefonnummer. Tjek, at det har 8 cifre, og prøv igen."),
    )


def _parse_email(text: str) -> str:
    if not text:
        raise AddressError("empty", _l("Skriv en e-mailadresse, for eksempel navn@eksempel.dk."))
    try:
        valid = validate_email(text, check_deliverability=False, allow_smtputf8=True)
    except EmailNotValidError as error:
        raise AddressError(
            "impossible",
            _l("Det er ikke en e-mailadresse. Den skal se ud som navn@eksempel.dk."),
        ) from error
    # An international domain is kept in its ASCII form; a local part has none.
    return f"{valid.local_part}@{valid.ascii_domain}"
