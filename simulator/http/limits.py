"""The API's limits: requests a second, and concurrent requests."""

from __future__ import annotations

import time


class Limits:
    """A token bucket that holds one second's worth, and a count of requests in flight."""

    def __init__(self, rate: float | None, concurrency: int | None) -> None:
        self._rate = rate
        self._concurrency = concurrency
        self._tokens = max(rate or 0.0, 1.0)
        self._filled = time.monotonic()
        self._in_flight = 0

    def enter(self) -> bool:
        """Whether one more request may start; a True is followed by `leave`."""
        if self._concurrency is not None and self._in_flight >= self._concurrency:
            return False
        if self._rate is not None:
            now = time.monotonic()
            fill = self._tokens + (now - self._filled) * self._rate
            self._tokens, self._filled = min(max(self._rate, 1.0), fill), now
            if self._tokens < 1:
                return False
            self._tokens -= 1
        self._in_flight += 1
        return True

    def leave(self) -> None:
        """A request has ended."""
        self._in_flight -= 1
