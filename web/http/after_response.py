"""Work that is done once the response has left, so that its duration tells the caller nothing."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

import structlog
from flask import Flask, Response, after_this_request, current_app
from sqlalchemy.orm import Session

from database import after_commit, current_database, session
from web.problems.faults import describe_fault

log = structlog.get_logger(__name__)

EXTENSION = "varsko_after_response"
LONGEST_QUEUE = 1000
"""How much may wait; beyond it requests are answered and their work is left out."""

Work = Callable[[Session], object]


class Workers:
    """Two threads that do it, each piece in a unit of work of its own."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._threads = ThreadPoolExecutor(2, "after-response")
        self._waiting: set[Future[Any]] = set()

    def submit(self, work: Work) -> None:
        """Do this soon; if too much waits already, it is logged and left out."""
        if len(self._waiting) >= LONGEST_QUEUE:
            log.error("work_left_out", waiting=len(self._waiting))
            return
        future = self._threads.submit(self._do, work)
        self._waiting.add(future)
        future.add_done_callback(self._waiting.discard)

    def finish(self) -> None:
        """Wait until everything submitted so far is done."""
        wait(list(self._waiting))

    def _do(self, work: Work) -> None:
        try:
            with self._app.app_context(), current_database().unit_of_work() as opened:
                work(opened)
        except Exception as error:
            log.error("work_failed", fault=describe_fault(error))


def init_app(app: Flask) -> None:
    """Give the app its workers."""
    app.extensions[EXTENSION] = Workers(app)


def after_response(work: Work) -> None:
    """Do this when the request is committed and its response has been sent.

    It is given a session of its own. A request that fails does not do it.
    """
    workers: Workers = current_app.extensions[EXTENSION]

    def hand_over(response: Response) -> Response:
        # A server whose client resets the connection may drop the response without closing it.
        ended = weakref.finalize(response, workers.submit, work)
        ended.atexit = False
        response.call_on_close(ended)
        return response

    after_commit(session, lambda: after_this_request(hand_over))
