"""What comes back: cases, tips and their review."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Hang up the room."""
