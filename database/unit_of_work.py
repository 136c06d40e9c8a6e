"""The unit of work that is under way: its session, and what follows its commit."""

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
"""The session of the unit of work that is under way (a request, a command, a job)."""


@contextmanager
def made_current(opened: Session) -> Iterator[None]:
    """Let :data:`session` mean this session until the block ends."""
    token = _current_session.set(opened)
    try:
        yield
    finally:
        _current_session.reset(token)


def after_commit(opened: Session, action: Callable[[], object]) -> None:
    """Do ``action`` once what was done so far is committed, for good: not just a savepoint.

    It is forgotten when that, or a savepoint that was open around it, is rolled back.
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
    """Mark a GET view that writes (the audit of a reading), so that SQLite locks in time."""
    view.varsko_writes = True  # type: ignore[attr-defined]
    return view
