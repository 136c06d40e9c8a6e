"""Phone numbers formatted for people."""

from __future__ import annotations

import re

COUNTRY = "+45"


def spoken_number(number: str) -> str:
    """A Danish number as Danes write it: ``52 51 00 00``; other numbers unchanged."""
    digits = number.removeprefix(COUNTRY)
    return " ".join(re.findall("..", digits)) if len(digits) == 8 else number


def unbroken_number(number: str) -> str:
    """The same for running text on a page, where it must not break across lines."""
    return spoken_number(number).replace(" ", "\u00a0")
