"""The look and the edge: layouts, languages, security headers, errors, logs, limits."""

from __future__ import annotations

from flask import Flask

from web import cli, errors, filters, languages, limits, logs, navigation, security
from web.access import public
from web.rest import JsonApi

__all__ = ["init_app", "rest"]

rest = JsonApi()
"""The JSON API; rooms register their flask-smorest blueprints on it."""


def init_app(app: Flask) -> None:
    """Hang up the room. The order is the order of the request hooks."""
    public(app.view_functions["static"])
    logs.init_app(app)
    languages.init_app(app)
    security.init_app(app)
    limits.init_app(app)
    errors.init_app(app)
    filters.init_app(app)
    navigation.init_app(app)
    cli.init_app(app)
    app.config.update(
        API_TITLE="Varsko",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/api/v1",
        OPENAPI_JSON_PATH="openapi.json",
    )
    rest.init_app(app)
