"""Which provider sends on which channel, opened once per process."""

from __future__ import annotations

import threading
from typing import cast

from flask import Flask, current_app

from config import Config, current_config
from dispatch.channels.base import Carrier
from dispatch.channels.email import SmtpCarrier
from dispatch.channels.sms import TwilioCarrier
from dispatch.models import Channel
from dispatch.registry import current_registry, registry_of
from dispatch.tokens import Tokens

_opening = threading.Lock()


def carrier_of(channel: Channel) -> Carrier:
    """The open carrier of a channel (needs an app context)."""
    registry = current_registry()
    with _opening:
        carrier = registry.carriers.get(channel)
        if carrier is None:
            carrier = registry.carriers[channel] = _open(channel)
        return carrier


def _open(channel: Channel) -> Carrier:
    config = current_config()
    tokens = Tokens(config.secret_key)
    if channel is Channel.SMS:
        return TwilioCarrier(config, tokens)
    app: Flask = cast("Flask", current_app._get_current_object())  # type: ignore[attr-defined]
    return SmtpCarrier(app, config, tokens)


def close_carriers(app: Flask) -> None:
    """Close what was opened; it is opened again when it is needed."""
    with _opening:
        carriers = registry_of(app).carriers
        while carriers:
            carriers.popitem()[1].close()


def sender_of(config: Config, channel: Channel) -> tuple[str, float]:
    """The sender whose agreed rate counts, and the rate: segments or mails a second."""
    if channel is Channel.SMS:
        return f"sms:{config.sms_number}", config.sms_segments_per_second
    return f"email:{config.smtp_host}", config.mail_per_second
