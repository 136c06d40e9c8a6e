"""The interface of all providers: a message goes in, a result comes out.

A provider returns a result for each message, and never raises for a recipient. The public
``send`` does the timing and logging; a subclass only makes the call.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, NamedTuple, Self

import structlog

from config import Config, ProviderSettings
from database import utcnow
from dispatch.models import Channel, DeliveryState, SuppressionReason
from dispatch.providers.webhook_requests import DeliveryReport, Received, WebhookRequest
from web.problems.errors import NotFound
from web.problems.faults import describe_fault

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Text:
    """A content as providers get it. ``is_bulk``: readers can unsubscribe by a link."""

    id: int
    language: str
    body: str
    subject: str | None
    html: str | None
    segments: int
    is_bulk: bool


@dataclass(frozen=True)
class OutgoingMessage:
    """One message to one recipient. ``attempt`` distinguishes a retry from the first attempt.

    ``contact_id`` is None for a message from the outbox, whose recipient is not a contact.
    ``leave_by``: when the worker's claim ends. A process suspended past that time must not hand
    the message over when it resumes.
    """

    delivery_id: int
    attempt: int
    contact_id: int | None
    address: str = field(repr=False)
    text: Text = field(repr=False)
    expires_at: datetime | None = None
    leave_by: datetime | None = None

    @property
    def is_late(self) -> bool:
        """Whether it must not be sent any more, since another worker may be sending it."""
        return self.leave_by is not None and utcnow() > self.leave_by


TOO_LATE = "too_late"
"""The code of a message that was not sent because its worker's claim had ended."""


class ResultKind(StrEnum):
    """The kinds of result when a message is handed over."""

    ACCEPTED = "accepted"
    RETRY = "retry"
    RETRY_ONCE = "retry_once"
    DEFERRED = "deferred"
    PERMANENT = "permanent"
    OPTED_OUT = "opted_out"
    CONTENT = "content"
    CONFIGURATION = "configuration"
    UNKNOWN = "unknown"


class SendResult(NamedTuple):
    """The result of handing over one message.

    ``code`` is the provider's (or our) error code. ``after``: seconds to wait at least before
    another attempt. ``suppress``: why the contact must not be written to again.
    """

    kind: ResultKind
    provider_ref: str | None = None
    segments: int | None = None
    code: str | None = None
    after: float | None = None
    suppress: SuppressionReason | None = None

    @classmethod
    def accepted(cls, provider_ref: str, segments: int | None = None) -> Self:
        """The provider has taken responsibility for it."""
        return cls(ResultKind.ACCEPTED, provider_ref, segments)

    @classmethod
    def retry(cls, code: str, after: float | None = None) -> Self:
        """The recipient cannot be reached now: retry, a limited number of times."""
        return cls(ResultKind.RETRY, code=code, after=after)

    @classmethod
    def deferred(cls, code: str, after: float | None = None) -> Self:
        """It was not sent, for a reason other than the recipient: no connection, 429."""
        return cls(ResultKind.DEFERRED, code=code, after=after)

    @classmethod
    def permanent(cls, code: str, suppress: SuppressionReason | None = None) -> Self:
        """It will never reach this recipient."""
        return cls(ResultKind.PERMANENT, code=code, suppress=suppress)

    @classmethod
    def opted_out(cls, code: str) -> Self:
        """The provider knows that this recipient has opted out."""
        return cls(ResultKind.OPTED_OUT, code=code, suppress=SuppressionReason.PROVIDER_OPT_OUT)

    @classmethod
    def content(cls, code: str) -> Self:
        """The content is at fault: it can be sent to nobody."""
        return cls(ResultKind.CONTENT, code=code)

    @classmethod
    def configuration(cls, code: str) -> Self:
        """Credentials, sender or account are at fault: nothing can be sent to anybody."""
        return cls(ResultKind.CONFIGURATION, code=code)

    @classmethod
    def unknown(cls, reason: str) -> Self:
        """It may or may not have been sent: it must not be sent again before that is known."""
        return cls(ResultKind.UNKNOWN, code=reason)


class AnswerKind(StrEnum):
    """The kinds of answer a provider gives about a message whose state is unknown."""

    FOUND = "found"
    NOT_FOUND = "not_found"
    CANNOT_TELL = "cannot_tell"
    NOT_NOW = "not_now"


