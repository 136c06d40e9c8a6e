"""How unexpected errors are logged: by type and place, never with the error message.

A message may contain what the error is about: an address, a token, the text of a tip.
"""

from __future__ import annotations

import traceback

from rooms import ROOT

HOUSE = f"{ROOT}/"


def describe_fault(error: BaseException) -> str:
    """The error's type and place: ``ValueError at tips/intake/receiving.py:70``."""
    places = trace(error)
    return f"{type(error).__name__} at {places[-1] if places else '?'}"


def trace(error: BaseException) -> list[str]:
    """The places in our own code that the error passed through, outermost first."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if _is_ours(frame.filename)] or frames[-1:]
    return [f"{frame.filename.removeprefix(HOUSE)}:{frame.lineno}" for frame in ours]


def _is_ours(filename: str) -> bool:
    return filename.startswith(HOUSE) and "site-packages" not in filename
