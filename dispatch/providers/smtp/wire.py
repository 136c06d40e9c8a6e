"""The connection to an SMTP relay: opened and secured by smtplib, then bytes out, replies in.

RFC 5321 (4.2: replies), RFC 3207 (STARTTLS), RFC 4954 (AUTH).
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from dataclasses import dataclass
from typing import Self

from dispatch.providers.base import SendResult
from dispatch.providers.smtp.settings import SmtpSecurity, SmtpSettings

UNREACHABLE = "no_connection"
_REPLY = re.compile(rb"(?:\d{3}-[^\r\n]*\r?\n)*(\d{3})(?:[ ]([^\r\n]*))?\r?\n")
_LONGEST_REPLY = 64 * 1024  # bytes


class CannotOpen(Exception):
    """The connection could not be opened; ``result`` is the result for every message."""

    def __init__(self, result: SendResult) -> None:
        super().__init__(result.code)
        self.result = result


class WireLost(Exception):
    """The connection broke, the relay's reply made no sense, or it is closing (``code`` 421)."""

    def __init__(self, code: str = UNREACHABLE) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Reply:
    """A relay's reply to one command; the words are those of its last line."""

    code: int
    words: bytes = b""

    @property
    def is_positive(self) -> bool:
        """Whether the command succeeded."""
        return 200 <= self.code < 300

    @property
    def is_answer(self) -> bool:
        """Whether the first digit means done or refused: nothing else may follow a content."""
        return self.code // 100 in (2, 4, 5)


class Wire:
    """An open connection on which a transaction can begin.

    ``needs_reset``: the last transaction was refused, and must be aborted with RSET first.
    """

    def __init__(self, smtp: smtplib.SMTP) -> None:
        if smtp.sock is None:
            raise WireLost
        self._smtp = smtp
        self._socket: socket.socket = smtp.sock
        self._unread = b""
        self._at = 0
        self.takes_pipelines = smtp.has_extn("pipelining")
        self.takes_utf8 = smtp.has_extn("smtputf8")
        self.needs_reset = False

    @classmethod
    def open(cls, relay: SmtpSettings) -> Self:
        """Connect, encrypt and log in as the settings say. Raises :class:`CannotOpen`."""
        try:
            return cls(_connect(relay))
        except smtplib.SMTPAuthenticationError as error:
            code = str(error.smtp_code)
            refused = error.smtp_code >= 500
            raise CannotOpen(
                SendResult.configuration(code) if refused else SendResult.deferred(code)
            ) from error
        except (smtplib.SMTPNotSupportedError, ssl.SSLCertVerificationError) as error:
            raise CannotOpen(SendResult.configuration("security")) from error
        except smtplib.SMTPConnectError as error:
            raise CannotOpen(SendResult.deferred(str(error.smtp_code))) from error
        except (smtplib.SMTPException, WireLost, OSError) as error:
            raise CannotOpen(SendResult.deferred(UNREACHABLE)) from error

    def write(self, data: bytes) -> int:
        """Write bytes; returns how many, which is fewer than all if the connection broke."""
        sent = 0
        view = memoryview(data)
        try:
            while sent < len(data):
                sent += self._socket.send(view[sent:])
        except OSError:
            return sent
        return sent

    def read(self) -> Reply:
        """The next reply. Raises :class:`WireLost` if none comes in time."""
        while (found := _REPLY.match(self._unread, self._at)) is None:
            try:
                more = self._socket.recv(4096)
            except OSError as error:
                raise WireLost from error
            if not more or len(self._unread) > _LONGEST_REPLY:
                raise WireLost
            self._unread = self._unread[self._at :] + more
            self._at = 0
        self._at = found.end()
        return Reply(int(found[1]), found[2] or b"")

    def close(self) -> None:
        """Close the connection, with QUIT if the relay still answers."""
        try:
            self._smtp.quit()
        except (smtplib.SMTPException, OSError):
            self._smtp.close()

    def drop(self) -> None:
        """Close the connection without QUIT: it cannot be used any more."""
        self._smtp.close()


def _connect(relay: SmtpSettings) -> smtplib.SMTP:
    where = (relay.host, relay.port)
    seconds = relay.timeout_seconds
    if relay.security is SmtpSecurity.TLS:
        context = ssl.create_default_context()
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(*where, timeout=seconds, context=context)
    else:
        smtp = smtplib.SMTP(*where, timeout=seconds)
    try:
        smtp.ehlo()
        if relay.security is SmtpSecurity.STARTTLS:
            smtp.starttls(context=ssl.create_default_context())
            smtp.ehlo()
        if relay.user:
            smtp.login(relay.user, relay.password)
    except BaseException:
        smtp.close()
        raise
    return smtp
