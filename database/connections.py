"""Connections to PostgreSQL that notice when the server is gone, and what "away" means.

A host that loses its power or its network closes nothing: the kernel sends again for a quarter of
an hour, and every thread waits for it. A server that hangs still acknowledges what it is sent: only
a deadline of our own tells.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

Result = TypeVar("Result")

SILENCE = {
    "connect_timeout": 5,
    # What was sent and is not acknowledged: in milliseconds.
    "tcp_user_timeout": 10_000,
    # Whoever waits for an answer asks after so many seconds, and again, whether anybody is there.
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
}
"""libpq's parameters: a server that is gone is given up after ten to twenty seconds."""

CLIENT_CHECKS = (
    "-c client_connection_check_interval=10s -c tcp_user_timeout=10s"
    " -c tcp_keepalives_idle=10 -c tcp_keepalives_interval=3 -c tcp_keepalives_count=3"
)
"""The server's own part: a client that is gone loses its query, and the locks it held."""

MOVED = frozenset({"25006", "57P01", "57P02", "57P03"})
"""SQLSTATEs after which a new connection is needed: the server is read-only, or goes down.

A failover leaves connections open to what is a standby now, and a new one would be writable.
"""

_deadline: ContextVar[float | None] = ContextVar("varsko_database_deadline", default=None)


@contextmanager
def answers_within(seconds: float) -> Iterator[None]:
    """Give up a PostgreSQL connection on which a statement takes longer, until the block ends."""
    token = _deadline.set(seconds)
    try:
        yield
    finally:
        _deadline.reset(token)


class Connection(psycopg.Connection[Any]):
    """A connection that is closed when an answer takes longer than :func:`answers_within`."""

    def wait(
        self, gen: PQGen[Result], interval: float = 0.1, timeout: float | None = None
    ) -> Result:
        """Wait for an answer; a caller's own timeout goes before the deadline."""
        seconds = _deadline.get()
        if timeout is not None or seconds is None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, seconds)
        except psycopg.errors._WaitTimeout as error:
            # The answer may still come, and must not be taken for that to the next question.
            self.close()
            raise psycopg.OperationalError("the database did not answer in time") from error


def be_watchful(engine: Engine) -> None:
    """Use :class:`Connection`, and give up connections to a server that has moved."""

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: Any, _record: Any, arguments: Any, parameters: Any) -> Connection:
        return Connection.connect(*arguments, **parameters)

    @event.listens_for(engine, "handle_error")
    def notice(context: ExceptionContext) -> None:
        if getattr(context.original_exception, "sqlstate", None) in MOVED:
            context.is_disconnect = True


def is_away(error: BaseException) -> bool:
    """Whether an error means that the database cannot be used now: later it may."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    return isinstance(error, (OperationalError, InterfaceError, PoolTimeout))
