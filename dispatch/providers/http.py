"""Shared by the SMS providers' HTTP clients: event loop, pools, adaptive concurrency, errors."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any, TypeVar

import aiohttp
import structlog
import uvloop

from dispatch.providers.base import SendResult
from web.problems.faults import describe_fault

log = structlog.get_logger(__name__)
T = TypeVar("T")
Item = TypeVar("Item")
Result = TypeVar("Result")

CONNECT_SECONDS = 5.0
NO_CONNECTION = "no_connection"


class EventLoop:
    """An event loop in a thread of its own, used from other threads."""

    def __init__(self) -> None:

        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sms", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the loop and wait for its result."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def close(self) -> None:
        """Stop the loop and its thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()


def open_pool(in_flight: int, seconds: float) -> aiohttp.ClientSession:
    """A pool for so many concurrent requests of at most so many seconds each (in the loop)."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=in_flight, keepalive_timeout=10),
        timeout=aiohttp.ClientTimeout(total=seconds, sock_connect=min(CONNECT_SECONDS, seconds)),
        cookie_jar=aiohttp.DummyCookieJar(),
    )


class Concurrency:
    """The limit on one sender's requests in flight (used only in the loop).

    It halves when the provider answers 429, and grows by one for each round that succeeds:
    additive increase, multiplicative decrease, as in TCP (RFC 5681).
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.limit = float(most)
        self._running = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._spared = 0

    async def __aenter__(self) -> None:
        """Wait for a slot."""
        if self._running < int(self.limit) and not self._waiting:
            self._running += 1
            return
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self._leave()
            raise

    async def __aexit__(self, *_: object) -> None:
        """Release the slot."""
        self._leave()

    def succeeded(self) -> None:
        """The provider accepted a request."""
        if self.limit < self.most:
            self.limit = min(self.most, self.limit + 1 / self.limit)

    def was_throttled(self) -> None:
        """The provider answered 429: halve the limit, once for all requests in flight."""
        if self._spared > 0:
            return
        self.limit = max(1.0, self.limit / 2)
        self._spared = self._running

    def _leave(self) -> None:
        self._running -= 1
        self._spared = max(0, self._spared - 1)
        while self._waiting and self._running < int(self.limit):
            place = self._waiting.popleft()
            if not place.done():
                self._running += 1
                place.set_result(None)


async def each(
    items: Iterable[Item], at_once: int, work: Callable[[Item], Awaitable[Result]]
) -> list[Result]:
    """Do the work for each item, at most so many at once; results in the order of the items."""
    numbered = enumerate(items)
    results: dict[int, Result] = {}

    async def take() -> None:
        for index, item in numbered:
            results[index] = await work(item)

    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(take())
    return [results[index] for index in range(len(results))]


def result_of_fault(fault: Exception) -> SendResult:
    """The result of a request that got no answer, or one that cannot be read.

    Only a failure that certainly happened before the request was sent counts as not sent.
    """
    match fault:
        case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError():
            return SendResult.deferred(NO_CONNECTION)
        case TimeoutError():
            return SendResult.unknown("timeout")
        case aiohttp.ClientError() | OSError():
            return SendResult.unknown("connection_lost")
        case _:
            log.error("sms_failed", fault=describe_fault(fault))
            return SendResult.unknown("unreadable_answer")


def retry_after(header: str | None) -> float | None:
    """The seconds in a Retry-After header; None if it gives none (RFC 9110, 10.2.3)."""
    return float(header) if header is not None and header.isdecimal() else None
