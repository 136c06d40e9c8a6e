"""A virtual host of its own on RabbitMQ, so that no other worker takes our batches."""

from __future__ import annotations

import os
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from benchmarks.harness import Bench
from config import EngineKind

BROKER = os.environ.get("VARSKO_TEST_BROKER", "amqp://guest:guest@127.0.0.1:5672//")


@contextmanager
def broker_for(bench: Bench) -> Iterator[str]:
    """The address of a new virtual host for the block, or an empty string if no broker is used."""
    if bench.engine is not EngineKind.CELERY:
        yield ""
        return
    name = f"varsko_bench_{uuid.uuid4().hex[:12]}"
    parts = urlsplit(BROKER)
    _control("add_vhost", name)
    try:
        _control("set_permissions", "-p", name, parts.username or "guest", ".*", ".*", ".*")
        yield parts._replace(path=f"/{name}").geturl()
    finally:
        _control("delete_vhost", name)


def _control(*command: str) -> None:
    subprocess.run(
        ("/usr/sbin/rabbitmqctl", "-q", *command), check=True, capture_output=True, timeout=60
    )
