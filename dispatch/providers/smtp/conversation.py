"""Letters handed to the SMTP relay, and what its answers mean for their recipients.

RFC 5321 (4.2: the first digit of a reply), RFC 3463 (enhanced status codes), RFC 2920
(pipelining). Until a letter's closing dot has left, the relay has nothing of it, whatever
broke; once it has left, only the relay's answer tells. No recipient is blamed for what broke
on the way.
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
_UNFIT = re.compile(r"[\x00-\x20\x7f<>]")
"""What would end an address in a command, or begin another command."""
HARD_BOUNCES = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})
"""No such mailbox or domain, moved away, disabled: the address is good for nothing more."""
TRIES = 2
"""Connections a letter is offered on: a relay may have ended an idle one without a word."""
_DATA, _RSET, _DOT = b"DATA\r\n", b"RSET\r\n", b".\r\n"
_GO_AHEAD, _CLOSING = 354, 421


@dataclass(slots=True, eq=False)
class Letter:
    """A mail on its way: its envelope, how its content is written, what came of it.

    ``key`` is the delivery and the attempt; ``leave_by`` is when our hold on it ends;
    ``has_left``: its closing dot may have left.
    """

    key: journal.Key
    sender: str
    address: str
    reference: str
    write: Callable[[], bytes]
    leave_by: datetime | None = None
    outcome: SendResult | None = None
    has_left: bool = False
    tries: int = 0


class Connection:
    """A connection that is opened when it is needed and used for letter after letter."""

    def __init__(self, relay: SmtpSettings, note: journal.Note = journal.keep_nothing) -> None:
        self._relay = relay
        self._note = note
        self._wire: Wire | None = None
        self.opened = 0

    def carry(self, letters: deque[Letter]) -> SendResult | None:
        """Hand over letters, taken from the left, until there are none; each has an outcome then.

        Several connections may share the letters. Ends early, and says why, when the relay
        takes nothing from anybody. Never raises for what the relay does.
        """
        while letters:
            if self._wire is None:
                try:
                    self._wire = Wire.open(self._relay)
                except CannotOpen as trouble:
                    return trouble.outcome
                self.opened += 1
            talk = _Talk(self._wire, letters, self._note)
            try:
                return talk.run()
            except WireLost as lost:
                self._drop()
                talk.give_back(lost.code)
            except BaseException:
                self._drop()
                raise
        return None

    def _drop(self) -> None:
        if self._wire is not None:
            self._wire.drop()
            self._wire = None

    def close(self) -> None:
        """End the connection, politely if the relay still listens."""
        wire, self._wire = self._wire, None
        if wire is not None:
            wire.close()


class _Talk:
    """Transactions on one open connection, one after the other.

    A letter is offered (its envelope), sent (its content, up to the closing dot), answered.
    The content of one leaves together with the envelope of the next, as RFC 2920 (3.1)
    allows: one write and one round trip a letter.
    """

    def __init__(self, wire: Wire, letters: deque[Letter], note: journal.Note) -> None:
        self._wire = wire
        self._letters = letters
        self._note = note
        self._notes: list[bytes] = []
        self._offered: Letter | None = None
        self._sent: Letter | None = None

    def run(self) -> SendResult | None:
        """Go on until no letter is left, or the sender is refused; raises WireLost."""
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
                self._hear(next(replies))
            content = b""
            if self._offered is not None:
                content, trouble = self._judge(self._offered, replies)
        self._write_notes()
        return trouble

    def give_back(self, code: str) -> None:
        """Leave what had not left to another connection; ``code`` is why this one is lost."""
        for letter in (self._offered, self._sent):
            if letter is None or letter.outcome is not None:
                continue
            letter.tries += 1
            if letter.has_left:
                self._settle(letter, SendResult.unknown("no_answer"))
            elif letter.tries < TRIES:
                self._letters.appendleft(letter)
            else:
                self._settle(letter, SendResult.deferred(code))
        self._write_notes()

    def _take(self) -> Letter | None:
        """The next letter that can be offered at all."""
        while self._letters:
            try:
                letter = self._letters.popleft()
            except IndexError:
                break
            if letter.leave_by is not None and utcnow() > letter.leave_by:
                self._settle(letter, SendResult.deferred(TOO_LATE))
            elif _UNFIT.search(letter.address):
                self._settle(letter, SendResult.permanent("bad_address"))
            elif not letter.address.isascii() and not self._wire.takes_utf8:
                self._settle(letter, SendResult.permanent("no_smtputf8"))
            else:
                return letter
        return None

    def _envelope(self, letter: Letter) -> list[bytes]:
        # RFC 6531: an address beyond ASCII travels as UTF-8, where that is announced.
        option = "" if letter.address.isascii() else " SMTPUTF8"
        commands = [
            f"MAIL FROM:<{letter.sender}>{option}\r\n".encode(),
            f"RCPT TO:<{letter.address}>\r\n".encode(),
            _DATA,
        ]
        return [_RSET, *commands] if self._wire.needs_reset else commands

    def _exchange(self, commands: list[bytes]) -> Iterator[Reply]:
        """Say commands, all at once if the relay takes that, and hear the reply to each."""
        sent = self._sent
        if sent is not None:
            self._notes.append(journal.started(sent.key))
            self._write_notes()
            sent.has_left = True
        groups = [commands] if self._wire.takes_pipelines else [[each] for each in commands]
        for group in groups:
            data = b"".join(group)
            written = self._wire.write(data)
            if sent is not None and group is groups[0]:
                sent.has_left = written >= len(commands[0])
            if written < len(data):
                raise WireLost
            for _command in group:
                yield self._wire.read()

    def _hear(self, reply: Reply) -> None:
        """The reply to a content: of the letter that was sent, or of none (a lone dot)."""
        letter, self._sent = self._sent, None
        if letter is not None:
            if not reply.is_answer:
                self._settle(letter, SendResult.unknown("no_answer"))
                raise WireLost
            accepted = reply.is_positive
            self._settle(
                letter, SendResult.accepted(letter.reference) if accepted else refusal(reply)
            )
        _unless_closing(reply)

    def _judge(self, letter: Letter, replies: Iterator[Reply]) -> tuple[bytes, SendResult | None]:
        """What the relay says to an envelope: the content to send, and why to end, if so."""
        if self._wire.needs_reset and not next(replies).is_positive:
            raise WireLost
        mail, rcpt, data = (_unless_closing(next(replies)) for _command in range(3))
        refused = next((reply for reply in (mail, rcpt) if not reply.is_positive), data)
        goes_ahead = data.code == _GO_AHEAD
        if refused is data and goes_ahead:
            self._wire.needs_reset = False
            self._sent = letter
            return _dotted(letter.write()), None
        if not refused.is_answer or refused.is_positive:
            raise WireLost
        outcome = refusal(refused)
        if refused is mail:
            is_final = outcome.kind is ResultKind.PERMANENT
            code = str(mail.code)
            outcome = SendResult.configuration(code) if is_final else SendResult.deferred(code)
        self._settle(letter, outcome)
        self._wire.needs_reset = True
        if goes_ahead and rcpt.is_positive:
            # It would deliver an empty letter.
            raise WireLost
        # A relay may want content though it took no recipient: a lone dot ends that.
        trouble = outcome if outcome.kind is ResultKind.CONFIGURATION else None
        return _DOT if goes_ahead else b"", trouble

    def _settle(self, letter: Letter, outcome: SendResult) -> None:
        letter.outcome = outcome
        if outcome.kind is ResultKind.ACCEPTED:
            self._notes.append(journal.accepted(letter.key, letter.reference))
        elif outcome.kind is not ResultKind.UNKNOWN:
            self._notes.append(journal.refused(letter.key))

    def _write_notes(self) -> None:
        if self._notes:
            self._note(b"".join(self._notes))
            self._notes.clear()


def _unless_closing(reply: Reply) -> Reply:
    """The reply; raises WireLost for one after which the relay hears nothing more."""
    if reply.code == _CLOSING:
        raise WireLost(str(_CLOSING))
    return reply


def refusal(reply: Reply) -> SendResult:
    """What a refusal of a recipient, or of the message for that recipient, means."""
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
    """The message as DATA takes it: lines that begin with a dot get a second one."""
    body = raw.replace(b"\r\n.", b"\r\n..")
    return (body if body.endswith(b"\r\n") else body + b"\r\n") + _DOT
