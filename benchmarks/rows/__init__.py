"""The rows, in the order in which they run. To add one, write a file and name it here."""

from __future__ import annotations

from benchmarks.harness import Row
from benchmarks.rows import (
    addresses,
    email,
    fill,
    first_message,
    fold,
    preview,
    sms,
    stop,
    two_processes,
    urgent,
    webhooks,
)

ROWS: tuple[Row, ...] = (
    fill.ROW,
    first_message.ROW,
    sms.ROW,
    email.ROW,
    preview.ROW,
    webhooks.ROW,
    fold.ROW,
    two_processes.ROW,
    urgent.ROW,
    stop.ROW,
    addresses.ROW,
)
