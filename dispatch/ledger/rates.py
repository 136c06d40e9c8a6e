"""The rate of sending, measured from two samples of a count.

The database holds a broadcast's current counts only; earlier samples are kept in the memory of
the process that takes them. So a rate costs the database nothing, and there is none (rather than
a wrong one) until a broadcast has been sampled twice, or while it has only just begun.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta

WINDOW = timedelta(seconds=30)
"""A rate covers the last half minute, if there is a sample that old."""
SHORTEST = timedelta(seconds=3)
"""Samples closer together than this say nothing: messages leave in slices."""
OLDEST = timedelta(minutes=2)
"""An older sample says nothing about the present rate."""
SPACING = timedelta(seconds=1)
"""The least time between two samples that are kept."""
MAX_SUBJECTS = 500
"""Subjects kept at once; beyond that, the one sampled longest ago is dropped."""


@dataclass(frozen=True)
class Rate:
    """Messages and SMS segments per second, measured over the last ``seconds``."""

    messages: float
    segments: float
    seconds: float


@dataclass(frozen=True)
class Sample:
    """How many messages and segments had been sent at one moment."""

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
        """Keep a sample and return the current rate, or None if there is too little to go by.

        ``began``: a time when nothing had been sent yet. While nothing ``flows`` (paused,
        waiting) there is no rate, and that time does not count once sending continues.
        """
        with self._lock:
            earlier = self._seen.setdefault(subject, deque())
            self._seen.move_to_end(subject)
            if len(self._seen) > MAX_SUBJECTS:
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
    """Keep the samples in the window and the last before it, none too old or in the future."""
    while len(earlier) > 1 and earlier[1].at <= now - WINDOW:
        earlier.popleft()
    while earlier and not now - OLDEST <= earlier[0].at <= now:
        earlier.popleft()


def _base(earlier: deque[Sample], now: datetime, began: datetime | None) -> Sample | None:
    if earlier and now - earlier[0].at >= SHORTEST:
        return earlier[0]
    if began is not None and SHORTEST <= now - began <= OLDEST:
        return Sample(began, 0, 0)
    return None


def _between(base: Sample | None, now: Sample) -> Rate | None:
    if base is None:
        return None
    seconds = (now.at - base.at).total_seconds()
    # A message found not to have been sent lowers the count: a rate is never negative.
    return Rate(
        max(0, now.messages - base.messages) / seconds,
        max(0, now.segments - base.segments) / seconds,
        seconds,
    )
