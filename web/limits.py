"""Rate limits of the routes that anybody can call."""

from __future__ import annotations

import hashlib
import hmac

from flask import Flask, request
from flask_limiter import Limiter

from config import current_config


def caller() -> str:
    """Who calls, as a keyed hash: the store of the counters holds nobody's address."""
    key = f"rate limits {current_config().secret_key}".encode()
    return hmac.digest(key, (request.remote_addr or "").encode(), hashlib.sha256).hex()[:24]


limiter = Limiter(key_func=caller, headers_enabled=False)


def init_app(app: Flask) -> None:
    """Count in the configured store; the tests that are not about limits switch them off."""
    config = app.extensions["varsko_config"]
    app.config["RATELIMIT_STORAGE_URI"] = config.rate_limit_storage
    app.config["RATELIMIT_ENABLED"] = not config.testing
    limiter.init_app(app)
