"""A provider as the service sees it: what it reports, and how it hands over what phones send."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from simulator.behaviour import Status
from simulator.http.signatures import Signature
from simulator.phones.network import Message, Provider


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of handing over an inbound message, and what its answer wants sent.

    `status` is the webhook's HTTP status, None when nothing answered; `problem` is for people.
    """

    status: int | None
    replies: tuple[Message, ...] = ()
    problem: str = ""


class Face(Protocol):
    """One provider's webhooks. Belongs to the simulator's event loop."""

    async def report(self, message: Message, status: Status, error_code: int | None) -> None:
        """Tell the service what became of a message it sent."""

    async def hand_over(self, message: Message, url: str, signature: Signature) -> Answered:
        """Give the service a message that a phone sent."""


Faces = Mapping[Provider, Face]
