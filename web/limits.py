"""Rate limits of the routes that anybody can call."""

from __future__ import annotations

from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

limiter = Limiter(key_func=get_remote_address, headers_enabled=False)


def init_app(app: Flask) -> None:
    """Count in the configured store; the tests that are not about limits switch them off."""
    config = app.extensions["varsko_config"]
    app.config["RATELIMIT_STORAGE_URI"] = config.rate_limit_storage
    app.config["RATELIMIT_ENABLED"] = not config.testing
    limiter.init_app(app)
