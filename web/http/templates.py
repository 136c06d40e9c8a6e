"""The layouts and macros that every room's pages use."""

from __future__ import annotations

from flask import Blueprint, Flask


def init_app(app: Flask) -> None:
    """Register the templates. A line with nothing but a tag leaves no blank line in the page."""
    app.register_blueprint(Blueprint("web", "web", template_folder="templates"))
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
