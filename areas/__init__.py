"""Areas: official areas, drawn shapes, and which areas a shape touches."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the API and the commands."""
    from areas.api import api
    from areas.cli import areas
    from web.http.rest import rest

    rest.register_blueprint(api)
    app.cli.add_command(areas)
