"""Static files, which browsers may cache for a year, and the templates of all rooms' pages."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from functools import cache
from pathlib import Path

from flask import Blueprint, Flask, Response, has_request_context, request

from rooms import ROOT
from web.languages.prefix import ROOT_KEY

STATIC = ROOT / "web" / "static"
A_YEAR = timedelta(days=365)


def init_app(app: Flask) -> None:
    """Register the templates, and add ``static_url`` to them and the cache header to static files.

    A line of a template with nothing but a tag leaves no blank line in the page.
    """
    app.register_blueprint(Blueprint("web", "web", template_folder="templates"))
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals["static_url"] = static_url

    @app.after_request
    def keep(response: Response) -> Response:
        if request.endpoint == "static" and response.status_code in {200, 304}:
            response.headers["Cache-Control"] = (
                f"public, max-age={int(A_YEAR.total_seconds())}, immutable"
                if request.args.get("v") or request.path.endswith(".woff2")
                else "no-cache"
            )
        return response


def static_url(filename: str, *, versioned: bool = True) -> str:
    """The URL of a static file with a hash of its content: ``/static/x.css?v=1f2e3d4c``.

    It is the same in every language, so that a file is fetched once. ``versioned=False`` is for
    files that a style sheet refers to without the hash.
    """
    root = request.environ.get(ROOT_KEY, "") if has_request_context() else ""
    if not versioned:
        return f"{root}/static/{filename}"
    path = STATIC / filename
    return f"{root}/static/{filename}?v={_fingerprint(path, path.stat().st_mtime_ns)}"


@cache
def _fingerprint(path: Path, _changed: int) -> str:
    """Eight hexadecimal digits of the file's SHA-256; recomputed when the file changes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:8]
