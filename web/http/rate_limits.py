"""Rate limits of public routes."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from collections.abc import Callable
from functools import partial

import structlog
from flask import Flask, request
from flask_limiter import Limiter
from limits import parse
from limits.strategies import RateLimiter

from config import current_config
from web.http.access import Open, rule_of

log = structlog.get_logger(__name__)


def network(address: str) -> str:
    """What identifies one caller: an IPv4 address, or the /64 network of an IPv6 address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def caller() -> str:
    """The caller as a keyed hash: the counters' store must not hold IP addresses."""
    return _keyed(network(request.remote_addr or ""))


def neighbourhood() -> str:
    """The caller's wider network, as a keyed hash: what one person may have at hand in numbers."""
    return _keyed(wide_network(request.remote_addr or ""))


def wide_network(address: str) -> str:
    """The /24 network of an IPv4 address, or the /48 network of an IPv6 address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    length = 24 if isinstance(parsed, ipaddress.IPv4Address) else 48
    return str(ipaddress.ip_network((parsed, length), strict=False))


def _keyed(where: str) -> str:
    key = f"rate limits {current_config().secret_key}".encode()
    return hmac.digest(key, where.encode(), hashlib.sha256).hex()[:24]


def take(limit: str, *keys: str) -> bool:
    """Count one use against a limit such as "60 per hour"; False if it is used up."""
    return not limiter.enabled or _ask(lambda counters: counters.hit(parse(limit), *keys))


def is_left(limit: str, *keys: str) -> bool:
    """Whether a limit has uses left, without counting one."""
    return not limiter.enabled or _ask(lambda counters: counters.test(parse(limit), *keys))


def _ask(question: Callable[[RateLimiter], bool]) -> bool:
    """Ask the shared counters, or this process's own while their store is away."""
    try:
        return question(limiter.limiter)
    except Exception as error:
        log.warning("rate_limit_store_away", kind=type(error).__name__)
        own = limiter._fallback_limiter
        return own is None or question(own)


STORE_SECONDS = 1.0
"""How long a request waits for the counters' store before the process counts on its own."""

limiter = Limiter(key_func=caller, headers_enabled=False, in_memory_fallback_enabled=True)


def forms() -> str:
    """How often one caller may submit a citizens' form.

    A mobile operator puts thousands of phones behind one address, and after an incident a whole
    town writes at once: this only stops floods from programs, and people are limited elsewhere
    (codes by contact, replies by sender).
    """
    return f"{current_config().forms_per_minute} per minute"


def sign_in_tries() -> str:
    """How often one caller may try a staff password or code; accounts lock themselves as well."""
    return f"{current_config().sign_in_tries_per_minute} per minute"


def look_ups() -> str:
    """How often one caller may call the public API."""
    return f"{2 * current_config().forms_per_minute} per minute"


def init_app(app: Flask) -> None:
    """Count in the configured store; tests that are not about limits switch them off."""
    config = app.extensions["varsko_config"]
    app.config["RATELIMIT_STORAGE_URI"] = config.rate_limit_storage
    if config.rate_limit_storage.startswith("redis"):
        waits = {"socket_connect_timeout": STORE_SECONDS, "socket_timeout": STORE_SECONDS}
        app.config["RATELIMIT_STORAGE_OPTIONS"] = waits
    app.config["RATELIMIT_ENABLED"] = not config.testing
    limiter.init_app(app)
    hooks = app.before_request_funcs[None]
    if limiter._check_request_limit in hooks:
        hooks[hooks.index(limiter._check_request_limit)] = partial(_check, app)


def _check(app: Flask) -> None:
    """Check limits, except on providers' webhooks, which have none and are called very often."""
    if rule_of(app.view_functions.get(request.endpoint or "")) is not Open.WEBHOOK:
        limiter._check_request_limit()
