"""E-mail by an SMTP relay: a few threads, each with a connection that is kept open."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict, deque
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from functools import partial
from pathlib import Path

import structlog
from flask import Flask

from config import Config
from database import utcnow
from dispatch.hooks import hooks_of
from dispatch.models import DeliveryState
from dispatch.providers.base import (
    AnswerKind,
    OutgoingMessage,
    Provider,
    SendResult,
    StatusAnswer,
    StatusQuery,
    Text,
)
from dispatch.providers.smtp import journal
from dispatch.providers.smtp.conversation import Connection, Mail
from dispatch.providers.smtp.mime import Recipient, Template
from dispatch.providers.smtp.settings import SmtpSettings
from dispatch.signed_links import Tokens, bounce_address, unsubscribe_url
from web.problems.faults import describe_fault

log = structlog.get_logger(__name__)

TEMPLATES_KEPT = 64
ELSEWHERE = timedelta(minutes=10)
"""How long to wait for another host's dispatcher to restart and read a journal not found here."""


class SmtpProvider(Provider):
    """Sends e-mail through the relay in the settings."""

    settings = SmtpSettings

    def __init__(self, app: Flask, config: Config, tokens: Tokens) -> None:
        self._app = app
        self._config = config
        self._relay = config.of(SmtpSettings)
        self._tokens = tokens
        self._process = hooks_of(app).process
        self._journal = _open_journal(config, self._process)
        self._in_flight: set[journal.Key] = set()
        self._local = threading.local()
        self._connections: list[Connection] = []
        self._templates: OrderedDict[Text, Template] = OrderedDict()
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(self._relay.connections, thread_name_prefix="mail")

    def max_seconds(self, messages: int) -> float:
        """Nothing to add: a claimed mail is never resent while its process may be alive."""
        return 0.0

    def close(self) -> None:
        """Close the threads, their connections and the journal."""
        self._pool.shutdown(wait=True)
        for connection in self._connections:
            connection.close()
        if self._journal is not None:
            self._journal.close()

    @property
    def connections_opened(self) -> int:
        """How many connections were opened, to verify that they are reused."""
        return sum(connection.opened for connection in self._connections)

    # --- Sending -------------------------------------------------------------------------

    def _send(self, messages: Sequence[OutgoingMessage], address: str) -> list[SendResult]:
        try:
            templates = {text: self._template(text) for text in {m.text for m in messages}}
        except Exception as error:
            log.error("template_failed", fault=describe_fault(error))
            return [SendResult.content("template")] * len(messages)
        date = format_datetime(utcnow())
        mails = [self._mail(message, templates[message.text], date) for message in messages]
        with self._keeping_in_flight(mails):
            trouble = self._send_all(deque(mails))
        return [_result_of(mail, trouble) for mail in mails]

    def _mail(self, message: OutgoingMessage, template: Template, date: str) -> Mail:
        domain = self._config.mail_from.rpartition("@")[2]
        # Random: the recipient sees it, and ids would tell how many messages there are.
        reference = f"{secrets.token_hex(12)}@{domain}"
        key = (message.delivery_id, message.attempt)
        write = partial(self._write, message, template, reference, date)
        sender = bounce_address(self._config, self._tokens, *key)
        return Mail(key, sender, message.address, reference, write, message.leave_by)

    def _write(
        self, message: OutgoingMessage, template: Template, reference: str, date: str
    ) -> bytes:
        # A message from the outbox has no contact, so there is nothing to unsubscribe from.
        link = (
            ""
            if message.contact_id is None
            else unsubscribe_url(
                self._config, self._tokens, message.contact_id, message.text.language
            )
        )
        return template.render(Recipient(message.address, reference, link), date)

    def _send_all(self, mails: deque[Mail]) -> SendResult:
        """Let the threads hand mails over; returns the result for any that are left."""
        number = min(len(mails), self._relay.connections)
        trouble = SendResult.deferred("provider_failed")
        for thread in [self._pool.submit(self._send_some, mails) for _ in range(number)]:
            try:
                trouble = thread.result() or trouble
            except Exception as error:
                log.error("provider_failed", provider=self.name, fault=describe_fault(error))
        return trouble

    def _send_some(self, mails: deque[Mail]) -> SendResult | None:
        return self._connection().send_all(mails)

    @contextmanager
    def _keeping_in_flight(self, mails: Sequence[Mail]) -> Iterator[None]:
        keys = {mail.key for mail in mails}
        with self._lock:
            self._in_flight |= keys
        try:
            yield
        finally:
            with self._lock:
                self._in_flight -= keys

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
            note = self._journal.note if self._journal is not None else journal.write_nothing
            connection = self._local.connection = Connection(self._relay, note)
            with self._lock:
                self._connections.append(connection)
        return connection

    # --- What a dead process had sent ----------------------------------------------------

    def journaled_processes(self) -> Collection[str]:
        """Processes whose mail journals are on this host."""
        if not self._config.state_dir:
            return ()
        return journal.processes(Path(self._config.state_dir))

    def _ask(self, questions: Sequence[StatusQuery]) -> list[StatusAnswer]:
        """The relay cannot be asked; the journal of the process that had the mail is read."""
        if not self._config.state_dir:
            return super()._ask(questions)
        asked: dict[str, set[journal.Key]] = {}
        for question in questions:
            if question.lost_by is not None:
                asked.setdefault(question.lost_by, set()).add(_key(question))
        folder = Path(self._config.state_dir)
        records = {process: journal.read(folder, process, keys) for process, keys in asked.items()}
        return [self._find(question, records) for question in questions]

    def _find(
        self, question: StatusQuery, records: dict[str, journal.Record | None]
    ) -> StatusAnswer:
        waited = utcnow() - question.attempted_at
        record = records.get(question.lost_by or "")
        if question.lost_by is None or waited > journal.KEPT:
            return StatusAnswer(AnswerKind.CANNOT_TELL)
        if record is None:
            may_come = waited < ELSEWHERE
            return StatusAnswer(AnswerKind.NOT_NOW if may_come else AnswerKind.CANNOT_TELL)
        if question.lost_by == self._process:
            # This process is alive, and knows what it has in flight.
            record = replace(record, is_final=_key(question) not in self._in_flight)
        state, reference = record.state_of(_key(question))
        if state is journal.AttemptState.ACCEPTED:
            return StatusAnswer(AnswerKind.FOUND, DeliveryState.SENT, reference)
        return StatusAnswer(_CERTAINTY[state])


_CERTAINTY = {
    journal.AttemptState.NOT_SENT: AnswerKind.NOT_FOUND,
    journal.AttemptState.UNDECIDED: AnswerKind.NOT_NOW,
    journal.AttemptState.UNKNOWN: AnswerKind.CANNOT_TELL,
}


def _key(question: StatusQuery) -> journal.Key:
    return question.delivery_id, question.attempt


def _result_of(mail: Mail, trouble: SendResult) -> SendResult:
    if mail.result is not None:
        return mail.result
    return SendResult.unknown("provider_failed") if mail.may_be_sent else trouble


def _open_journal(config: Config, process: str) -> journal.Journal | None:
    if not config.state_dir:
        return None
    try:
        return journal.Journal(Path(config.state_dir), process)
    except OSError as error:
        # Mail must still be sent.
        log.error("journal_unavailable", fault=describe_fault(error))
        return None
