"""Scripted trouble: what happens to which message.

A `Behaviour` says how a request is answered and what becomes of the message; a `Match` says
which requests it concerns. Tests hand them to `Simulator.behave`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, Self, TypeVar

B = TypeVar("B")


class Status(StrEnum):
    """The states of a message: Twilio's, and at the end those that GatewayAPI has besides."""

    ACCEPTED = "accepted"
    SCHEDULED = "scheduled"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    CANCELED = "canceled"
    RECEIVED = "received"
    EXPIRED = "expired"
    SKIPPED = "skipped"


LOST = frozenset(
    {Status.UNDELIVERED, Status.FAILED, Status.CANCELED, Status.EXPIRED, Status.SKIPPED}
)
"""Ends at which the phone has nothing."""
FINAL = LOST | {Status.DELIVERED, Status.RECEIVED}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an accepted message ends."""

    status: Status = Status.DELIVERED
    error_code: int | None = None


DELIVERED = Outcome()


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackPlan:
    """What is reported of a message, and how unreliably.

    `delay` is the time in seconds before each step; `duplicate`, `shuffle` and `drop` are
    shares (0 to 1): of callbacks posted twice, of messages reported out of order, of
    callbacks never posted.
    """

    enabled: bool = True
    steps: tuple[Status, ...] = (Status.QUEUED, Status.SENT)
    delay: float = 0.0
    duplicate: float = 0.0
    shuffle: float = 0.0
    drop: float = 0.0


class Answer(StrEnum):
    """What the client gets on its connection."""

    NORMAL = "normal"
    HANG = "hang"
    RESET = "reset"


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """How one request to create a message goes.

    `accept` and the answer are independent: a message can be accepted although the client
    only sees a timeout, a reset or a 503, which is how messages come to be sent twice.
    """

    accept: bool = True
    answer: Answer = Answer.NORMAL
    error: int | None = None
    http_status: int | None = None
    retry_after: int | None = None
    latency: float = 0.0
    outcome: Outcome | None = None
    callbacks: CallbackPlan | None = None

    @classmethod
    def refuse(cls, error: int) -> Self:
        """Refuse with one of the provider's error codes."""
        return cls(accept=False, error=error)

    @classmethod
    def http_error(cls, status: int, *, accepted: bool = False) -> Self:
        """Answer with a plain HTTP status, such as 500 or 503, having accepted or not."""
        return cls(accept=accepted, http_status=status)

    @classmethod
    def too_many_requests(cls, retry_after: int = 1) -> Self:
        """Answer 429 with `Retry-After` in seconds."""
        return cls(accept=False, http_status=429, retry_after=retry_after)

    @classmethod
    def timeout(cls, *, accepted: bool = True) -> Self:
        """Never answer; the message was accepted or not."""
        return cls(accept=accepted, answer=Answer.HANG)

    @classmethod
    def reset(cls, *, accepted: bool = True) -> Self:
        """Cut the connection with a TCP reset; the message was accepted or not."""
        return cls(accept=accepted, answer=Answer.RESET)

    @classmethod
    def undelivered(cls, error_code: int) -> Self:
        """Accept, then report that it could not be delivered."""
        return cls(outcome=Outcome(Status.UNDELIVERED, error_code))

    @classmethod
    def failed(cls, error_code: int) -> Self:
        """Accept, then report that it could not be sent."""
        return cls(outcome=Outcome(Status.FAILED, error_code))


@dataclass(frozen=True, slots=True, kw_only=True)
class MailBehaviour:
    """How the mail server treats a recipient.

    `reply` is the SMTP answer to RCPT ("450 4.2.1 Mailbox busy"), or, with `at_data`, to the
    message itself; `disconnect` cuts the connection instead.
    """

    reply: str = ""
    at_data: bool = False
    disconnect: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Which messages a behaviour concerns: every given part must fit.

    `sender` is a number or name of ours (of SMS alone), and so tells the providers apart.
    """

    recipient: str | None = None
    prefix: str | None = None
    text: str | None = None
    sender: str | None = None

    def fits(self, recipient: str, text: str, sender: str) -> bool:
        """Whether a message to `recipient` saying `text` is meant."""
        return (
            (self.recipient is None or self.recipient == recipient)
            and (self.prefix is None or recipient.startswith(self.prefix))
            and (self.text is None or self.text in text)
            and (self.sender is None or self.sender == sender)
        )


ANYONE = Match()


class Script(Generic[B]):
    """Behaviours waiting for their messages, the latest added first."""

    def __init__(self) -> None:
        self._for_one: dict[str, list[_Entry[B]]] = defaultdict(list)
        self._for_many: list[_Entry[B]] = []

    def add(self, match: Match, behaviour: B, times: int | None) -> None:
        """Let the next `times` fitting messages (None: all) behave so."""
        entry = _Entry(match, behaviour, times)
        if match.recipient is not None:
            self._for_one[match.recipient].insert(0, entry)
        else:
            self._for_many.insert(0, entry)

    def take(self, recipient: str, text: str, sender: str = "") -> B | None:
        """The behaviour for this message, or None; counts it as used."""
        if self._for_one and recipient in self._for_one:
            found = _take(self._for_one[recipient], recipient, text, sender)
            if found is not None:
                return found
        return _take(self._for_many, recipient, text, sender) if self._for_many else None

    def clear(self) -> None:
        """Forget everything."""
        self._for_one.clear()
        self._for_many.clear()


@dataclass(slots=True)
class _Entry(Generic[B]):
    match: Match
    behaviour: B
    left: int | None


def _take(entries: list[_Entry[B]], recipient: str, text: str, sender: str) -> B | None:
    for entry in entries:
        if entry.match.fits(recipient, text, sender):
            if entry.left is not None:
                entry.left -= 1
                if entry.left <= 0:
                    entries.remove(entry)
            return entry.behaviour
    return None
