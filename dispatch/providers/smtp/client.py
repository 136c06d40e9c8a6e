"""E-mail by an SMTP relay: a few threads, each with a connection of its own that stays open."""

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
from dispatch.links import Tokens, bounce_address, unsubscribe_url
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
from dispatch.providers.smtp.conversation import Connection, Letter
from dispatch.providers.smtp.mime import Recipient, Template
from dispatch.providers.smtp.settings import SmtpSettings
from web.problems.faults import describe_fault

log = structlog.get_logger(__name__)

TEMPLATES_KEPT = 64
ELSEWHERE = timedelta(minutes=10)
"""How long a journal that is not here may be on another host, whose dispatcher starts again."""


class SmtpProvider(Provider):
    """Sends e-mail through the relay of the settings."""

    settings = SmtpSettings

    def __init__(self, app: Flask, config: Config, tokens: Tokens) -> None:
        self._app = app
        self._config = config
        self._relay = config.of(SmtpSettings)
        self._tokens = tokens
        self._process = hooks_of(app).process
        self._journal = _open_journal(config, self._process)
        self._under_way: set[journal.Key] = set()
        self._local = threading.local()
        self._connections: list[Connection] = []
        self._templates: OrderedDict[Text, Template] = OrderedDict()
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(self._relay.connections, thread_name_prefix="mail")

    def longest(self, messages: int) -> float:
        """Nothing: nobody sends a mail that was taken up while who took it up may live."""
        return 0.0

    def close(self) -> None:
        """End the threads, their connections and the journal."""
        self._pool.shutdown(wait=True)
        for connection in self._connections:
            connection.close()
        if self._journal is not None:
            self._journal.close()

    @property
    def connections_opened(self) -> int:
        """How often a connection was made, for seeing that they are kept."""
        return sum(connection.opened for connection in self._connections)

    # --- Sending -------------------------------------------------------------------------

    def _send(self, messages: Sequence[OutgoingMessage], address: str) -> list[SendResult]:
        try:
            templates = {text: self._template(text) for text in {m.text for m in messages}}
        except Exception as error:
            log.error("template_failed", fault=describe_fault(error))
            return [SendResult.content("template")] * len(messages)
        date, nonce = format_datetime(utcnow()), secrets.token_hex(6)
        letters = [
            self._letter(message, templates[message.text], date, nonce) for message in messages
        ]
        with self._taken_up(letters):
            trouble = self._carry(deque(letters))
        return [_outcome(letter, trouble) for letter in letters]

    def _letter(
        self, message: OutgoingMessage, template: Template, date: str, nonce: str
    ) -> Letter:
        domain = self._config.mail_from.rpartition("@")[2]
        # It tells us which delivery it was.
        reference = f"{message.delivery_id}.{message.attempt}.{nonce}@{domain}"
        key = (message.delivery_id, message.attempt)
        write = partial(self._write, message, template, reference, date)
        sender = bounce_address(self._config, self._tokens, *key)
        return Letter(key, sender, message.address, reference, write, message.leave_by)

    def _write(
        self, message: OutgoingMessage, template: Template, reference: str, date: str
    ) -> bytes:
        # A message from the outbox has no contact, and is on no list that one could leave.
        link = (
            ""
            if message.contact_id is None
            else unsubscribe_url(
                self._config, self._tokens, message.contact_id, message.text.language
            )
        )
        return template.render(Recipient(message.address, reference, link), date)

    def _carry(self, letters: deque[Letter]) -> SendResult:
        """Let the threads hand letters over: what is to be said of any that are left."""
        number = min(len(letters), self._relay.connections)
        trouble = SendResult.deferred("provider_failed")
        for thread in [self._pool.submit(self._carry_some, letters) for _ in range(number)]:
            try:
                trouble = thread.result() or trouble
            except Exception as error:
                log.error("provider_failed", provider=self.name, fault=describe_fault(error))
        return trouble

    def _carry_some(self, letters: deque[Letter]) -> SendResult | None:
        return self._connection().carry(letters)

    @contextmanager
    def _taken_up(self, letters: Sequence[Letter]) -> Iterator[None]:
        keys = {letter.key for letter in letters}
        with self._lock:
            self._under_way |= keys
        try:
            yield
        finally:
            with self._lock:
                self._under_way -= keys

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
            note = self._journal.note if self._journal is not None else journal.keep_nothing
            connection = self._local.connection = Connection(self._relay, note)
            with self._lock:
                self._connections.append(connection)
        return connection

    # --- What a dead process did ---------------------------------------------------------

    def journaled_processes(self) -> Collection[str]:
        """Those whose journals lie here."""
        if not self._config.state_dir:
            return ()
        return journal.processes(Path(self._config.state_dir))

    def _ask(self, questions: Sequence[StatusQuery]) -> list[StatusAnswer]:
        """The relay cannot be asked, but the journal of the process that had the mail can."""
        if not self._config.state_dir:
            return super()._ask(questions)
        asked: dict[str, set[journal.Key]] = {}
        for question in questions:
            if question.lost_by is not None:
                asked.setdefault(question.lost_by, set()).add(_key(question))
        folder = Path(self._config.state_dir)
        stories = {process: journal.read(folder, process, keys) for process, keys in asked.items()}
        return [self._find(question, stories) for question in questions]

    def _find(
        self, question: StatusQuery, stories: dict[str, journal.Story | None]
    ) -> StatusAnswer:
        waited = utcnow() - question.attempted_at
        story = stories.get(question.lost_by or "")
        if question.lost_by is None or waited > journal.KEPT:
            return StatusAnswer(AnswerKind.CANNOT_TELL)
        if story is None:
            may_come = waited < ELSEWHERE
            return StatusAnswer(AnswerKind.NOT_NOW if may_come else AnswerKind.CANNOT_TELL)
        if question.lost_by == self._process:
            # This process lives, and knows what it is doing.
            story = replace(story, is_over=_key(question) not in self._under_way)
        fate, reference = story.fate(_key(question))
        if fate is journal.Fate.ACCEPTED:
            return StatusAnswer(AnswerKind.FOUND, DeliveryState.SENT, reference)
        return StatusAnswer(_CERTAINTY[fate])


_CERTAINTY = {
    journal.Fate.NOT_SENT: AnswerKind.NOT_FOUND,
    journal.Fate.UNDECIDED: AnswerKind.NOT_NOW,
    journal.Fate.UNKNOWN: AnswerKind.CANNOT_TELL,
}


def _key(question: StatusQuery) -> journal.Key:
    return question.delivery_id, question.attempt


def _outcome(letter: Letter, trouble: SendResult) -> SendResult:
    if letter.outcome is not None:
        return letter.outcome
    return SendResult.unknown("provider_failed") if letter.has_left else trouble


def _open_journal(config: Config, process: str) -> journal.Journal | None:
    if not config.state_dir:
        return None
    try:
        return journal.Journal(Path(config.state_dir), process)
    except OSError as error:
        # Mail must go out all the same.
        log.error("journal_unavailable", fault=describe_fault(error))
        return None
