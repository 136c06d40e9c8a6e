"""Providers that accept everything: nginx for SMS, Postfix's smtp-sink for mail, and a recorder."""

from __future__ import annotations

import asyncio
import getpass
import itertools
import json
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.service import ACCOUNT_SID, SMS_NUMBER, free_port, wait_for_port

NGINX = "/usr/sbin/nginx"
SMTP_SINK = "/usr/sbin/smtp-sink"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


def twilio_answer(sid: str) -> str:
    """A Message resource just created, as Twilio answers, with this ``sid``.

    https://www.twilio.com/docs/messaging/api/message-resource
    """
    account = f"/2010-04-01/Accounts/{ACCOUNT_SID}"
    created = "Wed, 26 Nov 2025 12:00:00 +0000"
    return json.dumps(
        {
            "account_sid": ACCOUNT_SID, "api_version": "2010-04-01", "body": "Hej",
            "date_created": created, "date_sent": None, "date_updated": created,
            "direction": "outbound-api", "error_code": None, "error_message": None,
            "from": SMS_NUMBER, "messaging_service_sid": None, "num_media": "0",
            "num_segments": "1", "price": None, "price_unit": "USD", "sid": sid,
            "status": "queued",
            "subresource_uris": {"media": f"{account}/Messages/{sid}/Media.json"},
            "to": "+4520100000", "uri": f"{account}/Messages/{sid}.json",
        }
    )  # fmt: skip


NOTHING_RECEIVED = json.dumps(
    {
        "messages": [], "page": 0, "page_size": 1000, "start": 0, "end": 0, "uri": "/",
        "first_page_uri": "/", "next_page_uri": None, "previous_page_uri": None,
    }
)  # fmt: skip
"""The answer to who asks which messages came in."""


@contextmanager
def nginx(folder: Path) -> Iterator[str]:
    """The address of a server that accepts every SMS at once."""
    port = free_port()
    answer = twilio_answer("SM$request_id")
    configuration = folder / "nginx.conf"
    configuration.write_text(
        f"""\
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
{f"user {getpass.getuser()};" if os.geteuid() == 0 else ""}
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 100000000; default_type application/json;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{
      if ($request_method = GET) {{ return 200 '{NOTHING_RECEIVED}'; }}
      return 201 '{answer}';
    }}
  }}
}}
"""
    )
    with _listening([NGINX, "-e", f"{folder}/nginx.log", "-c", str(configuration)], port):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def smtp_sink() -> Iterator[int]:
    """The port of an SMTP server that accepts every mail and keeps none."""
    port = free_port()
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    with _listening([SMTP_SINK, *user, f"127.0.0.1:{port}", "1024"], port):
        yield port


@contextmanager
def _listening(command: list[str], port: int) -> Iterator[None]:
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        wait_for_port(port)
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


class Recorder:
    """An SMS provider in this process that records when each message arrived.

    It answers after ``delay`` seconds. Messages whose form contains ``mark`` are recorded too.
    """

    def __init__(self, *, delay: float = 0.0, mark: bytes = b"Haster") -> None:
        self.delay = delay
        self.mark = mark
        self.plain: list[float] = []
        self.marked: list[float] = []
        """When they arrived (:func:`time.perf_counter`)."""
        self.lines: set[asyncio.Transport] = set()
        """Open connections."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._ids = itertools.count(1)

    def __enter__(self) -> Recorder:
        self._thread.start()
        starting = self._loop.create_server(lambda: _Line(self), "127.0.0.1", 0, backlog=4096)
        self._server = asyncio.run_coroutine_threadsafe(starting, self._loop).result()
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    def __exit__(self, *_problem: object) -> None:
        asyncio.run_coroutine_threadsafe(self._hang_up(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _hang_up(self) -> None:
        self._server.close()
        for line in list(self.lines):
            line.abort()
        while self.lines:  # Each leaves when the loop has closed its socket.
            await asyncio.sleep(0)

    def take(self, form: bytes) -> bytes:
        """Record a message and return the answer. Who only asks for a list sends no form."""
        if not form:
            return _http("200 OK", NOTHING_RECEIVED)
        (self.marked if self.mark in form else self.plain).append(time.perf_counter())
        return _http("201 Created", twilio_answer(f"SM{next(self._ids):032x}"))


def _http(status: str, body: str) -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return f"{head}\r\n\r\n{body}".encode()


class _Line(asyncio.Protocol):
    """One connection: requests one after the other, each with a Content-Length."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._recorder.lines.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._recorder.lines.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._read += data
        head, end, rest = self._read.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        needed = int(length[1]) if length else 0
        if not end or len(rest) < needed:
            return
        self._read = rest[needed:]
        answer = self._recorder.take(rest[:needed])
        if self._recorder.delay:
            loop = asyncio.get_running_loop()
            loop.call_later(self._recorder.delay, self._transport.write, answer)
        else:
            self._transport.write(answer)
