"""The base of a provider's own settings, which each provider declares beside its client.

The list of providers (dispatch.providers.directory) is passed in when the settings are read, so
that nothing here knows a provider by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass
from typing import ClassVar, Literal, Self
from urllib.parse import urlsplit

from marshmallow import fields

from config.declaring import declared, load, require_all, variable


@dataclass(frozen=True)
class Sender:
    """A number, name or relay that messages leave through.

    ``rate``: segments a second for SMS, messages a second for e-mail.
    """

    provider: str
    address: str
    rate: float


@dataclass(frozen=True, kw_only=True)
class ProviderSettings:
    """Base of a provider's settings: the variables ``VARSKO_<PROVIDER>_<FIELD>``.

    ``provider`` is the name that entries of VARSKO_SMS_SENDERS begin with, ``title`` the
    provider's usual name.
    """

    provider: ClassVar[str]
    title: ClassVar[str]
    channel: ClassVar[Literal["sms", "email"]] = "sms"

    @classmethod
    def prefix(cls) -> str:
        """The prefix of its variables' names, after ``VARSKO_``."""
        return f"{cls.provider}_"

    @classmethod
    def read(cls, environment: Mapping[str, str], *, is_used: bool) -> Self | None:
        """Its settings; None if it is not used and none of its required settings are given.

        Raises :class:`config.ConfigError` for one that is missing or malformed.
        """
        loaded = load(cls, environment, cls.prefix())
        required = [name for name, f in declared(cls).items() if f.default is MISSING]
        if not is_used and not any(name in loaded for name in required):
            return None
        require_all(cls, loaded, cls.prefix())
        return cls(**loaded)

    def own_senders(self) -> tuple[Sender, ...]:
        """Senders that these settings define themselves; VARSKO_SMS_SENDERS lists the others."""
        return ()

    def unencrypted(self) -> Iterator[tuple[str, str]]:
        """The variables whose connection is not encrypted, each with its host."""
        for name, field in declared(type(self)).items():
            if isinstance(field.metadata["field"], fields.Url):
                url = urlsplit(str(getattr(self, name)))
                if url.scheme != "https":
                    yield variable(name, self.prefix()), url.hostname or ""
