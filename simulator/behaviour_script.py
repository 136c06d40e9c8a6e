"""The script: which behaviour applies to which messages, and how often."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Generic, TypeVar

B = TypeVar("B")


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Which messages a behaviour applies to: every given part must match.

    `sender` is one of the service's numbers or names (SMS only), which also tells the provider.
    """

    recipient: str | None = None
    prefix: str | None = None
    text: str | None = None
    sender: str | None = None

    def fits(self, recipient: str, text: str, sender: str) -> bool:
        """Whether it applies to this message."""
        return (
            (self.recipient is None or self.recipient == recipient)
            and (self.prefix is None or recipient.startswith(self.prefix))
            and (self.text is None or self.text in text)
            and (self.sender is None or self.sender == sender)
        )


ANYONE = Match()


class Script(Generic[B]):
    """Behaviours waiting for messages that match, the most recently added first."""

    def __init__(self) -> None:
        self._for_one: dict[str, list[_Entry[B]]] = defaultdict(list)
        self._for_many: list[_Entry[B]] = []

    def add(self, match: Match, behaviour: B, times: int | None) -> None:
        """Use the behaviour for the next `times` messages that match (None: for all of them)."""
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
        """Remove every behaviour."""
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
