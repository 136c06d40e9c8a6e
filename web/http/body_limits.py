"""Limits the size of request bodies: small by default, more if the route declares it.

A body declared longer is refused unread; one of undeclared length is read up to the limit.
"""

from __future__ import annotations

from flask import Flask, request
from werkzeug.exceptions import RequestEntityTooLarge

from web.http.access import body_limit_of

DEFAULT_BODY = 64 * 1024
"""Bytes of a form or of JSON: enough for two form-encoded texts of 1,500 non-ASCII characters."""


def init_app(app: Flask) -> None:
    """Limit bodies before any hook reads one."""
    app.config["MAX_CONTENT_LENGTH"] = DEFAULT_BODY

    @app.before_request
    def limit_body() -> None:
        view = app.view_functions.get(request.endpoint or "")
        limit = body_limit_of(view) or DEFAULT_BODY
        request.max_content_length = limit
        request.max_form_memory_size = limit
        if (request.content_length or 0) > limit:
            raise RequestEntityTooLarge
