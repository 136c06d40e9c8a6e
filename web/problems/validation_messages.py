"""marshmallow's own messages in the languages of Varsko.

marshmallow's messages are English sentences, some with numbers in them. Messages that a schema
defines itself are shown as they are. A table maps patterns to texts; the first match wins.
"""

from __future__ import annotations

import re
from typing import Any

from flask_babel import lazy_gettext as _l

from web.texts.filters import format_number

MESSAGES: list[tuple[re.Pattern[str], Any]] = [
    (re.compile(pattern), text)
    for pattern, text in [
        (r"Missing data for required field\.", _l("Skal udfyldes.")),
        (r"Field may not be null\.", _l("Skal udfyldes.")),
        (r"Unknown field\.", _l("Feltet kendes ikke.")),
        (r"Not a valid email address\.", _l("Skriv en e-mailadresse som navn@eksempel.dk.")),
        (r"Not a valid URL\.", _l("Skriv en webadresse, der begynder med https://.")),
        (r"Not a valid (integer|number)\.", _l("Skriv et tal.")),
        (r"Number too large\.", _l("Tallet er for stort.")),
        (r"Special numeric values .*", _l("Skriv et tal.")),
        (r"Not a valid (naive |aware )?(date|datetime|time)\.", _l("Skriv en gyldig dato og tid.")),
        (r"Not a valid boolean\.", _l("Svar ja eller nej.")),
        (r"Must be one of: (.*)\.", _l("Vælg en af mulighederne.")),
        (r"One or more of the choices you made was .*", _l("Vælg blandt mulighederne.")),
        (r"Shorter than minimum length (?P<number>\d+)\.", _l("Skriv mindst %(number)s tegn.")),
        (r"Longer than maximum length (?P<number>\d+)\.", _l("Skriv højst %(number)s tegn.")),
        (
            r"Length must be between (?P<low>\d+) and (?P<high>\d+)\.",
            _l("Skriv mellem %(low)s og %(high)s tegn."),
        ),
        (r"Length must be (?P<number>\d+)\.", _l("Skriv præcis %(number)s tegn.")),
        (
            r"Must be greater than or equal to (?P<low>\S+)"
            r" and less than or equal to (?P<high>\S+)\.",
            _l("Skal være mellem %(low)s og %(high)s."),
        ),
        (
            r"Must be greater than or equal to (?P<number>\S+)\.",
            _l("Skal være mindst %(number)s."),
        ),
        (r"Must be less than or equal to (?P<number>\S+)\.", _l("Skal være højst %(number)s.")),
        (r"Must be greater than (?P<number>\S+)\.", _l("Skal være over %(number)s.")),
        (r"Must be less than (?P<number>\S+)\.", _l("Skal være under %(number)s.")),
        (r"(Invalid|Not a valid|String does not match) .*", _l("Det forstås ikke.")),
        (r"Field may not be empty\.", _l("Skal udfyldes.")),
    ]
]


def translate_message(message: Any) -> str:
    """One message of a ValidationError in the current language."""
    said = str(message)
    for pattern, text in MESSAGES:
        found = pattern.fullmatch(said)
        if found:
            numbers = {name: _as_read(value) for name, value in found.groupdict().items()}
            return str(text) % numbers if numbers else str(text)
    return said


def _as_read(number: str) -> str:
    """A number with its thousands apart, as the reader's language has it."""
    return format_number(int(number)) if number.isdecimal() else number


def flatten(messages: Any) -> list[str]:
    """The messages of one field as a flat list in the current language.

    Lists and nested fields have nested messages.
    """
    if isinstance(messages, dict):
        return [text for nested in messages.values() for text in flatten(nested)]
    if isinstance(messages, list):
        return [text for nested in messages for text in flatten(nested)]
    return [translate_message(messages)]
