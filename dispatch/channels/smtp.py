"""One open connection to the SMTP relay, and what its answers mean for a recipient.

RFC 5321 (4.2: the first digit of a reply), RFC 3463 (enhanced status codes). Each command is
given here and not by ``smtplib.sendmail``, because what is known after an error depends on
how far the transaction had come.
"""

from __future__ import annotations

import re
import smtplib
import ssl

from config import Config, SmtpSecurity
from dispatch.channels.base import Outcome
from dispatch.models import SuppressionReason

_ENHANCED = re.compile(r"^([245]\.\d{1,3}\.\d{1,3})\b")
HARD_BOUNCES = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})
"""No such mailbox or domain, moved away, disabled: the address is good for nothing more."""
UNREACHABLE = "no_connection"


class MustReconnect(Exception):
    """The connection cannot be used; nothing was sent on it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Misconfigured(Exception):
    """The relay does not take our credentials, our sender or our security."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Connection:
    """A connection that is opened when it is needed and used for message after message."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._smtp: smtplib.SMTP | None = None
        self.opened = 0

    def send(self, address: str, raw: bytes) -> Outcome:
        """Hand over one message. Never raises for what the relay does."""
        # A relay may have ended an idle connection: that is noticed at the first command.
        for fresh in (self._smtp is None, True):
            try:
                return self._transact(self._open(), address, raw)
            except MustReconnect as trouble:
                self.close()
                if fresh:
                    return Outcome.deferred(trouble.code)
            except Misconfigured as trouble:
                self.close()
                return Outcome.configuration(trouble.code)
        return Outcome.deferred(UNREACHABLE)

    def close(self) -> None:
        """End the connection, politely if the relay still listens."""
        smtp, self._smtp = self._smtp, None
        if smtp is None:
            return
        try:
            smtp.quit()
        except (smtplib.SMTPException, OSError):
            smtp.close()

    def _open(self) -> smtplib.SMTP:
        if self._smtp is not None:
            return self._smtp
        config = self._config
        where = (config.smtp_host, config.smtp_port)
        seconds = config.smtp_timeout_seconds
        try:
            if config.smtp_security is SmtpSecurity.TLS:
                context = ssl.create_default_context()
                smtp: smtplib.SMTP = smtplib.SMTP_SSL(*where, timeout=seconds, context=context)
            else:
                smtp = smtplib.SMTP(*where, timeout=seconds)
            self._smtp = smtp
            smtp.ehlo()
            if config.smtp_security is SmtpSecurity.STARTTLS:
                smtp.starttls(context=ssl.create_default_context())
                smtp.ehlo()
            if config.smtp_user:
                smtp.login(config.smtp_user, config.smtp_password)
        except smtplib.SMTPAuthenticationError as error:
            if error.smtp_code < 500:
                raise MustReconnect(str(error.smtp_code)) from error
            raise Misconfigured(str(error.smtp_code)) from error
        except (smtplib.SMTPNotSupportedError, ssl.SSLCertVerificationError) as error:
            raise Misconfigured("security") from error
        except smtplib.SMTPConnectError as error:
            raise MustReconnect(str(error.smtp_code)) from error
        except (smtplib.SMTPException, OSError) as error:
            raise MustReconnect(UNREACHABLE) from error
        self.opened += 1
        return smtp

    def _transact(self, smtp: smtplib.SMTP, address: str, raw: bytes) -> Outcome:
        refused = self._address(smtp, address)
        if refused is not None:
            return refused
        try:
            code, words = smtp.docmd("DATA")
            if code != 354:
                self._reset(smtp)
                return answer_outcome(code, words)
            smtp.send(_dotted(raw))
        except (smtplib.SMTPException, OSError) as error:
            # The closing dot was not sent, so the relay has nothing.
            raise MustReconnect(UNREACHABLE) from error
        try:
            code, words = smtp.getreply()
        except (smtplib.SMTPException, OSError):
            self.close()
            return Outcome.unknown("no_answer")
        if code == 250:
            return Outcome.accepted("")
        if code == 421:
            raise MustReconnect("421")
        return answer_outcome(code, words)

    def _address(self, smtp: smtplib.SMTP, address: str) -> Outcome | None:
        """MAIL and RCPT; None when both were taken."""
        options = ["SMTPUTF8"] if not address.isascii() else []
        if options and not smtp.has_extn("smtputf8"):
            return Outcome.permanent("no_smtputf8")
        try:
            # smtplib encodes commands by this: RFC 6531 wants UTF-8 where it is announced.
            smtp.command_encoding = "utf-8" if options else "ascii"
            code, words = smtp.mail(self._config.mail_from, options)
            if code != 250:
                self._judge_sender(smtp, code)
            code, words = smtp.rcpt(address)
            if code == 421:
                raise MustReconnect("421")
            if code not in (250, 251):
                self._reset(smtp)
                return answer_outcome(code, words)
        except (smtplib.SMTPException, OSError) as error:
            raise MustReconnect(UNREACHABLE) from error
        return None

    def _judge_sender(self, smtp: smtplib.SMTP, code: int) -> None:
        if code == 421 or code < 0:
            raise MustReconnect(str(code))
        self._reset(smtp)
        if 400 <= code < 500:
            raise MustReconnect(str(code))
        raise Misconfigured(str(code))

    def _reset(self, smtp: smtplib.SMTP) -> None:
        try:
            smtp.rset()
        except (smtplib.SMTPException, OSError):
            self.close()


def answer_outcome(code: int, words: bytes) -> Outcome:
    """What a refusal of a recipient, or of the message for that recipient, means."""
    found = _ENHANCED.match(words.decode("ascii", "replace"))
    word = found.group(1) if found else str(code)
    if code == 421 or code < 0:
        return Outcome.deferred(str(code))
    if 400 <= code < 500:
        return Outcome.retry(word)
    if word in HARD_BOUNCES:
        return Outcome.permanent(word, SuppressionReason.HARD_BOUNCE)
    return Outcome.permanent(word)


def _dotted(raw: bytes) -> bytes:
    """The message as DATA takes it: lines that begin with a dot get a second one."""
    body = raw.replace(b"\r\n.", b"\r\n..")
    return (body if body.endswith(b"\r\n") else body + b"\r\n") + b".\r\n"