@dataclass(frozen=True)
class StatusQuery:
    """A message whose state is asked about. ``known_refs`` belong to other messages.

    ``provider_ref`` is the message's own reference, if the provider has given one. ``lost_by``
    names the process that had claimed the message and died, if that is why its state is unknown.
    """

    delivery_id: int
    attempt: int
    attempted_at: datetime
    address: str = field(repr=False)
    body: str = field(repr=False)
    known_refs: frozenset[str] = frozenset()
    provider_ref: str | None = None
    lost_by: str | None = None


@dataclass(frozen=True)
class StatusAnswer:
    """The provider's answer; all but ``certainty`` is set only for a message it found."""

    certainty: AnswerKind
    state: DeliveryState = DeliveryState.SENT
    provider_ref: str | None = None
    segments: int | None = None
    code: str | None = None


@dataclass(frozen=True)
class ListedMessage:
    """A message to one of our numbers in the provider's list, and when it was sent."""

    received: Received
    received_at: datetime


class Provider(ABC):
    """One provider of one channel. Used from several threads at once.

    ``settings`` has its name, its channel and the settings it needs.
    """

    settings: ClassVar[type[ProviderSettings]]
    channel: ClassVar[Channel]
    name: ClassVar[str]
    reports_arrival: ClassVar[bool] = False
    """Whether the provider sends delivery reports."""
    acknowledgement: ClassVar[tuple[str, str]] = ("", "text/plain")
    """Body and content type of the response to an inbound webhook; never the reply itself."""

    def __init_subclass__(cls) -> None:
        cls.name = cls.settings.provider
        cls.channel = Channel(cls.settings.channel)

    def send(self, messages: Sequence[OutgoingMessage], address: str) -> list[SendResult]:
        """Hand messages over concurrently, with ``address`` (a route's) as the sender.

        Returns a result for each, in the same order.
        """
        began = time.monotonic()
        try:
            results = self._send(messages, address)
        except Exception as error:
            # Whatever failed, some of them may have been sent.
            log.error("provider_failed", provider=self.name, fault=describe_fault(error))
            results = [SendResult.unknown("provider_failed")] * len(messages)
        log.info(
            "slice_sent",
            provider=self.name,
            messages=len(messages),
            ms=round((time.monotonic() - began) * 1000),
            results=dict(Counter(result.kind.value for result in results)),
        )
        return results

    @abstractmethod
    def max_seconds(self, messages: int) -> float:
        """The most seconds between claiming so many messages and handing over the last one.

        Until then no other worker may send them, even if this process stalls or loses contact.
        """

    @abstractmethod
    def _send(self, messages: Sequence[OutgoingMessage], address: str) -> list[SendResult]: ...

    def ask(self, questions: Sequence[StatusQuery]) -> list[StatusAnswer]:
        """Ask about the state of messages; returns an answer for each, in the same order."""
        try:
            return self._ask(questions)
        except Exception as error:
            log.error("inquiry_failed", provider=self.name, fault=describe_fault(error))
            return [StatusAnswer(AnswerKind.NOT_NOW)] * len(questions)

    def _ask(self, questions: Sequence[StatusQuery]) -> list[StatusAnswer]:
        return [StatusAnswer(AnswerKind.CANNOT_TELL)] * len(questions)

    def list_received(
        self, numbers: Collection[str], since: datetime
    ) -> Sequence[ListedMessage] | None:
        """What was sent to these numbers since then; None if it cannot be asked now.

        Nothing if the provider keeps no list of what came in.
        """
        try:
            return self._list_received(numbers, since)
        except Exception as error:
            log.error("inquiry_failed", provider=self.name, fault=describe_fault(error))
            return None

    def _list_received(self, numbers: Collection[str], since: datetime) -> list[ListedMessage]:
        return []

    def journaled_processes(self) -> Collection[str]:
        """Processes whose mail journals are on this host."""
        return ()

    @abstractmethod
    def close(self) -> None:
        """Close all connections. A closed provider is not used again."""

    # --- The provider's statuses and codes, and its webhooks -----------------------------

    @classmethod
    def state_of(cls, status: str, error_code: str | None) -> DeliveryState | None:
        """The delivery's state for a reported status; None for one that is not documented."""
        return None

    @classmethod
    def meaning_of(cls, error_code: str) -> ResultKind | None:
        """What an error code in a delivery report means; None for one not documented."""
        return None

    @classmethod
    def read_report(cls, config: Config, request: WebhookRequest) -> DeliveryReport:
        """Verify and read a status callback. Raises BadSignature or Malformed."""
        raise NotFound()

    @classmethod
    def read_inbound(cls, config: Config, request: WebhookRequest) -> Received:
        """Verify and read an inbound message. Raises BadSignature or Malformed."""
        raise NotFound()
