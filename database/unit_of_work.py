"""The current unit of work: its session, and actions to run after its commit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar, cast

from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction
from werkzeug.local import LocalProxy

_current_session: ContextVar[Session] = ContextVar("varsko_session")

session: Session = cast(
    Session,
    LocalProxy(_current_session, unbound_message="there is no unit of work here"),
)
"""The session of the current unit of work (a request, a command, a job)."""


@contextmanager
def as_current_session(opened: Session) -> Iterator[None]:
    """Make this the current :data:`session` until the block ends."""
    token = _current_session.set(opened)
    try:
        yield
    finally:
        _current_session.reset(token)


def after_commit(opened: Session, action: Callable[[], object]) -> None:
    """Run ``action`` once the work so far is really committed, not just released as a savepoint.

    It is dropped if the transaction, or a savepoint open at the time of the call, is rolled back.
    """
    around: list[SessionTransaction] = []
    savepoint = opened.get_nested_transaction()
    while savepoint is not None and savepoint.nested:
        around.append(savepoint)
        savepoint = savepoint.parent
    is_due = True

    def run(_session: Session) -> None:
        nonlocal is_due
        if is_due and not opened.in_nested_transaction():
            is_due = False
            action()

    def forget(_session: Session, ended: SessionTransaction) -> None:
        nonlocal is_due
        is_due = is_due and ended.parent is not None and ended not in around

    event.listen(opened, "after_commit", run)
    event.listen(opened, "after_soft_rollback", forget)


View = TypeVar("View", bound=Callable[..., Any])


def writes(view: View) -> View:
    """Mark a GET view that writes (such as an audit entry), so that SQLite locks in time."""
    view.varsko_writes = True  # type: ignore[attr-defined]
    return view
