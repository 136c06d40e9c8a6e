"""Slow clients and a provider that hangs take no thread from those who ask for a page."""

from __future__ import annotations

import http.server
import re
import runpy
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.orm import Session

from benchmarks.proxy import proxy_command
from benchmarks.service import free_port, wait_for_port
from benchmarks.sinks import NGINX
from database import utcnow
from dispatch import contacts
from dispatch.models import Delivery, DeliveryState
from dispatch.signed_links import Purpose, Tokens
from rooms import ROOT
from tests.conftest import missing
from tests.dispatch.incoming.test_webhooks import post, sms
from tests.subscribers.factories import PHONE, contact_of, say
from web.http.app import VarskoApp

Work = Callable[[], AbstractContextManager[Session]]


class Upstream(http.server.ThreadingHTTPServer):
    """A server that counts the connections that reach it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.connections = 0

    def get_request(self) -> tuple[socket.socket, object]:
        self.connections += 1
        return super().get_request()


class _Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.do_POST()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        said = (
            f"{len(body)} {self.headers.get('X-Forwarded-For')} {self.headers.get('X-Request-ID')}"
        )
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said.encode())

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def proxied(tmp_path: Path) -> Iterator[tuple[Upstream, int]]:
    """The documented proxy, without TLS, before a server that counts."""
    if not Path(NGINX).exists():
        missing(NGINX)
    upstream, port = Upstream(), free_port()
    threading.Thread(target=upstream.serve_forever, daemon=True).start()
    command = proxy_command(tmp_path, port, upstream.server_port)
    with subprocess.Popen(command) as process:
        wait_for_port(port)
        yield upstream, port
        process.terminate()
    upstream.shutdown()
    upstream.server_close()


def ask(port: int, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(request)
        answer = b""
        while more := connection.recv(65536):
            answer += more
    return answer


@pytest.mark.one_database
def test_slow_bodies_wait_in_the_proxy(proxied: tuple[Upstream, int]) -> None:
    upstream, port = proxied
    head = b"POST /tilmeld HTTP/1.1\r\nHost: varsko.example.dk\r\nContent-Length: 5000\r\n\r\n"
    slow = [socket.create_connection(("127.0.0.1", port), timeout=30) for _ in range(20)]
    for connection in slow:
        connection.sendall(head + b"phone=")
    claims = b"X-Forwarded-For: 9.9.9.9\r\nX-Request-ID: mine-mine\r\nConnection: close\r\n"
    answer = ask(port, b"GET / HTTP/1.1\r\nHost: varsko.example.dk\r\n" + claims + b"\r\n")
    assert answer.endswith(b"0 127.0.0.1 None")
    assert upstream.connections == 1
    slow[0].sendall(b"x" * (5000 - len("phone=")))
    assert b"5000 127.0.0.1" in slow[0].recv(65536)
    assert upstream.connections == 2
    for connection in slow:
        connection.close()


@pytest.mark.one_database
def test_the_documented_proxy_writes_no_request_down() -> None:
    documented = (ROOT / "docs/nginx.conf").read_text()
    assert re.search(r"^access_log off;", documented, re.M)
    assert re.search(r"^error_log \S+ emerg;", documented, re.M)


@pytest.mark.one_database
def test_no_header_of_a_client_changes_what_the_server_knows() -> None:
    assert runpy.run_path(str(ROOT / "gunicorn.conf.py"))["forwarder_headers"] == ""


def follow_while_handed_over(client: FlaskClient, work: Work) -> None:
    """Somebody signs up, and is just being sent a link."""
    say("TRYK 3400")
    client.post("/min-side", data={"address": PHONE})
    with work() as session:
        session.execute(update(Delivery).values(state=DeliveryState.SENDING, attempted_at=utcnow()))


def test_a_stop_is_answered_at_once_though_the_provider_hangs(
    town: VarskoApp, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No request would end before the hand-over does, if one waited for it."""
    monkeypatch.setattr(contacts, "HANDOVER_TIMEOUT", 1e9)
    client = town.test_client()
    follow_while_handed_over(client, work)
    assert post(client, "/webhooks/twilio/inbound", sms("STOP", From=PHONE))[0] == 200
    with work() as session:
        contact = contact_of(session, PHONE)
        assert contact is not None
        assert contact.is_suppressed


def test_only_two_pages_at_once_wait_for_a_provider_that_hangs(
    town: VarskoApp, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contacts, "HANDOVER_TIMEOUT", 1e9)
    client = town.test_client()
    follow_while_handed_over(client, work)
    with work() as session:
        contact = contact_of(session, PHONE)
        assert contact is not None
        secret = town.extensions["varsko_config"].secret_key
        link = Tokens(secret).make(Purpose.UNSUBSCRIBE, contact.id)
    for _waiting in range(2):
        assert contacts._WAITING.acquire(blocking=False)
    try:
        assert client.post(f"/afmeld/{link}").status_code == 200
    finally:
        contacts._WAITING.release(2)
