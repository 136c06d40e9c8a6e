"""How fast something goes, from two samples of a count.

The counts of a broadcast are kept, how they were a moment ago is not: that, the process that
samples remembers. So a rate costs the database nothing, and there is none (rather than a wrong
one) until a broadcast has been looked at twice, or when it has only just begun.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta

WINDOW = timedelta(seconds=30)
"""A rate is that of the last half minute, where there was a look so long ago."""
SHORTEST = timedelta(seconds=3)
"""Two samples closer together say nothing: messages leave in slices."""
LATELY = timedelta(minutes=2)
"""What was seen longer ago says nothing of now."""
SPACING = timedelta(seconds=1)
MOST_REMEMBERED = 500
"""Subjects that are remembered at once; of more, the one sampled longest ago is forgotten."""


@dataclass(frozen=True)
class Rate:
    """Messages and SMS segments a second, over the last so many seconds."""

    messages: float
    segments: float
    seconds: float


@dataclass(frozen=True)
class Sample:
    """How many messages and segments had left at a moment."""

    at: datetime
    messages: int
    segments: int


class Samples:
    """The latest samples of each subject. Used from several threads at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: OrderedDict[Hashable, deque[Sample]] = OrderedDict()

    def rate(
        self, subject: Hashable, now: Sample, *, began: datetime | None, flows: bool
    ) -> Rate | None:
        """Remember a look, and tell how fast it goes; None if that cannot be told.

        ``began``: when nothing had left yet. While it does not flow (paused, waiting) there is
        no rate, and the time does not count as slow when it flows again.
        """
        with self._lock:
            earlier = self._seen.setdefault(subject, deque())
            self._seen.move_to_end(subject)
            if len(self._seen) > MOST_REMEMBERED:
                self._seen.popitem(last=False)
            _forget_old(earlier, now.at)
            if not flows:
                earlier.clear()
                earlier.append(now)
                return None
            rate = _between(_base(earlier, now.at, began), now)
            if not earlier or now.at - earlier[-1].at >= SPACING:
                earlier.append(now)
            return rate


def _forget_old(earlier: deque[Sample], now: datetime) -> None:
    """Keep those of the window and the last one before it; nothing of long ago or of the future."""
    while len(earlier) > 1 and earlier[1].at <= now - WINDOW:
        earlier.popleft()
    while earlier and not now - LATELY <= earlier[0].at <= now:
        earlier.popleft()


def _base(earlier: deque[Sample], now: datetime, began: datetime | None) -> Sample | None:
    if earlier and now - earlier[0].at >= SHORTEST:
        return earlier[0]
    if began is not None and SHORTEST <= now - began <= LATELY:
        return Sample(began, 0, 0)
    return None


def _between(base: Sample | None, now: Sample) -> Rate | None:
    if base is None:
        return None
    seconds = (now.at - base.at).total_seconds()
    # A message that turned out not to have left is taken back: no rate is below nothing.
    return Rate(
        max(0, now.messages - base.messages) / seconds,
        max(0, now.segments - base.segments) / seconds,
        seconds,
    )
