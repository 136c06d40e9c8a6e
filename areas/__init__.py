"""Room under construction."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Hang up the room."""
