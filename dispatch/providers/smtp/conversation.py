"""Handing mails to the SMTP relay, and what its replies mean for their recipients.

RFC 5321 (4.2: the first digit of a reply), RFC 3463 (enhanced status codes), RFC 2920
(pipelining). Until a mail's closing dot has been written, the relay has not accepted it, whatever
failed; after that, only the relay's reply tells. A broken connection never counts against a
recipient.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from database import utcnow
from dispatch.models import SuppressionReason
from dispatch.providers.base import TOO_LATE, ResultKind, SendResult
from dispatch.providers.smtp import journal
from dispatch.providers.smtp.settings import SmtpSettings
from dispatch.providers.smtp.wire import CannotOpen, Reply, Wire, WireLost

_ENHANCED = re.compile(r"^([245]\.\d{1,3}\.\d{1,3})\b")
_UNSAFE = re.compile(r"[\x00-\x20\x7f<>]")
"""Characters that would end the address in a command, or begin another command."""
HARD_BOUNCES = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})
"""No such mailbox or domain, moved, or disabled: the address cannot be used any more."""
TRIES = 2
"""Connections a mail is tried on: the relay may have silently closed an idle one."""
_DATA, _RSET, _DOT = b"DATA\r\n", b"RSET\r\n", b".\r\n"
_START_INPUT, _CLOSING = 354, 421


@dataclass(slots=True, eq=False)
class Mail:
    """A mail being sent: its envelope, a function that writes its content, its result.

    ``key`` is the delivery and the attempt; ``leave_by`` is when our claim on it ends;
    ``may_be_sent``: its closing dot may have been written.
    """

    key: journal.Key
    sender: str
    address: str
    reference: str
    write: Callable[[], bytes]
    leave_by: datetime | None = None
    result: SendResult | None = None
    may_be_sent: bool = False
    tries: int = 0


class Connection:
    """A connection that is opened when needed and reused for one mail after another."""

    def __init__(self, relay: SmtpSettings, note: journal.Note = journal.write_nothing) -> None:
        self._relay = relay
        self._note = note
        self._wire: Wire | None = None
        self.opened = 0

    def send_all(self, mails: deque[Mail]) -> SendResult | None:
        """Hand over mails, taken from the left, until none are left; each then has a result.

        Several connections may share the mails. Ends early, and returns why, when the relay
        accepts no mail at all. Never raises for what the relay does.
        """
        while mails:
            if self._wire is None:
                try:
                    self._wire = Wire.open(self._relay)
                except CannotOpen as trouble:
                    return trouble.result
                self.opened += 1
            transactions = _Transactions(self._wire, mails, self._note)
            try:
                return transactions.run()
            except WireLost as lost:
                self._drop()
                transactions.give_back(lost.code)
            except BaseException:
                self._drop()
                raise
        return None

    def _drop(self) -> None:
        if self._wire is not None:
            self._wire.drop()
            self._wire = None

    def close(self) -> None:
        """Close the connection, with QUIT if the relay still answers."""
        wire, self._wire = self._wire, None
        if wire is not None:
            wire.close()


class _Transactions:
    """Transactions on one open connection, one after the other.

    A mail is offered (its envelope), sent (its content, up to the closing dot) and answered. The
    content of one is written together with the envelope of the next, as RFC 2920 (3.1) allows:
    one write and one round trip per mail.
    """

    def __init__(self, wire: Wire, mails: deque[Mail], note: journal.Note) -> None:
        self._wire = wire
        self._mails = mails
        self._note = note
        self._notes: list[bytes] = []
        self._offered: Mail | None = None
        self._sent: Mail | None = None

    def run(self) -> SendResult | None:
        """Continue until no mail is left, or the sender is refused. Raises WireLost."""
        trouble: SendResult | None = None
        content = b""
        while True:
            self._offered = None if trouble else self._take()
            commands = [content] if content else []
            if self._offered is not None:
                commands += self._envelope(self._offered)
            if not commands:
                break
            replies = self._exchange(commands)
            if content:
                self._read_content_reply(next(replies))
            content = b""
            if self._offered is not None:
                content, trouble = self._read_envelope_replies(self._offered, replies)
        self._write_notes()
        return trouble

    def give_back(self, code: str) -> None:
        """Return unsent mails, for another connection; ``code`` is why this one was lost."""
        for mail in (self._offered, self._sent):
            if mail is None or mail.result is not None:
                continue
            mail.tries += 1
            if mail.may_be_sent:
                self._settle(mail, SendResult.unknown("no_answer"))
            elif mail.tries < TRIES:
                self._mails.appendleft(mail)
            else:
                self._settle(mail, SendResult.deferred(code))
        self._write_notes()

    def _take(self) -> Mail | None:
        """The next mail that can be offered."""
        while self._mails:
            try:
                mail = self._mails.popleft()
            except IndexError:
                break
            if mail.leave_by is not None and utcnow() > mail.leave_by:
                self._settle(mail, SendResult.deferred(TOO_LATE))
            elif _UNSAFE.search(mail.address):
                self._settle(mail, SendResult.permanent("bad_address"))
            elif not mail.address.isascii() and not self._wire.takes_utf8:
                self._settle(mail, SendResult.permanent("no_smtputf8"))
            else:
                return mail
        return None

    def _envelope(self, mail: Mail) -> list[bytes]:
        # RFC 6531: a non-ASCII address is sent as UTF-8, if the relay supports that.
        option = "" if mail.address.isascii() else " SMTPUTF8"
        commands = [
            f"MAIL FROM:<{mail.sender}>{option}\r\n".encode(),
            f"RCPT TO:<{mail.address}>\r\n".encode(),
            _DATA,
        ]
        return [_RSET, *commands] if self._wire.needs_reset else commands

    def _exchange(self, commands: list[bytes]) -> Iterator[Reply]:
        """Write commands, all at once if the relay supports it, and read the reply to each."""
        sent = self._sent
        if sent is not None:
            self._notes.append(journal.started(sent.key))
            self._write_notes()
            sent.may_be_sent = True
        groups = [commands] if self._wire.takes_pipelines else [[each] for each in commands]
        for group in groups:
            data = b"".join(group)
            written = self._wire.write(data)
            if sent is not None and group is groups[0]:
                sent.may_be_sent = written >= len(commands[0])
            if written < len(data):
                raise WireLost
            for _command in group:
                yield self._wire.read()

    def _read_content_reply(self, reply: Reply) -> None:
        """Act on the reply to a content: of the mail that was sent, or of none (a lone dot)."""
        mail, self._sent = self._sent, None
        if mail is not None:
            if not reply.is_answer:
                self._settle(mail, SendResult.unknown("no_answer"))
                raise WireLost
            accepted = reply.is_positive
            self._settle(mail, SendResult.accepted(mail.reference) if accepted else refusal(reply))
        _unless_closing(reply)

    def _read_envelope_replies(
        self, mail: Mail, replies: Iterator[Reply]
    ) -> tuple[bytes, SendResult | None]:
        """Act on the replies to an envelope; returns the content to send, and why to end, if so."""
        if self._wire.needs_reset and not next(replies).is_positive:
            raise WireLost
        mail_from, rcpt_to, data = (_unless_closing(next(replies)) for _command in range(3))
        refused = next((reply for reply in (mail_from, rcpt_to) if not reply.is_positive), data)
        wants_content = data.code == _START_INPUT
        if refused is data and wants_content:
            self._wire.needs_reset = False
            self._sent = mail
            return _dotted(mail.write()), None
        if not refused.is_answer or refused.is_positive:
            raise WireLost
        result = refusal(refused)
        if refused is mail_from:
            is_final = result.kind is ResultKind.PERMANENT
            code = str(mail_from.code)
            result = SendResult.configuration(code) if is_final else SendResult.deferred(code)
        self._settle(mail, result)
        self._wire.needs_reset = True
        if wants_content and rcpt_to.is_positive:
            # Ending the content with a lone dot would deliver an empty mail.
            raise WireLost
        # A relay may ask for content though it accepted no recipient: a lone dot ends that.
        trouble = result if result.kind is ResultKind.CONFIGURATION else None
        return _DOT if wants_content else b"", trouble

    def _settle(self, mail: Mail, result: SendResult) -> None:
        mail.result = result
        if result.kind is ResultKind.ACCEPTED:
            self._notes.append(journal.accepted(mail.key, mail.reference))
        elif result.kind is not ResultKind.UNKNOWN:
            self._notes.append(journal.refused(mail.key))

    def _write_notes(self) -> None:
        if self._notes:
            self._note(b"".join(self._notes))
            self._notes.clear()


def _unless_closing(reply: Reply) -> Reply:
    """The reply. Raises WireLost for 421, after which the relay closes the connection."""
    if reply.code == _CLOSING:
        raise WireLost(str(_CLOSING))
    return reply


def refusal(reply: Reply) -> SendResult:
    """The result of a refusal of a recipient, or of the message for that recipient."""
    found = _ENHANCED.match(reply.words.decode("ascii", "replace"))
    word = found.group(1) if found else str(reply.code)
    if reply.code == _CLOSING:
        return SendResult.deferred(str(_CLOSING))
    if 400 <= reply.code < 500:
        return SendResult.retry(word)
    if word in HARD_BOUNCES:
        return SendResult.permanent(word, SuppressionReason.HARD_BOUNCE)
    return SendResult.permanent(word)


def _dotted(raw: bytes) -> bytes:
    """The message in the form for DATA: lines that begin with a dot get a second one."""
    body = raw.replace(b"\r\n.", b"\r\n..")
    return (body if body.endswith(b"\r\n") else body + b"\r\n") + _DOT
