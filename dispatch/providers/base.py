"""What all ways of sending have in common: a message goes in, an outcome comes out.

A provider returns an outcome for each message and never raises for a recipient. The public
``send`` does the timing and the log line; a subclass only makes the call.
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
from dispatch.providers.signatures import DeliveryReport, Received, WebhookRequest
from web.problems.errors import NotFound
from web.problems.faults import describe_fault

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Text:
    """A content as providers get it. ``is_bulk``: readers can leave the list by a link."""

    id: int
    language: str
    body: str
    subject: str | None
    html: str | None
    segments: int
    is_bulk: bool


@dataclass(frozen=True)
class OutgoingMessage:
    """One message to one contact. ``attempt`` tells a repeated one from the first.

    ``contact_id`` is empty for one from the outbox, whose recipient is no contact.
    ``leave_by`` is when the worker's hold on it ends: a process that was frozen in the meantime
    must not hand it over when it wakes.
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
        """Whether it must not leave any more: somebody else may be sending it by now."""
        return self.leave_by is not None and utcnow() > self.leave_by


TOO_LATE = "too_late"
"""The code of a message that its worker kept for so long that it must not leave any more."""


class ResultKind(StrEnum):
    """What came of handing a message over."""

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
    """What came of one message, as a value.

    ``code`` is the provider's word for what went wrong. ``after``: seconds to wait at least
    before another attempt. ``suppress``: why the contact must be written to no more.
    """

    kind: ResultKind
    provider_ref: str | None = None
    segments: int | None = None
    code: str | None = None
    after: float | None = None
    suppress: SuppressionReason | None = None

    @classmethod
    def accepted(cls, provider_ref: str, segments: int | None = None) -> Self:
        """The provider has it and is responsible for it now."""
        return cls(ResultKind.ACCEPTED, provider_ref, segments)

    @classmethod
    def retry(cls, code: str, after: float | None = None) -> Self:
        """The recipient cannot be reached now; try again, a bounded number of times."""
        return cls(ResultKind.RETRY, code=code, after=after)

    @classmethod
    def deferred(cls, code: str, after: float | None = None) -> Self:
        """It was not sent, and the recipient has nothing to do with it: no connection, 429."""
        return cls(ResultKind.DEFERRED, code=code, after=after)

    @classmethod
    def permanent(cls, code: str, suppress: SuppressionReason | None = None) -> Self:
        """It will never reach this recipient."""
        return cls(ResultKind.PERMANENT, code=code, suppress=suppress)

    @classmethod
    def opted_out(cls, code: str) -> Self:
        """The provider knows that this recipient said STOP."""
        return cls(ResultKind.OPTED_OUT, code=code, suppress=SuppressionReason.PROVIDER_OPT_OUT)

    @classmethod
    def content(cls, code: str) -> Self:
        """No recipient could be sent this: the content is at fault."""
        return cls(ResultKind.CONTENT, code=code)

    @classmethod
    def configuration(cls, code: str) -> Self:
        """No recipient could be sent anything: credentials, sender or account are at fault."""
        return cls(ResultKind.CONFIGURATION, code=code)

    @classmethod
    def unknown(cls, reason: str) -> Self:
        """It may have been sent or not: nothing may be sent again before that is known."""
        return cls(ResultKind.UNKNOWN, code=reason)


class AnswerKind(StrEnum):
    """What a provider could say about a message whose state is unknown."""

    FOUND = "found"
    NOT_FOUND = "not_found"
    CANNOT_TELL = "cannot_tell"
    NOT_NOW = "not_now"


@dataclass(frozen=True)
class StatusQuery:
    """A message whose state is asked about. ``known_refs`` belong to other messages.

    ``provider_ref`` is the message's own, where the provider has told it. ``lost_by`` names the
    process that had taken the message up, where that is why nobody knows.
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
    """The provider's answer; the rest is set only for a message it found."""

    certainty: AnswerKind
    state: DeliveryState = DeliveryState.SENT
    provider_ref: str | None = None
    segments: int | None = None
    code: str | None = None


class Provider(ABC):
    """One provider of one channel. Used from several threads at once.

    ``settings`` says what it is called, which channel it serves and what it needs to know.
    """

    settings: ClassVar[type[ProviderSettings]]
    channel: ClassVar[Channel]
    name: ClassVar[str]
    reports_arrival: ClassVar[bool] = False
    """Whether the provider calls back to say what became of a message."""
    acknowledgement: ClassVar[tuple[str, str]] = ("", "text/plain")
    """Body and content type of the response to an inbound webhook; it never holds the reply."""

    def __init_subclass__(cls) -> None:
        cls.name = cls.settings.provider
        cls.channel = Channel(cls.settings.channel)

    def send(self, messages: Sequence[OutgoingMessage], address: str) -> list[SendResult]:
        """Hand messages over, concurrently, as coming from ``address`` (a route's).

        One outcome for each, in their order.
        """
        began = time.monotonic()
        try:
            outcomes = self._send(messages, address)
        except Exception as error:
            # Whatever broke, some of them may have left.
            log.error("provider_failed", provider=self.name, fault=describe_fault(error))
            outcomes = [SendResult.unknown("provider_failed")] * len(messages)
        log.info(
            "slice_sent",
            provider=self.name,
            messages=len(messages),
            ms=round((time.monotonic() - began) * 1000),
            outcomes=dict(Counter(outcome.kind.value for outcome in outcomes)),
        )
        return outcomes

    @abstractmethod
    def longest(self, messages: int) -> float:
        """How many seconds after taking so many up one of them may still be handed over.

        Nobody else may send them before that, should this process be stalled or cut off.
        """

    @abstractmethod
    def _send(self, messages: Sequence[OutgoingMessage], address: str) -> list[SendResult]: ...

    def ask(self, questions: Sequence[StatusQuery]) -> list[StatusAnswer]:
        """Find out what became of messages; one finding for each, in their order."""
        try:
            return self._ask(questions)
        except Exception as error:
            log.error("inquiry_failed", provider=self.name, fault=describe_fault(error))
            return [StatusAnswer(AnswerKind.NOT_NOW)] * len(questions)

    def _ask(self, questions: Sequence[StatusQuery]) -> list[StatusAnswer]:
        return [StatusAnswer(AnswerKind.CANNOT_TELL)] * len(questions)

    def journaled_processes(self) -> Collection[str]:
        """Processes whose mail journals are on this host."""
        return ()

    @abstractmethod
    def close(self) -> None:
        """Close all connections. A closed provider is not used again."""

    # --- The provider's words, and its webhooks ------------------------------------------

    @classmethod
    def state_of(cls, status: str, error_code: str | None) -> DeliveryState | None:
        """The delivery's state for a reported status; None for a word that is not documented."""
        return None

    @classmethod
    def meaning_of(cls, error_code: str) -> ResultKind | None:
        """What a code in a report of failure means; None for one that is not documented."""
        return None

    @classmethod
    def read_report(cls, config: Config, request: WebhookRequest) -> DeliveryReport:
        """A verified status callback; raises :class:`BadSignature` or :class:`Malformed`."""
        raise NotFound()

    @classmethod
    def read_inbound(cls, config: Config, request: WebhookRequest) -> Received:
        """A verified inbound message; raises :class:`BadSignature` or :class:`Malformed`."""
        raise NotFound()
