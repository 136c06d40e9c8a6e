"""A small web service that receives webhooks, records them and answers as told."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qsl

from twilio.request_validator import RequestValidator

from tests.settings import AUTH_TOKEN

EMPTY = "<?xml version='1.0'?><Response/>"


@dataclass
class Post:
    """A webhook as it arrived."""

    url: str
    params: dict[str, str]
    headers: dict[str, str]

    @property
    def status(self) -> str:
        """The message's state that it reports."""
        return self.params["MessageStatus"]

    def genuine(self, url: str | None = None, **altered: str) -> bool:
        """Whether Twilio's own validator accepts it, perhaps with altered parts."""
        signature = self.headers.get("X-Twilio-Signature", "")
        validator = RequestValidator(AUTH_TOKEN)
        return bool(validator.validate(url or self.url, {**self.params, **altered}, signature))


class Service:
    """Answers POSTs with `answer`: (HTTP status, content type, body)."""

    def __init__(self) -> None:
        self.posts: list[Post] = []
        self.answer: tuple[int, str, str] = (200, "text/xml", EMPTY)
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                params = dict(parse_qsl(body, keep_blank_values=True))
                service.posts.append(Post(service.url + self.path, params, dict(self.headers)))
                status, kind, text = service.answer
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, format: str, *args: object) -> None:
                """Log nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def reply(self, *texts: str) -> None:
        """Answer inbound messages with these texts."""
        messages = "".join(f"<Message>{text}</Message>" for text in texts)
        self.answer = (200, "text/xml", f"<Response>{messages}</Response>")

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
