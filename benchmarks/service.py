"""Varsko as the rows use it: its settings, the app in this process, and its processes."""

from __future__ import annotations

import base64
import hashlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.harness import Bench, Unmeasurable
from config import Config, EngineKind
from dispatch.providers.directory import SETTINGS
from web.http.app import VarskoApp
from wsgi import create_app

ROOT = Path(__file__).parents[1]
ACCOUNT_SID = "AC" + "0123456789abcdef" * 2
AUTH_TOKEN = "token of the benchmarks, for no account"
SMS_NUMBER = "+4552510000"
UNLIMITED = 1_000_000
"""A sender's rate that is never reached."""

PATIENCE_SECONDS = 60.0
"""How long a process may take to start."""

Settings = Mapping[str, str]


def _key(letter: str) -> str:
    return base64.b64encode(hashlib.sha256(letter.encode()).digest()).decode()


def settings(database_url: str, **changes: Any) -> Settings:
    """Settings with senders that have no limit; ``changes`` by field name.

    Everything else is at its default: what is measured is what a newcomer gets.
    """
    named = {
        "public_url": "http://varsko.test",
        "database_url": database_url,
        "secret_key": _key("web"),
        "subscriber_keys": f"s1:{_key('s')}",
        "subscriber_index_key": _key("S"),
        "tip_keys": f"t1:{_key('t')}",
        "tip_index_key": _key("T"),
        "twilio_account_sid": ACCOUNT_SID,
        "twilio_auth_token": AUTH_TOKEN,
        "twilio_api_url": "http://127.0.0.1:9",
        "sms_number": SMS_NUMBER,
        "sms_segments_per_second": UNLIMITED,
        "mail_from": "varsko@varsko.test",
        "smtp_host": "127.0.0.1",
        "smtp_port": 9,
        "smtp_security": "none",
        "smtp_messages_per_second": UNLIMITED,
        **changes,
    }
    return {f"VARSKO_{name.upper()}": str(value) for name, value in named.items()}


@contextmanager
def opened_app(given: Settings) -> Iterator[VarskoApp]:
    """The app in this process, inside an app context; it logs only errors."""
    app = create_app(Config.from_environment({**given, "VARSKO_LOG_LEVEL": "error"}, SETTINGS))
    with app.app_context():
        yield app
    app.extensions["varsko_database"].engine.dispose()


def free_port() -> int:
    """A free port of the loopback interface."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for_port(port: int) -> None:
    """Return as soon as something listens there."""

    def listens() -> bool:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            return False
        return True

    wait_until(listens, f"a server on port {port}")


def wait_until(is_so: Callable[[], bool], what: str) -> None:
    """Wait for a process to start; raises :class:`Unmeasurable` when it does not."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        if time.monotonic() > until:
            raise Unmeasurable(f"{what} did not start")
        time.sleep(0.05)


@contextmanager
def running(
    command: Sequence[str], given: Settings, log: Path, **environment: str
) -> Iterator[subprocess.Popen[bytes]]:
    """A process with these settings, which log to ``log``; killed with its children at the end.

    What is measured is over by then, and its database is thrown away.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VARSKO_")}
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**kept, **given, "PYTHONPATH": str(ROOT), **environment},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def engine_settings(bench: Bench, broker_url: str = "") -> dict[str, str]:
    """The settings that choose the row's engine, by field name."""
    chosen = {"engine": bench.engine.value}
    return {**chosen, "broker_url": broker_url} if broker_url else chosen


def dispatch_commands(engine: EngineKind, workers: int = 1) -> list[list[str]]:
    """The commands of a dispatcher; ``workers`` of its processes send SMS."""
    flask = [sys.executable, "-m", "flask", "--app", "wsgi", "dispatch"]
    if engine is EngineKind.EMBEDDED:
        return [[*flask, "run"]] * workers
    one = ("--processes", "1")
    return [
        [*flask, "run"],
        [*flask, "worker", "email", *one],
        *[[*flask, "worker", "sms", *one]] * workers,
    ]
