"""What gunicorn serves for the webhooks: Varsko, or an empty Flask app.

A worker that has built its app leaves a file in the folder ``BENCHMARKS_READY``, so that nothing
is measured before the last one serves.
"""

from __future__ import annotations

import os
from pathlib import Path

from flask import Flask

import wsgi
from web.http.app import VarskoApp

READY = "BENCHMARKS_READY"


def product() -> VarskoApp:
    """Varsko as it is."""
    app = wsgi.create_app()
    _note_ready()
    return app


def floor() -> Flask:
    """An app that answers any POST with an empty response."""
    app = Flask("floor")

    @app.post("/<path:_path>")
    def answer(_path: str) -> tuple[str, int]:
        return "", 204

    _note_ready()
    return app


def _note_ready() -> None:
    (Path(os.environ[READY]) / str(os.getpid())).touch()
