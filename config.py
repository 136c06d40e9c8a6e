"""Every setting of Varsko: typed, validated at start and documented here alone.

Settings are read from environment variables named ``VARSKO_<FIELD>``. A setting that is
missing or malformed raises :class:`ConfigError`, whose message is one line that names the
variable and says what it should be. ``python -m config`` writes a settings file with new keys.
"""

from __future__ import annotations

import base64
import dataclasses
import re
import secrets
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from flask import current_app
from marshmallow import Schema, ValidationError, fields, validate

PREFIX = "VARSKO_"
TEST_PREFIX = "VARSKO_TEST_"
"""What begins so says where the test suite finds its real parts, and is no setting."""
FILE_HEAD = """\
# Every setting of Varsko. `python -m config` writes this file with new keys in it.
# Fill in what is empty; a line that begins with # shows a default. Single quotes go around a
# value with spaces or signs. Read it with `set -a; . ./varsko.env; set +a`, or by systemd's
# EnvironmentFile=. Nobody but the service and its operators may read it."""


class ConfigError(Exception):
    """One setting is missing or malformed; the message names it and says what it should be."""


class SmtpSecurity(StrEnum):
    """How the connection to the SMTP relay is protected."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


class EngineKind(StrEnum):
    """What carries batches to workers."""

    EMBEDDED = "embedded"
    CELERY = "celery"


@dataclass(frozen=True)
class SmsSender:
    """A number or name that sends SMS through a provider, and its segments a second."""

    provider: str
    address: str
    rate: float


@dataclass(frozen=True)
class Keyring:
    """Encryption keys of one data domain, by key id. New values are sealed with ``current``."""

    current: str
    keys: Mapping[str, bytes] = dataclasses.field(repr=False)


class SmsSendersField(fields.Field[tuple[SmsSender, ...]]):
    """``provider:address@rate`` entries with commas between, in the order of preference."""

    _ENTRY = re.compile(
        r"^(twilio|gatewayapi):(\+[1-9]\d{6,14}|[A-Za-z0-9 ]{1,11})@(\d+(?:\.\d+)?)$"
    )

    def _deserialize(
        self, value: Any, attr: str | None, data: Any, **kwargs: Any
    ) -> tuple[SmsSender, ...]:
        senders: list[SmsSender] = []
        for entry in str(value).split(","):
            found = self._ENTRY.match(entry.strip())
            if found is None or float(found[3]) <= 0:
                raise ValidationError(f"{entry.strip()!r} is no provider:address@rate")
            senders.append(SmsSender(found[1], found[2], float(found[3])))
        if len({(sender.provider, sender.address) for sender in senders}) < len(senders):
            raise ValidationError("a sender stands there twice")
        return tuple(senders)


class KeyField(fields.Field[bytes]):
    """32 random bytes in base64."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bytes:
        return _decode_key(str(value))


class KeyringField(fields.Field[Keyring]):
    """``id:base64key`` pairs with commas between; the first one seals, all of them open."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Keyring:
        keys: dict[str, bytes] = {}
        for pair in str(value).split(","):
            key_id, colon, encoded = pair.strip().partition(":")
            if not colon or not (1 <= len(key_id) <= 8) or not key_id.isascii() or key_id in keys:
                raise ValidationError("not id:key pairs with distinct ids of 1 to 8 characters")
            keys[key_id] = _decode_key(encoded)
        return Keyring(current=next(iter(keys)), keys=keys)


def _decode_key(encoded: str) -> bytes:
    try:
        key = base64.b64decode(encoded, validate=True)
    except ValueError as error:
        raise ValidationError("not base64") from error
    if len(key) != 32:
        raise ValidationError(f"{len(key)} bytes long, not 32")
    return key


def new_key() -> str:
    """32 random bytes in base64."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


def new_keyring() -> str:
    """One new key under an id that says from when it is."""
    return f"{datetime.now(UTC):%y%m}a:{new_key()}"


def setting(
    field: fields.Field[Any],
    should_be: str,
    default: Any = dataclasses.MISSING,
    *,
    section: str = "",
    make: Callable[[], str] | None = None,
) -> Any:
    """Declare a setting: its parser, what it should be (for people), its default if any.

    ``section`` begins a new part of the settings file; ``make`` makes a value up.
    """
    about = {"field": field, "should_be": should_be, "section": section, "make": make}
    return dataclasses.field(default=default, repr=False, metadata=about)


def _number(minimum: float, *, integer: bool = True) -> fields.Field[Any]:
    check = validate.Range(min=minimum)
    return fields.Integer(validate=check) if integer else fields.Float(validate=check)


