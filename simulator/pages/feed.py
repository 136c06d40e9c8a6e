"""Tells open pages what changed, by server-sent events, at a bounded rate."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

from aiohttp import web

_PAUSE = 0.2  # seconds between two looks at what changed
_MOST = 60  # phones or mailboxes named in one go; further ones show when looked for


class Feed:
    """Open pages, and the changes each has not been told of. Belongs to the event loop."""

    def __init__(self, totals: Callable[[], dict[str, int]]) -> None:
        self._totals = totals
        self._listeners: set[_Listener] = set()

    def phone_changed(self, number: str) -> None:
        """A conversation has something new."""
        for listener in self._listeners:
            listener.note("phone", number)

    def mailbox_changed(self, address: str) -> None:
        """A mailbox has something new."""
        for listener in self._listeners:
            listener.note("mailbox", address)

    def close(self) -> None:
        """End every open stream."""
        for listener in self._listeners:
            listener.closed = True
            listener.event.set()

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """One page's stream of events."""
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        listener = _Listener()
        self._listeners.add(listener)
        try:
            await response.prepare(request)
            await response.write(b"retry: 1000\n\n" + self._event("totals", self._totals()))
            while not listener.closed:
                try:
                    await asyncio.wait_for(listener.event.wait(), timeout=20)
                except TimeoutError:
                    await response.write(b": still here\n\n")
                    continue
                listener.event.clear()
                await response.write(self._news(listener))
                await asyncio.sleep(_PAUSE)
        except ConnectionError:
            pass  # The page was closed.
        finally:
            self._listeners.discard(listener)
        return response

    def _news(self, listener: _Listener) -> bytes:
        changed, listener.changed = listener.changed, {}
        events = [self._event(kind, name) for kind, name in changed]
        return b"".join(events) + self._event("totals", self._totals())

    @staticmethod
    def _event(kind: str, data: object) -> bytes:
        return f"event: {kind}\ndata: {json.dumps(data)}\n\n".encode()


class _Listener:
    def __init__(self) -> None:
        self.event = asyncio.Event()
        self.changed: dict[tuple[str, str], None] = {}
        self.closed = False

    def note(self, kind: str, name: str) -> None:
        if name and len(self.changed) < _MOST:
            self.changed[kind, name] = None
        self.event.set()
