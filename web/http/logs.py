"""Structured logs: one JSON line per event, with ids but never with personal data.

Every line of a staff request has its id; jobs bind the alert or broadcast they work on.
"""

from __future__ import annotations

import logging
import os
import secrets
import sys
import time
from typing import Any, TextIO, cast

import structlog
from flask import Flask, Response, g, request

from web.http.access import Signed, is_high_volume, rule_of


class LogFile:
    """Where lines are written to: a file, or stderr. It never raises.

    A disk that is full, or a pipe that nobody reads, must not stop an alert or a page: lines that
    cannot be written are counted, and their number is written once it works again.
    """

    def __init__(self, path: str = "") -> None:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        self._file = os.open(path, flags, mode=0o640) if path else None
        self._lost = 0

    def write(self, text: str) -> int:
        """Write a line, if that is possible."""
        try:
            if self._lost and text.strip():
                self._put(
                    f'{{"event": "log_lines_lost", "level": "error", "lines": {self._lost}}}\n'
                )
                self._lost = 0
            self._put(text)
        except (OSError, ValueError):
            self._lost += bool(text.strip())
        return len(text)

    def flush(self) -> None:
        """Nothing: each line is written at once."""

    def _put(self, text: str) -> None:
        if self._file is None:
            sys.stderr.write(text)
            sys.stderr.flush()
        else:
            os.write(self._file, text.encode(errors="backslashreplace"))


def configure(level: str, path: str = "") -> None:
    """Write structlog's events and the libraries' warnings to a file, or stderr, as JSON lines."""
    stream = cast(TextIO, LogFile(path) if path else LogFile())
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


def init_app(app: Flask) -> None:
    """Give each request an id and one final log line: endpoint, status, milliseconds.

    The path is left out on purpose: it may contain a code or a token. Only lines of staff's
    requests share their id: it would tie a tip to the message it came in, and to the reply. An id
    that a proxy or a stranger sends along is never taken.
    """
    log = structlog.get_logger("request")

    @app.before_request
    def begin() -> None:
        g.request_id = secrets.token_urlsafe(9)
        g.began = time.perf_counter()
        structlog.contextvars.clear_contextvars()
        view = app.view_functions.get(request.endpoint or "")
        if isinstance(rule_of(view), Signed):
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
