"""The list of providers, each opened once per process; a new one is added here."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import cast

from flask import Flask, current_app

from config import Config, ProviderSettings, current_config
from dispatch.providers.base import AnswerKind, Provider, StatusAnswer, StatusQuery
from dispatch.providers.gatewayapi.client import GatewayApiProvider
from dispatch.providers.http import EventLoop
from dispatch.providers.smtp.client import SmtpProvider
from dispatch.providers.twilio.client import TwilioProvider
from dispatch.signed_links import Tokens

EXTENSION = "dispatch_providers"
WEB_PROVIDERS = {provider.name: provider for provider in (TwilioProvider, GatewayApiProvider)}
"""SMS providers, which are reached over HTTP. The first one is used unless one is named."""
PROVIDERS: dict[str, type[Provider]] = {**WEB_PROVIDERS, SmtpProvider.name: SmtpProvider}
SETTINGS: tuple[type[ProviderSettings], ...] = tuple(p.settings for p in PROVIDERS.values())
"""Each provider's settings, for :meth:`config.Config.from_environment`."""


class OpenProviders:
    """The providers that one app has opened. Those over HTTP share an event loop."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[str, Provider] = {}
        self._loop: EventLoop | None = None

    def get(self, app: Flask, config: Config, name: str) -> Provider:
        """The provider with this name, opened if it is not open yet."""
        with self._lock:
            if name not in self._open:
                self._open[name] = self._make(app, config, name)
            return self._open[name]

    def _make(self, app: Flask, config: Config, name: str) -> Provider:
        tokens = Tokens(config.secret_key)
        if name == SmtpProvider.name:
            return SmtpProvider(app, config, tokens)
        if self._loop is None:
            self._loop = EventLoop()
        return WEB_PROVIDERS[name](config, tokens, self._loop)

    def close(self) -> None:
        """Close them all; each is reopened when needed."""
        with self._lock:
            while self._open:
                self._open.popitem()[1].close()
            if self._loop is not None:
                self._loop.close()
                self._loop = None


def provider_of(name: str) -> Provider:
    """The provider with this name, opened (needs an app context)."""
    app = cast("Flask", current_app._get_current_object())  # type: ignore[attr-defined]
    opened: OpenProviders = app.extensions[EXTENSION]
    return opened.get(app, current_config(), name)


def is_configured(name: str) -> bool:
    """Whether there is such a provider, and it has settings."""
    known = settings_of(name)
    return known is not None and current_config().find(known) is not None


def ask_provider(name: str, questions: Sequence[StatusQuery]) -> list[StatusAnswer]:
    """Ask about the state of messages, as :meth:`Provider.ask` does.

    A provider whose settings were removed while it still had messages cannot be asked: not now.
    """
    if not is_configured(name):
        return [StatusAnswer(AnswerKind.NOT_NOW)] * len(questions)
    return provider_of(name).ask(questions)


def settings_of(name: str) -> type[ProviderSettings] | None:
    """The settings class of a provider; None if there is no such provider."""
    known = PROVIDERS.get(name)
    return known.settings if known else None


def close_providers(app: Flask) -> None:
    """Close the providers that the app has opened."""
    opened: OpenProviders = app.extensions[EXTENSION]
    opened.close()
