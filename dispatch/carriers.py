"""The providers there are, each opened once per process; a new one is added here."""

from __future__ import annotations

import threading
from typing import cast

from flask import Flask, current_app

from config import current_config
from dispatch.channels.base import Carrier
from dispatch.channels.email import SmtpCarrier
from dispatch.channels.gatewayapi import GatewayApiCarrier
from dispatch.channels.sms import TwilioCarrier
from dispatch.channels.web_client import EventLoop
from dispatch.registry import current_registry, registry_of
from dispatch.tokens import Tokens

WEB_CARRIERS = {carrier.provider: carrier for carrier in (TwilioCarrier, GatewayApiCarrier)}
CARRIERS: dict[str, type[Carrier]] = {**WEB_CARRIERS, SmtpCarrier.provider: SmtpCarrier}
_opening = threading.Lock()


def carrier_of(provider: str) -> Carrier:
    """The open carrier of a provider (needs an app context)."""
    registry = current_registry()
    with _opening:
        carrier = registry.carriers.get(provider)
        if carrier is None:
            carrier = registry.carriers[provider] = _open(provider)
        return carrier


def _open(provider: str) -> Carrier:
    config, registry = current_config(), current_registry()
    tokens = Tokens(config.secret_key)
    if provider == SmtpCarrier.provider:
        app: Flask = cast("Flask", current_app._get_current_object())  # type: ignore[attr-defined]
        return SmtpCarrier(app, config, tokens)
    if registry.loop is None:
        registry.loop = EventLoop()
    return WEB_CARRIERS[provider](config, tokens, registry.loop)


def close_carriers(app: Flask) -> None:
    """Close what was opened; it is opened again when it is needed."""
    registry = registry_of(app)
    with _opening:
        while registry.carriers:
            registry.carriers.popitem()[1].close()
        if registry.loop is not None:
            registry.loop.close()
            registry.loop = None
