"""The time zone that people read: times are UTC everywhere else."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

TIMEZONE = "Europe/Copenhagen"
COPENHAGEN = ZoneInfo(TIMEZONE)


def to_copenhagen(moment: dt.datetime) -> dt.datetime:
    """An aware time in Copenhagen. Raises ValueError for a naive one: it would be a guess."""
    if moment.tzinfo is None:
        raise ValueError("a time without a time zone cannot be shown")
    return moment.astimezone(COPENHAGEN)
