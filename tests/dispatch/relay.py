"""An SMTP relay whose behaviour towards a recipient is given by the address."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections import Counter
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self


@dataclass
class Relay:
    """Runs while used as a context manager. What it accepted is in ``taken``.

    The local part of a recipient's address, up to a ``+``, names the behaviour; so does that of
    a sender. Prefixed with ``once-``, it applies only the first time.
    """

    takes_pipelines: bool = True
    taken: list[tuple[str, bytes]] = field(default_factory=list)
    connections: int = 0
    talked_ahead: bool = False
    seen: Counter[str] = field(default_factory=Counter)

    def __enter__(self) -> Self:
        relay = self

        class Conversation(_Conversation):
            def setup(self) -> None:
                super().setup()
                self.relay = relay

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Conversation)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def behaviour(self, address: str) -> str:
        """The behaviour for an address this time."""
        word = address.partition("@")[0].partition("+")[0]
        if word.startswith("once-"):
            self.seen[address] += 1
            return word.removeprefix("once-") if self.seen[address] == 1 else ""
        return word


class _Conversation(socketserver.StreamRequestHandler):
    relay: Relay

    def handle(self) -> None:
        self.relay.connections += 1
        self.sender = self.recipient = self.treated = ""
        self.say("220 relay")
        try:
            while line := self.rfile.readline():
                verb, _space, rest = line.decode().rstrip("\r\n").partition(" ")
                if not self.relay.takes_pipelines:
                    self.look_ahead()
                if not getattr(self, verb.lower())(rest):
                    return
        except ConnectionError:
            return

    def look_ahead(self) -> None:
        """Record whether a client continues before it has an answer."""
        self.connection.setblocking(False)
        try:
            ahead = self.connection.recv(1, socket.MSG_PEEK)
            self.relay.talked_ahead |= bool(ahead) or len(self.rfile.peek()) > 0  # type: ignore[attr-defined]
        except BlockingIOError:
            pass
        finally:
            self.connection.setblocking(True)

    def say(self, *lines: str) -> bool:
        """Answer; returns True, because the conversation continues."""
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())
        return True

    def ehlo(self, _rest: str) -> bool:
        extensions = ["PIPELINING"] if self.relay.takes_pipelines else []
        lines = ["relay", *extensions, "SMTPUTF8", "8BITMIME"]
        return self.say(*(f"250-{line}" for line in lines[:-1]), f"250 {lines[-1]}")

    def rset(self, _rest: str) -> bool:
        self.sender = self.recipient = ""
        return self.say("250 2.0.0 OK")

    def mail(self, rest: str) -> bool:
        sender = rest.partition("<")[2].partition(">")[0]
        if self.sender:
            return self.say("503 5.5.1 Nested MAIL command")
        refusals = {"later": "451 4.3.0 Later", "refused": "550 5.7.1 Not you"}
        word = self.relay.behaviour(sender)
        if word in refusals:
            return self.say(refusals[word])
        self.sender = sender
        return self.say("250 2.1.0 OK")

    def rcpt(self, rest: str) -> bool:
        if not self.sender:
            return self.say("503 5.5.1 MAIL first")
        recipient = rest.partition("<")[2].partition(">")[0]
        self.treated = self.relay.behaviour(recipient)
        match self.treated:
            case "unknown":
                return self.say("550-5.1.1 It is not here,", "550 5.1.1 nor was it ever")
            case "busy" | "eager":
                return self.say("450 4.2.1 Mailbox busy")
            case "cut":
                return False
            case "closing":
                return self.say("421 4.3.2 Closing") and False
        self.recipient = recipient
        return self.say("250 2.1.5 OK")

    def data(self, _rest: str) -> bool:
        if not self.recipient and self.treated != "eager":
            return self.say("554 5.5.1 No valid recipients")
        if self.treated == "full":
            return self.say("452 4.3.1 Disk full")
        self.say("354 Go ahead")
        content = b""
        while not content.endswith(b"\r\n.\r\n") and content != b".\r\n":
            line = self.rfile.readline()
            if not line:
                return False
            content += line
        recipient, self.sender, self.recipient = self.recipient, "", ""
        if not recipient:
            return self.say("554 5.5.1 No valid recipients")
        match self.treated:
            case "spam":
                return self.say("554 5.7.1 Spam")
            case "wait":
                return self.say("451 4.7.0 Greylisted")
            case "silent":
                return False
            case "nonsense":
                return self.say("354 What?")
            case "exhausted":
                return self.say("421 4.7.0 Too many messages") and False
        self.relay.taken.append((recipient, content))
        self.say("250 2.0.0 Queued")
        return self.treated != "last"

    def quit(self, _rest: str) -> bool:
        return self.say("221 2.0.0 Bye") and False
