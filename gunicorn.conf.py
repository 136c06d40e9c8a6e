"""How gunicorn serves Varsko. It reads this file by itself, and WEB_CONCURRENCY and --bind."""

from __future__ import annotations

import gc
import os

wsgi_app = "wsgi:create_app()"
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = 8
# GatewayAPI signs a message from a phone by a token in a header that holds the whole text.
limit_request_field_size = 32 * 1024
# No log of addresses and paths: those who give tips stay unknown, and paths hold tokens.
# Varsko itself logs one line for each request, with neither.
accesslog = None
control_socket_disable = True  # it would be made in the home directory


def post_worker_init(_worker: object) -> None:
    """What is loaded by now stays: looking through it for garbage would slow every request."""
    gc.freeze()
