"""How gunicorn serves Varsko. Gunicorn finds this file itself; see WEB_CONCURRENCY and --bind."""

from __future__ import annotations

import gc
import os

wsgi_app = "wsgi:create_app()"
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = 8
# GatewayAPI signs an inbound message with a token in a header that contains the whole text.
limit_request_field_size = 32 * 1024
# No access log: IP addresses would identify tipsters, and paths contain tokens.
# Varsko itself logs one line per request, without either.
accesslog = None
# No header of a request sets what only the server knows: by default a proxy could set SCRIPT_NAME.
forwarder_headers = ""
control_socket_disable = True  # it would be created in the home directory


def post_worker_init(_worker: object) -> None:
    """Exempt what is loaded by now from garbage collection: scanning it slows every request."""
    gc.freeze()
