"""What the states of deliveries come to, in the words that staff are told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dispatch.models import DeliveryState


@dataclass(frozen=True)
class Counts:
    """Messages by what has become of them; each is in exactly one of the six properties.

    ``unwritten``: recipients who have no row in the ledger yet. Once ``is_stopped`` they never
    get one, and what is queued never leaves.
    """

    by_state: Mapping[DeliveryState, int]
    unwritten: int = 0
    is_stopped: bool = False

    @property
    def total(self) -> int:
        """Everybody it was meant for."""
        return sum(self.by_state.values()) + self.unwritten

    @property
    def waiting(self) -> int:
        """Still to leave: nobody has taken them up yet, or they are tried again later."""
        return 0 if self.is_stopped else self._unclaimed

    @property
    def on_the_way(self) -> int:
        """Being handed over, or handed over with no word on whether that succeeded."""
        return self._of(DeliveryState.SENDING, DeliveryState.UNKNOWN)

    @property
    def accepted(self) -> int:
        """The provider has taken them; it has not said that they arrived."""
        return self._of(DeliveryState.SENT)

    @property
    def delivered(self) -> int:
        """They arrived, by the provider's word."""
        return self._of(DeliveryState.DELIVERED)

    @property
    def failed(self) -> int:
        """They were tried and cannot arrive."""
        return self._of(DeliveryState.FAILED)

    @property
    def not_sent(self) -> int:
        """Nobody gets them: stopped, out of time, or the recipient had said no."""
        given_up = self._of(DeliveryState.CANCELLED, DeliveryState.EXPIRED)
        return given_up + (self._unclaimed if self.is_stopped else 0)

    @property
    def done(self) -> int:
        """Those of which nothing more is to come but a receipt."""
        return self.total - self.waiting - self.on_the_way

    @property
    def reached(self) -> int:
        """Those who have the message, or may have it."""
        return self.accepted + self.delivered + self.on_the_way

    @property
    def _unclaimed(self) -> int:
        """Taken up by nobody; the dispatcher cancels those of a stopped broadcast."""
        return self._of(DeliveryState.QUEUED) + self.unwritten

    @property
    def left(self) -> int:
        """Those that went out, whatever came of them since."""
        went = self._of(DeliveryState.SENT, DeliveryState.DELIVERED)
        return went + self._of(DeliveryState.FAILED, DeliveryState.UNKNOWN)

    def _of(self, *states: DeliveryState) -> int:
        return sum(self.by_state.get(state, 0) for state in states)
