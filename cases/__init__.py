"""Which case: references, what belongs to a case, opening and closing it, whose district it is."""

from __future__ import annotations

from flask import Flask

from cases import cli


def init_app(app: Flask) -> None:
    """Register the room."""
    cli.init_app(app)
