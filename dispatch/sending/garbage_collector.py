"""Garbage collection in a sending process."""

from __future__ import annotations

import gc

THRESHOLDS = (20_000, 20, 50)
"""A slice creates some ten thousand objects and frees them all (default: 700, 10, 10)."""


def tune_garbage_collector() -> None:
    """Collect rarely, and never what is already loaded (call this before forking).

    With Python's defaults, a fifth of the sending time goes into garbage collection.
    """
    gc.set_threshold(*THRESHOLDS)
    gc.freeze()
