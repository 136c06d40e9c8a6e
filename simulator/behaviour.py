"""How a provider can behave: how a request is answered, and how the message ends.

Tests hand a behaviour to `Simulator.behave`, for the messages that it should apply to.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class Status(StrEnum):
    """The states of a message: Twilio's, then those specific to GatewayAPI."""

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
"""Final states in which the phone never got the message."""
FINAL = LOST | {Status.DELIVERED, Status.RECEIVED}


@dataclass(frozen=True, slots=True)
class DeliveryResult:
    """How an accepted message ends."""

    status: Status = Status.DELIVERED
    error_code: int | None = None


DELIVERED = DeliveryResult()


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackPlan:
    """Which states of a message are reported, and how unreliably.

    `delay` is the time in seconds before each step. The others are shares (0 to 1): `duplicate`
    of the callbacks are posted twice, `drop` of them never; `shuffle` of the messages are
    reported out of order.
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
    sees only a timeout, a reset or a 503. A client that retries then sends it twice.
    """

    accept: bool = True
    answer: Answer = Answer.NORMAL
    error: int | None = None
    http_status: int | None = None
    retry_after: int | None = None
    latency: float = 0.0
    result: DeliveryResult | None = None
    callbacks: CallbackPlan | None = None

    @classmethod
    def refuse(cls, error: int) -> Self:
        """Refuse with one of the provider's error codes."""
        return cls(accept=False, error=error)

    @classmethod
    def http_error(cls, status: int, *, accepted: bool = False) -> Self:
        """Answer with a plain HTTP status, such as 500 or 503, whether accepted or not."""
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
        return cls(result=DeliveryResult(Status.UNDELIVERED, error_code))

    @classmethod
    def failed(cls, error_code: int) -> Self:
        """Accept, then report that it could not be sent."""
        return cls(result=DeliveryResult(Status.FAILED, error_code))


@dataclass(frozen=True, slots=True, kw_only=True)
class MailBehaviour:
    """How the mail server treats a recipient.

    `reply` is the SMTP answer to RCPT ("450 4.2.1 Mailbox busy"), or, with `at_data`, to the
    message itself; `disconnect` cuts the connection instead.
    """

    reply: str = ""
    at_data: bool = False
    disconnect: bool = False
