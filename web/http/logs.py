"""Structured logs: one JSON line per event, with ids but never with personal data.

Every line of a request has its request id; jobs bind the alert or broadcast they work on.
"""

from __future__ import annotations

import logging
import re
import secrets
import sys
import time
from pathlib import Path
from typing import Any, TextIO

import structlog
from flask import Flask, Response, current_app, g, request

from web.http.access import Signed, is_high_volume, rule_of

REQUEST_ID = re.compile(r"^[A-Za-z0-9_-]{8,64}$")


def configure(level: str, path: str = "") -> None:
    """Write structlog's events and the libraries' warnings to a file, or stderr, as JSON lines."""
    stream: TextIO = Path(path).open("a", buffering=1) if path else sys.stderr  # noqa: SIM115
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            *shared,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    # Werkzeug's server would log each request's IP address and path, including tokens.
    logging.getLogger("werkzeug").setLevel(logging.WARNING)


def _offered_id() -> str | None:
    """The id that a proxy gave to a staff request.

    A citizen's request gets an id of our own: otherwise the proxy's log, which has the id with an
    IP address, could be matched with ours, which has it with a tip's id.
    """
    view = current_app.view_functions.get(request.endpoint or "")
    if not isinstance(rule_of(view), Signed):
        return None
    offered = request.headers.get("X-Request-ID", "")
    return offered if REQUEST_ID.match(offered) else None


def init_app(app: Flask) -> None:
    """Give each request an id and one final log line: endpoint, status, milliseconds.

    The path is left out on purpose: it may contain a code or a token.
    """
    log = structlog.get_logger("request")

    @app.before_request
    def begin() -> None:
        g.request_id = _offered_id() or secrets.token_urlsafe(9)
        g.began = time.perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request=g.request_id)

    @app.after_request
    def end(response: Response) -> Response:
        if "began" not in g or request.endpoint == "static":
            return response
        response.headers["X-Request-ID"] = g.request_id
        view = app.view_functions.get(request.endpoint or "")
        if response.status_code >= 400 or not is_high_volume(view):
            log.info(
                "request",
                method=request.method,
                endpoint=request.endpoint,
                status=response.status_code,
                ms=round((time.perf_counter() - g.began) * 1000, 1),
            )
        return response
