"""What every provider's webhooks do: report states, and post messages from phones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from simulator.behaviour import Status
from simulator.http.signatures import Signature
from simulator.phones.network import ProviderName, SmsMessage


@dataclass(frozen=True, slots=True)
class InboundAnswer:
    """What the webhook answered to a message from a phone, and the replies it wants sent.

    `status` is the webhook's HTTP status, None when nothing answered; `problem` is for people.
    """

    status: int | None
    replies: tuple[SmsMessage, ...] = ()
    problem: str = ""


class ProviderWebhooks(Protocol):
    """One provider's webhooks. Used in the simulator's event loop."""

    async def report(self, message: SmsMessage, status: Status, error_code: int | None) -> None:
        """Report a message's state to the service."""

    async def hand_over(self, message: SmsMessage, url: str, signature: Signature) -> InboundAnswer:
        """Post a message from a phone to the service."""


WebhooksByProvider = Mapping[ProviderName, ProviderWebhooks]
