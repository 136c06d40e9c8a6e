"""How many passwords are checked at once: each costs a core a tenth of a second, and 64 MiB.

What cannot be checked within a few tries of others is refused at once, so that guessing holds up
neither the threads that answer citizens nor colleagues on devices that are known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from threading import BoundedSemaphore
from typing import Any

from flask import request
from flask_babel import lazy_gettext as _l

from staff.origins import current_device
from web.problems.errors import Problem

WAITING = 3
"""How many may wait for the one that is being checked, in each process."""


class TooManySignIns(Problem):
    """Too many people, or a program, sign in right now."""

    status = 503
    slug = "too-many-sign-ins"
    title = _l("Mange logger ind lige nu")

    def __init__(self) -> None:
        super().__init__(_l("Vent et øjeblik, og prøv igen."))


class Slots:
    """One is checked, a few wait, the others are refused."""

    def __init__(self) -> None:
        self._turn = BoundedSemaphore(1)
        self._room = BoundedSemaphore(1 + WAITING)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Wait for one's turn; raises :class:`TooManySignIns` if too many wait already."""
        if not self._room.acquire(blocking=False):
            raise TooManySignIns()
        try:
            with self._turn:
                yield
        finally:
            self._room.release()


_strangers, _known = Slots(), Slots()


def in_turn(view: Callable[..., Any]) -> Callable[..., Any]:
    """Let passwords sent to this view be checked one at a time, known devices apart."""

    @wraps(view)
    def wait_and_check(*arguments: Any, **options: Any) -> Any:
        if request.method != "POST":
            return view(*arguments, **options)
        with (_strangers if current_device() is None else _known).taken():
            return view(*arguments, **options)

    return wait_and_check
