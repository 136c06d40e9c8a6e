"""How an unexpected error is named in the log."""

from __future__ import annotations

import traceback
from pathlib import Path

HOUSE = f"{Path(__file__).resolve().parent.parent}/"


def describe_fault(error: BaseException) -> str:
    """The error's kind and place. Never its message, which can hold an address or a text."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if frame.filename.startswith(HOUSE)] or frames
    place = f"{ours[-1].filename.removeprefix(HOUSE)}:{ours[-1].lineno}" if ours else "?"
    return f"{type(error).__name__} at {place}"
