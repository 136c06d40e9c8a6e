"""Refuses JSON that is nested too deep, before a parser spends memory on it."""

from __future__ import annotations

import re

import numpy as np

DEEPEST = 64
"""A MultiPolygon in a collection is nested 8 deep; properties may hold a little more."""

_ESCAPED = re.compile(rb"\\.", re.DOTALL)
_OTHERS = bytes(set(range(256)) - set(b'"[]{}'))
_STEPS = np.zeros(256, dtype=np.int8)
_STEPS[list(b"[{")] = 1
_STEPS[list(b"]}")] = -1


class NestedTooDeep(ValueError):
    """The document is nested deeper than :data:`DEEPEST`."""


class NestingGuard:
    """Follows how deep a JSON document is nested, chunk by chunk, in memory of one chunk."""

    def __init__(self) -> None:
        self._depth = 0
        self._in_string = False
        self._rest = b""

    def check(self, chunk: bytes) -> None:
        """Raise :class:`NestedTooDeep` if the document so far is."""
        chunk = _ESCAPED.sub(b"", self._rest + chunk)
        self._rest = b"\\" if chunk.endswith(b"\\") else b""
        parts = chunk.translate(None, _OTHERS).split(b'"')
        brackets = b"".join(parts[self._in_string :: 2])
        self._in_string ^= len(parts) % 2 == 0
        if brackets:
            depths = self._depth + np.cumsum(
                _STEPS[np.frombuffer(brackets, dtype=np.uint8)], dtype=np.int64
            )
            self._depth = int(depths[-1])
            if depths.max() > DEEPEST:
                raise NestedTooDeep
