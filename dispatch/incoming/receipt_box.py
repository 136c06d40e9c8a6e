"""Storing delivery reports as they arrive: many requests share one transaction.

A million recipients cause three million reports, and a commit for each would cost more than the
rest of the request. The first request that finds no other one writing writes the reports of all
requests that arrive meanwhile; none is answered before its own report is committed.
"""

from __future__ import annotations

import threading
from typing import Any, cast

from flask import current_app
from sqlalchemy import Table, insert

from database import Database
from dispatch.models import Receipt

EXTENSION = "dispatch_receipt_box"
MOST = 500
"""Reports written by one statement."""


class _Kept:
    """A report waiting to be written."""

    __slots__ = ("done", "error", "row")

    def __init__(self, row: dict[str, Any]) -> None:
        self.row = row
        self.done = threading.Event()
        self.error: BaseException | None = None


class ReceiptBox:
    """Collects the reports of one process's requests, which run in threads."""

    def __init__(self, database: Database) -> None:
        # A single statement is its own transaction; on SQLite, transactions are begun explicitly.
        self._engine = (
            database.engine
            if database.is_sqlite
            else database.engine.execution_options(isolation_level="AUTOCOMMIT")
        )
        self._lock = threading.Lock()
        self._waiting: list[_Kept] = []
        self._is_writing = False
        self._statement = insert(cast("Table", Receipt.__table__))

    def put(self, row: dict[str, Any]) -> None:
        """Store a report; it is committed when this returns. Raises what the database raised."""
        kept = _Kept(row)
        with self._lock:
            self._waiting.append(kept)
            writes, self._is_writing = not self._is_writing, True
        if writes:
            self._write_all()
        else:
            kept.done.wait()
        if kept.error is not None:
            raise kept.error

    def _write_all(self) -> None:
        while True:
            with self._lock:
                taken, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                if not taken:
                    self._is_writing = False
                    return
            self._write(taken)

    def _write(self, taken: list[_Kept]) -> None:
        error: BaseException | None = None
        try:
            with self._engine.begin() as connection:
                connection.execute(self._statement, [kept.row for kept in taken])
        except BaseException as raised:
            error = raised
        for kept in taken:
            kept.error = error
            kept.done.set()


def receipt_box() -> ReceiptBox:
    """The receipt box of the running app (needs an app context)."""
    box: ReceiptBox = current_app.extensions[EXTENSION]
    return box
