"""The web layer: HTTP, problems, texts and languages, and the layouts of all pages."""

from __future__ import annotations

from flask import Flask

from web.http import (
    after_response,
    assets,
    body_limits,
    given_back,
    logs,
    navigation,
    rate_limits,
    rest,
    row_ids,
    security,
    sent_forms,
)
from web.http.access import public
from web.languages import cli, prefix
from web.problems import responses
from web.texts import filters


def init_app(app: Flask) -> None:
    """Set up the room. The order is the order of the request hooks."""
    public(app.view_functions["static"])
    logs.init_app(app)
    prefix.init_app(app)
    row_ids.init_app(app)
    body_limits.init_app(app)
    security.init_app(app)
    rate_limits.init_app(app)
    after_response.init_app(app)
    sent_forms.init_app(app)
    given_back.init_app(app)
    responses.init_app(app)
    assets.init_app(app)
    filters.init_app(app)
    navigation.init_app(app)
    cli.init_app(app)
    rest.init_app(app)
