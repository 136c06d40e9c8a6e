"""E-mail by an SMTP relay: a few threads, each with a connection of its own that stays open."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from flask import Flask

from config import Config
from database import utcnow
from dispatch.channels.base import Carrier, Message, Outcome, OutcomeKind, Text
from dispatch.channels.mime import Recipient, Template, new_message_id
from dispatch.channels.smtp import Connection
from dispatch.models import Channel
from dispatch.tokens import Tokens, unsubscribe_url
from web.faults import describe_fault

TEMPLATES_KEPT = 64


class SmtpCarrier(Carrier):
    """Sends e-mail through the relay of the settings."""

    channel = Channel.EMAIL
    provider = "smtp"

    def __init__(self, app: Flask, config: Config, tokens: Tokens) -> None:
        self._app = app
        self._config = config
        self._tokens = tokens
        self._local = threading.local()
        self._connections: list[Connection] = []
        self._templates: OrderedDict[Text, Template] = OrderedDict()
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(config.mail_connections, thread_name_prefix="mail")

    def longest(self, messages: int) -> float:
        """Nothing: a mail that was taken up is never sent again, so nobody need wait for it."""
        return 0.0

    def close(self) -> None:
        """End the threads and their connections."""
        self._pool.shutdown(wait=True)
        for connection in self._connections:
            connection.close()

    @property
    def connections_opened(self) -> int:
        """How often a connection was made, for seeing that they are kept."""
        return sum(connection.opened for connection in self._connections)

    def _send(self, messages: Sequence[Message]) -> list[Outcome]:
        for text in {message.text for message in messages}:
            self._template(text)
        return list(self._pool.map(self._send_one, messages))

    def _send_one(self, message: Message) -> Outcome:
        reference = new_message_id(message.delivery_id, message.attempt, self._config.mail_from)
        recipient = Recipient(
            message.address,
            reference,
            unsubscribe_url(self._config, self._tokens, message.contact_id, message.text.language),
        )
        try:
            raw = self._template(message.text).render(recipient, utcnow())
            outcome = self._connection().send(message.address, raw)
        except Exception as error:
            # An outcome is a value; whatever broke, this message may have left.
            return Outcome.unknown(describe_fault(error)[:32])
        if outcome.kind is OutcomeKind.ACCEPTED:
            return Outcome.accepted(reference)
        return outcome

    def _template(self, text: Text) -> Template:
        with self._lock:
            found = self._templates.get(text)
            if found is None:
                with self._app.app_context():
                    found = Template(text, self._config.mail_from)
                self._templates[text] = found
                if len(self._templates) > TEMPLATES_KEPT:
                    self._templates.popitem(last=False)
            return found

    def _connection(self) -> Connection:
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = Connection(self._config)
            with self._lock:
                self._connections.append(connection)
        return connection
