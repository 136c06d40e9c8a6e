"""The phone network: every message and phone the simulator knows, bounded in memory.

All changes happen under one condition, so that tests in other threads can wait for them.
"""

from __future__ import annotations

import secrets
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Condition

from simulator.behaviour import FINAL, LOST, Status
from simulator.phones.segments import billed_segments


class ProviderName(StrEnum):
    """The provider a message goes through."""

    TWILIO = "twilio"
    GATEWAYAPI = "gatewayapi"


class Direction(StrEnum):
    """Who sent a message, named as at Twilio."""

    INBOUND = "inbound"
    API = "outbound-api"
    REPLY = "outbound-reply"


@dataclass(slots=True, eq=False)
class SmsMessage:
    """One SMS. Times are seconds since 1970. `reference` is GatewayAPI's `userref`."""

    sid: str
    direction: Direction
    from_: str
    to: str
    body: str
    status: Status
    created: float
    segments: int
    sent: float | None = None
    updated: float = 0.0
    error_code: int | None = None
    status_callback: str = ""
    service_sid: str | None = None
    media: int = 0
    problem: str = ""  # what went wrong with the webhook or its answer, for people
    provider: ProviderName = ProviderName.TWILIO
    reference: str = ""

    @property
    def phone(self) -> str:
        """The citizen's number."""
        return self.from_ if self.direction is Direction.INBOUND else self.to

    @property
    def outgoing(self) -> bool:
        """Whether the phone sent it (and not our service)."""
        return self.direction is Direction.INBOUND


@dataclass(slots=True, eq=False)
class Phone:
    """A phone and its conversation with our service."""

    number: str
    name: str = ""
    pinned: bool = False
    # A list although it is emptied from the front: an empty deque takes ten times the memory.
    log: list[SmsMessage] = field(default_factory=list)
    active: float = 0.0

    @property
    def messages(self) -> list[SmsMessage]:
        """The conversation, oldest first."""
        return list(self.log)

    @property
    def received(self) -> list[SmsMessage]:
        """The messages from our service that were delivered to this phone."""
        missing = LOST | {Status.SCHEDULED}
        return [m for m in self.log if not m.outgoing and m.status not in missing]

    @property
    def texts(self) -> list[str]:
        """The texts this phone got, oldest first."""
        return [message.body for message in self.received]

    @property
    def correspondent(self) -> str:
        """The number that wrote last, which a reply goes to; empty for a name or if none did."""
        last = next((m.from_ for m in reversed(self.log) if not m.outgoing), "")
        return last if last.startswith("+") else ""


class Network:
    """Messages by sid and phones by number. Beyond `keep`, the oldest messages are dropped."""

    def __init__(self, keep: int | None) -> None:
        self.condition = Condition()
        self.messages: dict[str, SmsMessage] = {}
        self.phones: dict[str, Phone] = {}
        self.opted_out: set[tuple[str, str]] = set()
        self.accepted_total = 0
        self.on_change: Callable[[str], None] = ignore
        self._keep = keep
        self._order: deque[str] = deque()
        self._waiting = 0

    def phone(self, number: str, *, name: str = "", pinned: bool = False) -> Phone:
        """The phone with this number, created if there is none."""
        phone = self.phones.get(number)
        if phone is None:
            phone = self.phones[number] = Phone(number, active=time.time())
        phone.name = name or phone.name
        phone.pinned = phone.pinned or pinned
        return phone

    def add(self, message: SmsMessage) -> SmsMessage:
        """Remember a new message, and forget the oldest when there are too many."""
        with self.condition:
            self.messages[message.sid] = message
            self._order.append(message.sid)
            phone = self.phone(message.phone)
            phone.log.append(message)
            phone.active = message.created
            if message.direction is Direction.API:
                self.accepted_total += 1
            if self._keep is not None:
                while len(self._order) > self._keep:
                    self._forget(self._order.popleft())
            self.changed(message.phone)
        return message

    def set_status(
        self, message: SmsMessage, status: Status, error_code: int | None = None
    ) -> None:
        """Move a message to a later state; a final one is never left."""
        with self.condition:
            if message.status in FINAL:
                return
            now = time.time()
            message.status, message.updated = status, now
            if status is not Status.FAILED and status is not Status.CANCELED:
                message.sent = message.sent or (None if status is Status.QUEUED else now)
            if error_code is not None and status in FINAL:
                message.error_code = error_code
            self.changed(message.phone)

    def changed(self, number: str = "") -> None:
        """Wake the threads that wait for a change. Call it with the condition held."""
        self.on_change(number)
        if self._waiting:
            self.condition.notify_all()

    def remove(self, sid: str) -> None:
        """Delete one message."""
        with self.condition:
            message = self.messages.get(sid)
            self._forget(sid)
            if message is not None:
                self.changed(message.phone)

    def newest_first(self, recipient: str | None = None) -> Iterator[SmsMessage]:
        """Messages, the newest first, to one recipient or all."""
        if recipient is not None:
            phone = self.phones.get(recipient)
            for message in reversed(phone.messages if phone else []):
                if message.to == recipient:
                    yield message
            return
        for sid in reversed(self._order.copy()):
            found = self.messages.get(sid)
            if found is not None:
                yield found

    def wait_for(self, predicate: Callable[[], bool], timeout: float) -> bool:
        """Wait until the predicate holds; False when `timeout` seconds passed first."""
        with self.condition:
            self._waiting += 1
            try:
                return self.condition.wait_for(predicate, timeout)
            finally:
                self._waiting -= 1

    def clear(self) -> None:
        """Forget every message, opt-out and phone that was not there from the start."""
        with self.condition:
            self.messages.clear()
            self._order.clear()
            self.opted_out.clear()
            self.accepted_total = 0
            self.phones = {n: p for n, p in self.phones.items() if p.pinned}
            for phone in self.phones.values():
                phone.log.clear()
            self.changed()

    def _forget(self, sid: str) -> None:
        message = self.messages.pop(sid, None)
        if message is None:
            return
        phone = self.phones.get(message.phone)
        if phone is None:
            return
        if phone.log and phone.log[0] is message:
            del phone.log[0]
        elif message in phone.log:
            phone.log.remove(message)
        if not phone.log and not phone.pinned:
            del self.phones[phone.number]


def ignore(name: str) -> None:
    """The listener while no page is open."""


def new_message(
    direction: Direction,
    from_: str,
    to: str,
    body: str,
    *,
    status: Status,
    sid: str | None = None,
    status_callback: str = "",
    service_sid: str | None = None,
    media: int = 0,
    provider: ProviderName = ProviderName.TWILIO,
    reference: str = "",
) -> SmsMessage:
    """A message made now, with a fresh sid unless one is given."""
    now = time.time()
    return SmsMessage(
        sid=sid or _NEW_SIDS[provider](),
        direction=direction,
        from_=from_,
        to=to,
        body=body,
        status=status,
        created=now,
        updated=now,
        sent=now if direction is Direction.INBOUND else None,
        segments=billed_segments(body),
        status_callback=status_callback,
        service_sid=service_sid,
        media=media,
        provider=provider,
        reference=reference,
    )


_NEW_SIDS: dict[ProviderName, Callable[[], str]] = {
    ProviderName.TWILIO: lambda: "SM" + secrets.token_hex(16),
    ProviderName.GATEWAYAPI: lambda: str(10**14 + secrets.randbelow(9 * 10**14)),
}
