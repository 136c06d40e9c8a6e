"""Deliveries counted in the categories that staff see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dispatch.models import DeliveryState


@dataclass(frozen=True)
class Counts:
    """Deliveries by category: each is in exactly one of ``waiting`` to ``not_sent``.

    ``unwritten``: recipients without a row in the ledger yet. Once ``is_stopped``, they never
    get one, and queued messages are never sent.
    """

    by_state: Mapping[DeliveryState, int]
    unwritten: int = 0
    is_stopped: bool = False

    @property
    def total(self) -> int:
        """All recipients."""
        return sum(self.by_state.values()) + self.unwritten

    @property
    def waiting(self) -> int:
        """Still to be sent: not claimed by a worker yet, or to be retried."""
        return 0 if self.is_stopped else self._unclaimed

    @property
    def on_the_way(self) -> int:
        """In flight, or handed over without knowing whether the provider accepted them."""
        return self._of(DeliveryState.SENDING, DeliveryState.UNKNOWN)

    @property
    def accepted(self) -> int:
        """Accepted by the provider, with no delivery report yet."""
        return self._of(DeliveryState.SENT)

    @property
    def delivered(self) -> int:
        """Reported as delivered by the provider."""
        return self._of(DeliveryState.DELIVERED)

    @property
    def failed(self) -> int:
        """Tried, and refused or reported as undeliverable."""
        return self._of(DeliveryState.FAILED)

    @property
    def not_sent(self) -> int:
        """Never sent: stopped, expired, or the recipient had opted out."""
        given_up = self._of(DeliveryState.CANCELLED, DeliveryState.EXPIRED)
        return given_up + (self._unclaimed if self.is_stopped else 0)

    @property
    def done(self) -> int:
        """Those for which only a delivery report can still come."""
        return self.total - self.waiting - self.on_the_way

    @property
    def reached(self) -> int:
        """Recipients who have the message, or may have it."""
        return self.accepted + self.delivered + self.on_the_way

    @property
    def _unclaimed(self) -> int:
        """Claimed by no worker; the dispatcher cancels those of a stopped broadcast."""
        return self._of(DeliveryState.QUEUED) + self.unwritten

    @property
    def left(self) -> int:
        """Those that were handed over, whatever their state now."""
        went = self._of(DeliveryState.SENT, DeliveryState.DELIVERED)
        return went + self._of(DeliveryState.FAILED, DeliveryState.UNKNOWN)

    def _of(self, *states: DeliveryState) -> int:
        return sum(self.by_state.get(state, 0) for state in states)
