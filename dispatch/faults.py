"""How an unexpected error is named in the log: see :mod:`web.faults`."""

from __future__ import annotations

from web.faults import describe_fault

__all__ = ["describe_fault"]