def _is_protected_or_local(url: str) -> None:
    """Plain HTTP is for this machine, and for names that cannot exist (RFC 2606), alone."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    is_local = host in {"localhost", "::1"} or host.startswith("127.") or host.endswith(".test")
    if parts.scheme != "https" and not is_local:
        raise ValidationError("not https")


@dataclass(frozen=True, kw_only=True)
class Config:
    """The settings of one running Varsko. Build it with :meth:`from_environment`."""

    public_url: str = setting(
        fields.Url(require_tld=False, schemes={"http", "https"}, validate=_is_protected_or_local),
        "the address citizens see, without a path, for example https://varsko.example.dk",
        section="Where things are",
    )
    database_url: str = setting(
        fields.String(validate=validate.Regexp(r"^(sqlite:///|postgresql(\+psycopg)?://)")),
        "postgresql://user@host/name, or sqlite:///path/to/file.db",
    )
    database_pool_size: int = setting(_number(1), "connections kept open per process", 10)
    database_wait_seconds: float = setting(
        _number(0.1, integer=False), "how long a statement waits for a lock", 10.0
    )
    rate_limit_storage: str = setting(
        fields.String(validate=validate.Regexp(r"^(memory|redis|rediss)://")),
        "memory:// (one web process) or redis://host:6379 (several)",
        "memory://",
    )
    trusted_proxies: int = setting(_number(0), "how many reverse proxies stand in front", 0)
    forms_per_minute: int = setting(
        _number(1),
        "how often a minute one IP address may send a form (a carrier's is shared by thousands)",
        300,
    )
    sign_in_tries_per_minute: int = setting(
        _number(1), "how many passwords and codes one IP address may try a minute", 120
    )

    secret_key: str = setting(
        fields.String(validate=validate.Length(min=32)),
        "at least 32 random characters",
        section="Keys: keep a copy outside the database and its backups",
        make=new_key,
    )
    subscriber_keys: Keyring = setting(
        KeyringField(),
        "id:key pairs, key = 32 random bytes in base64, the current one first",
        make=new_keyring,
    )
    subscriber_index_key: bytes = setting(KeyField(), "32 random bytes in base64", make=new_key)
    tip_keys: Keyring = setting(
        KeyringField(),
        "id:key pairs, key = 32 random bytes in base64, the current one first",
        make=new_keyring,
    )
    tip_index_key: bytes = setting(KeyField(), "32 random bytes in base64", make=new_key)

    twilio_account_sid: str = setting(
        fields.String(validate=validate.Regexp(r"^AC[0-9a-f]{32}$")),
        "the account SID of Twilio: AC and 32 hexadecimal digits",
        section="SMS",
    )
    twilio_auth_token: str = setting(
        fields.String(validate=validate.Length(min=16)), "the auth token of Twilio"
    )
    twilio_api_url: str = setting(
        fields.Url(require_tld=False), "the address of Twilio's API", "https://api.twilio.com"
    )
    sms_number: str = setting(
        fields.String(validate=validate.Regexp(r"^\+[1-9]\d{6,14}$")),
        "the number alerts are sent from and answered to, such as +4512345678",
    )
    sms_segments_per_second: float = setting(
        _number(0.1, integer=False), "the SMS sender's agreed rate, segments a second", 10.0
    )
    sms_senders: tuple[SmsSender, ...] = setting(
        SmsSendersField(),
        "several senders that share the load: provider:address@segments a second, commas "
        "between, the preferred one first; providers are twilio and gatewayapi "
        "(nothing: the number above through Twilio)",
        (),
    )
    gatewayapi_token: str = setting(
        fields.String(), "the API token of GatewayAPI, where one of the senders is there", ""
    )
    gatewayapi_url: str = setting(
        fields.Url(require_tld=False), "the address of GatewayAPI", "https://gatewayapi.com"
    )
    gatewayapi_webhook_secret: str = setting(
        fields.String(validate=validate.Length(min=32)),
        "the secret by which GatewayAPI signs its webhooks, at least 32 characters",
        "",
    )
    sms_in_flight: int = setting(_number(1), "SMS requests under way at once, per process", 64)
    sms_timeout_seconds: float = setting(
        _number(0.1, integer=False), "how long one SMS request may take", 15.0
    )

    mail_from: str = setting(fields.Email(), "the address alerts are sent from", section="E-mail")
    smtp_host: str = setting(fields.String(validate=validate.Length(min=1)), "the SMTP relay")
    smtp_port: int = setting(_number(1), "the SMTP relay's port", 587)
    smtp_security: SmtpSecurity = setting(
        fields.Enum(SmtpSecurity, by_value=True), "none, starttls or tls", SmtpSecurity.STARTTLS
    )
    smtp_user: str = setting(fields.String(), "the relay's user name, or nothing", "")
    smtp_password: str = setting(fields.String(), "the relay's password, or nothing", "")
    smtp_timeout_seconds: float = setting(
        _number(0.1, integer=False), "how long one step with the relay may take", 20.0
    )
    mail_per_second: float = setting(
        _number(0.1, integer=False), "the relay's agreed rate, messages a second", 100.0
    )
    mail_connections: int = setting(_number(1), "open SMTP connections, per process", 6)
    mail_bounce_domain: str = setting(
        fields.String(validate=validate.Regexp(r"^[A-Za-z0-9.-]{1,190}$")),
        "the domain failures are reported to, whose mail goes to `flask dispatch mail-in` "
        "(nothing: they go to the address above, and nobody reads them here)",
        "",
    )
    mail_in_host: str = setting(
        fields.String(validate=validate.Length(min=1)),
        "the address `flask dispatch mail-in` listens on",
        "127.0.0.1",
    )
    mail_in_port: int = setting(_number(1), "its port: LMTP", 8024)
    state_dir: str = setting(
        fields.String(),
        "a folder where processes note what they do with mail, for when one is killed "
        "(nothing: no notes)",
        "",
    )

    engine: EngineKind = setting(
        fields.Enum(EngineKind, by_value=True),
        "embedded (the dispatch process sends) or celery (workers of their own send)",
        EngineKind.EMBEDDED,
        section="Running",
    )
    broker_url: str = setting(
        fields.String(validate=validate.Regexp(r"^amqps?://")),
        "RabbitMQ, for celery: amqp://user:password@host:5672//",
        "amqp://guest:guest@127.0.0.1:5672//",
    )
    engine_threads: int = setting(_number(1), "batches under way at once, per dispatch process", 4)
    log_level: str = setting(
        fields.String(validate=validate.OneOf(["debug", "info", "warning", "error"])),
        "debug, info, warning or error",
        "info",
    )
    log_file: str = setting(fields.String(), "a file for the log; nothing means stderr", "")
    testing: bool = setting(fields.Boolean(), "true only in the test suite", False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Config:
        """Read and validate every setting; raises :class:`ConfigError` for the first bad one."""
        declared = {field.name: field for field in dataclasses.fields(cls)}
        for name in sorted(environment):
            known = name.removeprefix(PREFIX).lower() in declared
            if name.startswith(PREFIX) and not known and not name.startswith(TEST_PREFIX):
                raise ConfigError(f"{name} is no setting: `python -m config` writes them all")
        given = {
            name: environment[PREFIX + name.upper()]
            for name in declared
            if environment.get(PREFIX + name.upper(), "") != ""
        }
        schema = Schema.from_dict({name: f.metadata["field"] for name, f in declared.items()})()
        try:
            loaded: dict[str, Any] = schema.load(given)
        except ValidationError as error:
            wrong: dict[str, Any] = error.normalized_messages()
            name = next(iter(wrong))
            reason = " ".join(str(message) for message in wrong[name]).rstrip(".")
            should_be = declared[name].metadata["should_be"]
            raise ConfigError(
                f"{PREFIX}{name.upper()} is malformed ({reason}): it should be {should_be}"
            ) from error
        for name, field in declared.items():
            if name not in loaded and field.default is dataclasses.MISSING:
                raise ConfigError(
                    f"{PREFIX}{name.upper()} is missing: it should be {field.metadata['should_be']}"
                )
        config = cls(**loaded)
        config.require_consistent()
        return config

    def require_consistent(self) -> None:
        """Raises :class:`ConfigError` for settings that need others which are missing."""
        if any(sender.provider == "gatewayapi" for sender in self.sms_senders):
            for name in ("gatewayapi_token", "gatewayapi_webhook_secret"):
                if not getattr(self, name):
                    raise ConfigError(
                        f"{PREFIX}{name.upper()} is missing: a sender of {PREFIX}SMS_SENDERS "
                        "is at GatewayAPI"
                    )

    @classmethod
    def settings_file(cls, *, with_keys: bool) -> str:
        """A settings file that names every setting; what is required stands there to fill in."""
        lines = [FILE_HEAD]
        for field in dataclasses.fields(cls):
            about, is_required = field.metadata, field.default is dataclasses.MISSING
            if about["section"]:
                lines.append(f"\n# ---- {about['section']} ----\n")
            value = about["make"]() if with_keys and about["make"] else ""
            lines.append(f"# {about['should_be']}")
            assignment = f"{PREFIX}{field.name.upper()}"
            lines.append(
                f"{assignment}={value}"
                if is_required
                else f"#{assignment}={'' if field.default == () else field.default}"
            )
        return "\n".join(lines) + "\n"


def current_config() -> Config:
    """The settings of the running app (needs an app context)."""
    config: Config = current_app.extensions["varsko_config"]
    return config


if __name__ == "__main__":
    sys.stdout.write(Config.settings_file(with_keys=True))
