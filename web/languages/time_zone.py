"""The time zone of what people read; everywhere else times are UTC."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

TIMEZONE = "Europe/Copenhagen"
COPENHAGEN = ZoneInfo(TIMEZONE)


def to_copenhagen(moment: dt.datetime) -> dt.datetime:
    """Convert an aware time to Copenhagen time. Raises ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError("a time without a time zone cannot be shown")
    return moment.astimezone(COPENHAGEN)
