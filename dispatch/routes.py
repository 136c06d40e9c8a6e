"""Routes: the senders that the settings name, each with its agreed rate."""

from __future__ import annotations

from dataclasses import dataclass

from config import Config
from dispatch.models import Channel


@dataclass(frozen=True)
class Route:
    """A way out. ``rate``: segments a second of an SMS sender, messages of a mail relay."""

    channel: Channel
    provider: str
    address: str
    rate: float

    @property
    def name(self) -> str:
        """The key of its row, at most 80 characters."""
        return f"{self.provider}:{self.address}"[:80]


def routes_of(config: Config, channel: Channel) -> tuple[Route, ...]:
    """The ways out of a channel, the preferred one first."""
    return tuple(
        Route(channel, s.provider, s.address, s.rate) for s in config.senders(channel.value)
    )


def route_by(config: Config, channel: Channel, provider: str, address: str) -> Route:
    """The way out by a given sender: at its agreed rate, or the usual one if it has none."""
    for route in routes_of(config, channel):
        if (route.provider, route.address) == (provider, address):
            return route
    return Route(channel, provider, address, config.sms_segments_per_second)


def rate_of(config: Config, channel: Channel) -> float:
    """The units a second that all routes of a channel take together."""
    return sum(route.rate for route in routes_of(config, channel))
