"""Routes: the senders that the settings name, each with its agreed rate."""

from __future__ import annotations

from dataclasses import dataclass

from config import Config
from dispatch.models import Channel


@dataclass(frozen=True)
class Route:
    """A sender and its agreed ``rate``: SMS segments, or e-mails, per second."""

    channel: Channel
    provider: str
    address: str
    rate: float

    @property
    def name(self) -> str:
        """The key of its row in ``sender``, at most 80 characters."""
        return f"{self.provider}:{self.address}"[:80]


def routes_of(config: Config, channel: Channel) -> tuple[Route, ...]:
    """The routes of a channel, the preferred one first."""
    return tuple(
        Route(channel, s.provider, s.address, s.rate) for s in config.senders(channel.value)
    )


def route_by(config: Config, channel: Channel, provider: str, address: str) -> Route:
    """The route by a given sender: at its agreed rate, or at the usual rate if it has none."""
    for route in routes_of(config, channel):
        if (route.provider, route.address) == (provider, address):
            return route
    return Route(channel, provider, address, config.sms_segments_per_second)


def own_numbers(config: Config) -> frozenset[str]:
    """The numbers citizens can write to: an account may have others."""
    addresses = {config.sms_number, *(sender.address for sender in config.senders(Channel.SMS))}
    return frozenset(address for address in addresses if address.startswith("+"))


def rate_of(config: Config, channel: Channel) -> float:
    """The combined rate of a channel's routes: segments or e-mails per second."""
    return sum(route.rate for route in routes_of(config, channel))
