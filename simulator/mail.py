"""Receives e-mail by SMTP into mailboxes, with scripted answers for chosen recipients."""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cached_property
from typing import Any

from aiosmtpd.smtp import SMTP

from simulator.behaviour import MailBehaviour
from simulator.behaviour_script import Script
from simulator.phones.network import Network, ignore

_URL = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]]")
_MAX_SIZE = 32 * 1024 * 1024  # bytes


class Mail:
    """One e-mail as received; parsed when it is first read."""

    def __init__(self, sender: str, recipient: str, raw: bytes) -> None:
        self.id = secrets.token_hex(8)
        self.sender = sender  # the envelope sender: where bounces go
        self.recipient = recipient
        self.raw = raw
        self.received = time.time()
        self.unsubscribed = ""  # what the one-click address answered, for display

    @cached_property
    def message(self) -> EmailMessage:
        """The parsed message."""
        return message_from_bytes(self.raw, policy=policy.default)

    def header(self, name: str) -> str:
        """A header's value, or nothing."""
        return str(self.message.get(name, ""))

    @property
    def subject(self) -> str:
        """The subject."""
        return self.header("Subject")

    @cached_property
    def text(self) -> str:
        """The plain text part, or nothing."""
        return self._part("plain")

    @cached_property
    def html(self) -> str:
        """The HTML part, or nothing."""
        return self._part("html")

    @cached_property
    def links(self) -> list[str]:
        """Every web address in the text, else in the HTML, each once."""
        found = _URL.findall(self.text) or re.findall(r'href="(https?://[^"]+)"', self.html)
        return list(dict.fromkeys(link.replace("&amp;", "&") for link in found))

    @property
    def unsubscribe_url(self) -> str:
        """The one-click address (RFC 8058), or nothing when the mail does not offer it."""
        if "one-click" not in self.header("List-Unsubscribe-Post").lower():
            return ""
        addresses = re.findall(r"<\s*(https?://[^>\s]+)\s*>", self.header("List-Unsubscribe"))
        return addresses[0] if addresses else ""

    def _part(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        if part is None:
            return ""
        try:
            return str(part.get_content())
        except (LookupError, UnicodeError):
            payload = part.get_payload(decode=True)
            return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


@dataclass(slots=True, eq=False)
class Mailbox:
    """The mail of one address, oldest first."""

    address: str
    pinned: bool = False
    mails: list[Mail] = field(default_factory=list)

    @property
    def messages(self) -> list[Mail]:
        """The mail, oldest first."""
        return list(self.mails)


class PostOffice:
    """Mailboxes by address, bounded in memory; guarded by the network's condition."""

    def __init__(self, network: Network, keep: int | None) -> None:
        self.boxes: dict[str, Mailbox] = {}
        self.received_total = 0
        self.on_change: Callable[[str], None] = ignore
        self._network = network
        self._keep = keep
        self._order: deque[Mail] = deque()

    def box(self, address: str, *, pinned: bool = False) -> Mailbox:
        """The mailbox of this address, created if there is none."""
        address = address.lower()
        box = self.boxes.setdefault(address, Mailbox(address))
        box.pinned = box.pinned or pinned
        return box

    def put(self, mail: Mail) -> None:
        """Deliver a mail, and forget the oldest when there are too many."""
        with self._network.condition:
            self.box(mail.recipient).mails.append(mail)
            self.received_total += 1
            self._order.append(mail)
            while self._keep is not None and len(self._order) > self._keep:
                self._forget(self._order.popleft())
            self.on_change(mail.recipient.lower())
            self._network.changed()

    def find(self, mail_id: str) -> Mail | None:
        """The mail with this id, if it is still kept."""
        return next((mail for mail in reversed(self._order) if mail.id == mail_id), None)

    def newest_first(self) -> list[Mailbox]:
        """Mailboxes, the one with the latest mail first."""
        return sorted(
            self.boxes.values(),
            key=lambda box: box.mails[-1].received if box.mails else 0.0,
            reverse=True,
        )

    def clear(self) -> None:
        """Forget all mail, and the mailboxes that were not there from the start."""
        with self._network.condition:
            self._order.clear()
            self.received_total = 0
            self.boxes = {a: box for a, box in self.boxes.items() if box.pinned}
            for box in self.boxes.values():
                box.mails.clear()

    def _forget(self, mail: Mail) -> None:
        box = self.boxes.get(mail.recipient.lower())
        if box is None:
            return
        if mail in box.mails:
            box.mails.remove(mail)
        if not box.mails and not box.pinned:
            del self.boxes[box.address]


class SmtpReceiver:
    """The SMTP server's answers (a handler of aiosmtpd)."""

    def __init__(self, office: PostOffice, script: Script[MailBehaviour]) -> None:
        self._office = office
        self._script = script

    async def listen(self, host: str, port: int) -> asyncio.Server:
        """Start the server in the running event loop."""
        loop = asyncio.get_running_loop()
        return await loop.create_server(self._connection, host, port, backlog=512)

    def _connection(self) -> SMTP:
        return SMTP(
            self,
            data_size_limit=_MAX_SIZE,
            enable_SMTPUTF8=True,
            hostname="simulator",
            ident="Varsko simulator",
            loop=asyncio.get_running_loop(),
        )

    async def handle_EHLO(
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        """Answer to the greeting: pipelining is supported (RFC 2920)."""
        session.host_name = hostname
        return [responses[0], "250-PIPELINING", *responses[1:]]

    async def handle_RCPT(
        self,
        server: Any,
        session: Any,
        envelope: Any,
        address: str,
        options: list[str],
    ) -> str:
        """Answer to one recipient."""
        behaviour = self._script.take(address.lower(), "")
        if behaviour is not None and not behaviour.at_data:
            return self._misbehave(server, behaviour)
        if behaviour is not None:
            envelope.scripted = behaviour
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Accept the message, unless scripted otherwise."""
        behaviour: MailBehaviour | None = getattr(envelope, "scripted", None)
        if behaviour is not None:
            return self._misbehave(server, behaviour)
        for recipient in envelope.rcpt_tos:
            self._office.put(Mail(envelope.mail_from or "", recipient, envelope.content))
        return "250 2.0.0 OK"

    @staticmethod
    def _misbehave(server: Any, behaviour: MailBehaviour) -> str:
        if behaviour.disconnect and server.transport is not None:
            server.transport.abort()
        return behaviour.reply or "421 4.3.2 Service shutting down"
