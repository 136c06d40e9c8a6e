"""How fast pages are answered under attack: ``python -m benchmarks.under_attack``.

Varsko's web behind the documented proxy, with 20 clients that send a body slowly, 32 that guess
passwords and 40 STOPs to phones whose message a hanging provider has just been handed, all at once.
"""

from __future__ import annotations

import http.client
import itertools
import json
import re
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlencode

from sqlalchemy import update

from benchmarks import webhook_load
from benchmarks.databases import Databases, Kind
from benchmarks.proxy import proxy_command
from benchmarks.rows.webhooks import GUNICORN
from benchmarks.service import (
    AUTH_TOKEN,
    free_port,
    opened_app,
    running,
    settings,
    wait_for_port,
)
from database import current_database, utcnow
from dispatch import Content, ensure_contact, send_to_contact
from dispatch.models import Channel, Delivery, DeliveryState
from simulator.http.signatures import sign
from staff.accounts import create_staff
from staff.permissions import Role

SLOW_BODIES, GUESSERS, STOPS = 20, 32, 40
SECONDS = 15.0
PAGES = ("/", "/tilmeld", "/min-side")
EMAIL = "betjent@politi.test"


def main() -> None:
    """Print the medians, in milliseconds, without the attacks and during them."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        databases = Databases(folder)
        stack.callback(databases.close)
        url = stack.enter_context(databases.copy(Kind.POSTGRESQL, "attack", _people))
        given = settings(url, trusted_proxies=1, log_level="error")
        web, port = free_port(), free_port()
        command = [*GUNICORN, "--bind", f"127.0.0.1:{web}"]
        stack.enter_context(running(command, given, folder / "web.log"))
        stack.enter_context(_proxy(folder, port, web))
        wait_for_port(web)
        for path in PAGES * 5:
            _get(port, path)
        calm = _measure(port)
        stopping = threading.Event()
        attackers = [
            threading.Thread(target=attack, args=(port, number, stopping), daemon=True)
            for attack, times in ((_send_slowly, SLOW_BODIES), (_guess, GUESSERS), (_stop, STOPS))
            for number in range(times)
        ]
        for attacker in attackers:
            attacker.start()
        attacked = _measure(port)
        stopping.set()
        for attacker in attackers:
            attacker.join(30)
        sys.stdout.write(json.dumps({"calm": calm, "attacked": attacked, "seen": _seen}) + "\n")


_seen: dict[str, int] = {}


def _measure(port: int) -> dict[str, float]:
    taken: list[float] = []
    until = time.monotonic() + SECONDS
    for path in itertools.cycle(PAGES):
        if time.monotonic() > until:
            break
        began = time.perf_counter()
        status = _get(port, path)
        if status != 200:
            raise SystemExit(f"{path} was answered with {status}")
        taken.append((time.perf_counter() - began) * 1000)
        time.sleep(0.05)
    ordered = sorted(taken)
    return {
        "requests": len(taken),
        "median_ms": round(statistics.median(taken), 1),
        "p95_ms": round(ordered[int(len(ordered) * 0.95)], 1),
        "longest_ms": round(ordered[-1], 1),
    }


def _get(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path)
    status = connection.getresponse().status
    connection.close()
    return status


def _send_slowly(port: int, _number: int, stopping: threading.Event) -> None:
    """A body of 5,000 bytes, one byte a second, again when the proxy has had enough."""
    head = b"POST /tilmeld HTTP/1.1\r\nHost: varsko.test\r\nContent-Length: 5000\r\n\r\n"
    while not stopping.is_set():
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(head)
            while not stopping.wait(1):
                connection.sendall(b"x")


def _guess(port: int, number: int, stopping: threading.Event) -> None:
    """Passwords, without a pause, each guesser from a network of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    origin = {"X-Test-Origin": f"198.51.{number}.1"}
    connection.request("GET", "/staff/login", headers=origin)
    page = connection.getresponse()
    cookie = (page.getheader("Set-Cookie") or "").partition(";")[0]
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.read().decode())
    form = urlencode(
        {"csrf_token": token[1] if token else "", "email": EMAIL, "password": "x" * 14}
    )
    headers = {
        **origin, "Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded",
    }  # fmt: skip
    while not stopping.is_set():
        connection.request("POST", "/staff/login", form, headers)
        answer = connection.getresponse()
        answer.read()
        _count(f"guess {answer.status}")


def _stop(port: int, number: int, _stopping: threading.Event) -> None:
    path = webhook_load.INBOUND
    form = {"Body": "STOP", "From": f"+45{30_000_000 + number}", "To": "+4552510000",
            "MessageSid": f"SM{number:032x}", "NumMedia": "0"}  # fmt: skip
    signature = sign(AUTH_TOKEN, webhook_load.PUBLIC + path, form)
    headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    began = time.perf_counter()
    connection.request("POST", path, urlencode(form), headers)
    answer = connection.getresponse()
    _count(f"stop {answer.status}")
    took = round((time.perf_counter() - began) * 1000)
    _seen["longest_stop_ms"] = max(_seen.get("longest_stop_ms", 0), took)


def _count(what: str) -> None:
    _seen[what] = _seen.get(what, 0) + 1


def _people(url: str) -> None:
    """Forty phones whose message is with the provider, and a member of staff."""
    with opened_app(settings(url)), current_database().unit_of_work() as session:
        create_staff(
            session, email=EMAIL, name="B", password="fire ord som ingen ved",
            roles=[Role.OFFICER], totp_secret="JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
        )  # fmt: skip
        for number in range(STOPS):
            contact = ensure_contact(session, Channel.SMS, f"+45{30_000_000 + number}")
            content = Content(Channel.SMS, "da", "Hej")
            send_to_contact(session, contact, content, "benchmark:attack")
        session.execute(update(Delivery).values(state=DeliveryState.SENDING, attempted_at=utcnow()))


@contextmanager
def _proxy(folder: Path, port: int, web: int) -> Iterator[None]:
    """The documented proxy, without TLS; a test header stands for the caller's address."""
    command = proxy_command(
        folder,
        port,
        web,
        changed={"X-Forwarded-For $remote_addr": "X-Forwarded-For $origin"},
        http='map $http_x_test_origin $origin { default $http_x_test_origin; "" $remote_addr; }',
    )
    with running(command, {}, folder / "nginx.out"):
        wait_for_port(port)
        yield


if __name__ == "__main__":
    main()
