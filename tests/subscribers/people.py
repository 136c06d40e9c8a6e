"""Phones that write to the service by the provider's signed webhook, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import undefer

from database import current_database
from simulator import Simulator
from tests.dispatch.fixtures import send_replies
from tests.subscribers.factories import contact_of, follows
from tips.models import Tip


@dataclass(frozen=True)
class Outcome:
    """What a message led to: whether its sender is stopped, what they follow, their tips."""

    stopped: bool
    follows: list[str]
    tips: list[tuple[str, bool]]
    reply: str


class People:
    """Phones that write to the service; each test's messages come from a phone of their own."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._phones = 0

    def phone(self, *messages: str) -> str:
        """A new phone, which has written these messages."""
        self._phones += 1
        number = f"+4522334{self._phones:03}"
        for message in messages:
            self.write(number, message)
        return number

    def write(self, number: str, text: str) -> Outcome:
        """Let a phone write; what came of it."""
        before = len(self._simulator.phone(number).texts)
        assert self._simulator.receive_sms(number, text).status == 200
        send_replies()
        with current_database().unit_of_work() as session:
            contact = contact_of(session, number)
            tips = session.scalars(select(Tip).options(undefer(Tip.sender)).order_by(Tip.id))
            return Outcome(
                stopped=contact is not None and contact.is_suppressed,
                follows=follows(session, number),
                tips=[(str(tip.text), tip.urgent) for tip in tips if tip.sender == number],
                reply="\n".join(self._simulator.phone(number).texts[before:]),
            )

    def subscriber_writes(self, text: str) -> Outcome:
        """What comes of a message from somebody who follows two areas."""
        return self.write(self.phone("TRYK 3400, 3480"), text)
