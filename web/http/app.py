"""The Flask application class: one unit of work per request, and no route without a rule."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import Any, NoReturn
from urllib.parse import urlsplit

import structlog
from flask import Flask, Request, Response, g, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.routing import RequestRedirect

from database import answers_within, as_current_session, current_database
from web.http.access import assert_rules_declared, is_high_volume
from web.problems.faults import trace

log = structlog.get_logger(__name__)

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class VarskoApp(Flask):
    """Opens a session before a request's first hook and commits it once, after the view.

    A view that returns commits its changes; one that raises commits nothing. On SQLite a
    request that only reads takes no write lock.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.json.ensure_ascii = False  # type: ignore[attr-defined]  # å is read as å
        self.before_request(self._open_unit_of_work)
        self.teardown_request(self._close_unit_of_work)
        self._rules_checked = False

    def wsgi_app(self, environ: Any, start_response: Any) -> Any:
        if not self._rules_checked:
            assert_rules_declared(self)
            self._rules_checked = True
        with answers_within(self.extensions["varsko_config"].database_answer_seconds):
            return super().wsgi_app(environ, start_response)

    def dispatch_request(self) -> ResponseReturnValue:
        answer = super().dispatch_request()
        session: Session | None = g.get("unit_of_work")
        if session is not None:
            session.commit()
        return answer

    def raise_routing_exception(self, request: Request) -> NoReturn:
        """Redirect to the right slashes by the path alone: the caller may have named any host."""
        error = request.routing_exception
        if isinstance(error, RequestRedirect):
            wanted = urlsplit(error.new_url)
            error.new_url = wanted._replace(scheme="", netloc="").geturl()
        super().raise_routing_exception(request)

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """No view or hook is a coroutine; Flask's check for that took as long as routing."""
        return func

    def log_exception(
        self,
        exc_info: tuple[type[BaseException], BaseException, TracebackType | None]
        | tuple[None, None, None],
    ) -> None:
        """Log what failed and where, without Flask's path (it may contain a token) and error
        message (it may contain anything)."""
        error = exc_info[1]
        if error is not None:
            cause = error.__cause__
            log.error(
                "request_failed",
                request=g.get("request_id"),
                endpoint=request.endpoint,
                kind=type(error).__name__,
                cause=type(cause).__name__ if cause else None,
                trace=trace(error),
            )

    def _open_unit_of_work(self) -> Response | None:
        if request.endpoint == "static":
            return None
        view = self.view_functions.get(request.endpoint or "")
        if is_high_volume(view):
            return None
        writes = request.method not in SAFE_METHODS or getattr(view, "varsko_writes", False)
        stack = ExitStack()
        g.unit_of_work = stack.enter_context(current_database().open(writes=writes))
        stack.enter_context(as_current_session(g.unit_of_work))
        g.unit_of_work_stack = stack
        return None

    def _close_unit_of_work(self, _error: BaseException | None) -> None:
        stack: ExitStack | None = g.pop("unit_of_work_stack", None)
        if stack is not None:
            stack.close()
