"""The settings of the SMTP relay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from marshmallow import fields, validate

from config import ProviderSettings, Sender, at_least, setting


class SmtpSecurity(StrEnum):
    """How the connection to the relay is protected."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


@dataclass(frozen=True, kw_only=True)
class SmtpSettings(ProviderSettings):
    """The relay's address, credentials and agreed rate."""

    provider = "smtp"
    title = "an SMTP relay"
    channel = "email"

    host: str = setting(fields.String(validate=validate.Length(min=1)), "the relay")
    port: int = setting(at_least(1), "the relay's port", 587)
    security: SmtpSecurity = setting(
        fields.Enum(SmtpSecurity, by_value=True), "none, starttls or tls", SmtpSecurity.STARTTLS
    )
    user: str = setting(fields.String(), "the relay's user name, or nothing", "")
    password: str = setting(fields.String(), "the relay's password, or nothing", "")
    timeout_seconds: float = setting(
        at_least(0.1, integer=False), "how long one step with the relay may take", 20.0
    )
    messages_per_second: float = setting(
        at_least(0.1, integer=False), "the relay's agreed rate, messages a second", 100.0
    )
    connections: int = setting(at_least(1), "open connections, per process", 6)

    def own_senders(self) -> tuple[Sender, ...]:
        """The relay is the only sender."""
        return (Sender(self.provider, self.host, self.messages_per_second),)

    def unencrypted(self) -> Iterator[tuple[str, str]]:
        """The relay, if the connection is not encrypted."""
        if self.security is SmtpSecurity.NONE:
            yield "VARSKO_SMTP_SECURITY", self.host
