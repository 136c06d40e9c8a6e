"""What is to be done after a response is done, however the connection ends."""

from __future__ import annotations

import socket
import struct
import threading
from http.client import HTTPResponse
from urllib.parse import urlencode, urlsplit

import pytest

from database import current_database
from tests.browser import serve
from tests.subscribers.factories import PHONE, add_areas, sent_to
from web.http.app import VarskoApp

RESET_WHEN_CLOSED = struct.pack("ii", 1, 0)
FORM = {"phone": PHONE, "places": "3400", "consent": "yes", "language": "da"}


def post_and_reset(address: str, path: str, form: dict[str, str]) -> int:
    """Post a form, read the status of the answer, and reset the connection."""
    server = urlsplit(address)
    assert server.hostname
    assert server.port
    body = urlencode(form).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {server.netloc}\r\nContent-Length: {len(body)}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    )
    with socket.create_connection((server.hostname, server.port)) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_WHEN_CLOSED)
        # The line after the body keeps the server reading until the connection is reset.
        connection.sendall(head.encode() + body + b"\r\n")
        response = HTTPResponse(connection)
        response.begin()
        return response.status


def wait_for_message() -> None:
    never = threading.Event()
    for _look in range(3000):
        with current_database().unit_of_work(writes=False) as session:
            if sent_to(session, PHONE):
                return
        never.wait(0.01)
    pytest.fail("nothing was sent")


@pytest.mark.one_database
def test_a_code_is_sent_to_somebody_whose_connection_is_reset(app: VarskoApp) -> None:
    with current_database().unit_of_work() as session:
        add_areas(session)
    with serve(app) as address:
        assert post_and_reset(address, "/tilmeld", FORM) == 303
        wait_for_message()
