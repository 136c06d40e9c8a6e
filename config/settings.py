"""The settings that belong to no provider, and reading them together with the providers'."""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlsplit

from flask import current_app
from marshmallow import ValidationError, fields, validate

from config import safety
from config.declaring import (
    ConfigError,
    declared,
    load,
    refuse_unknown,
    require_all,
    setting,
    variable,
)
from config.fields import (
    KeyField,
    Keyring,
    KeyringField,
    NumberOrNeverField,
    Price,
    PriceField,
    SmsSendersField,
    at_least,
    days,
    names_hosts_well,
    new_key,
    new_keyring,
)
from config.provider_settings import ProviderSettings, Sender

Part = TypeVar("Part", bound=ProviderSettings)


class EngineKind(StrEnum):
    """How batches reach workers."""

    EMBEDDED = "embedded"
    CELERY = "celery"


def _is_protected_or_local(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" and not safety.is_local(parts.hostname or ""):
        raise ValidationError("not https")


def _is_strong(secret: str) -> None:
    if weakness := safety.weakness_of(secret):
        raise ValidationError(f"{weakness}: make one with `openssl rand -base64 32`")


@dataclass(frozen=True, kw_only=True)
class Config:
    """The settings of one running Varsko. Build it with :meth:`from_environment`."""

    public_url: str = setting(
        fields.Url(require_tld=False, schemes={"http", "https"}, validate=_is_protected_or_local),
        "the address citizens see, without a path, for example https://varsko.example.dk",
        section="Where things are",
    )
    home_country: str = setting(
        fields.String(validate=validate.Regexp(r"^[a-z]{2}$")),
        "the country whose areas are meant where none is named, as in areas/data/countries.toml; "
        "set it before areas are loaded, and never change it",
        "dk",
    )
    database_url: str = setting(
        fields.String(
            validate=[
                validate.Regexp(r"^(sqlite:///|postgresql(\+psycopg)?://)"),
                names_hosts_well,
            ]
        ),
        "postgresql://user@host/name, or with several hosts "
        "postgresql://user@/name?host=one:5432&host=two:5432&target_session_attrs=read-write; "
        "or sqlite:///path/to/file.db",
    )
    database_pool_size: int = setting(at_least(1), "connections kept open per process", 10)
    database_wait_seconds: float = setting(
        at_least(0.1, integer=False), "how long a statement waits for a lock", 10.0
    )
    database_answer_seconds: float = setting(
        at_least(1, integer=False),
        "how long a web request waits for PostgreSQL's answer to one statement",
        30.0,
    )
    rate_limit_storage: str = setting(
        fields.String(validate=validate.Regexp(r"^(memory|redis|rediss)://")),
        "memory:// (one web process) or redis://host:6379 (several)",
        "memory://",
    )
    trusted_proxies: int = setting(at_least(0), "how many reverse proxies are in front", 0)
    forms_per_minute: int = setting(
        at_least(1),
        "how often a minute one IP address may send a form (thousands share a mobile operator's)",
        300,
    )
    new_addresses_per_hour: int = setting(
        at_least(1),
        "how many codes and links one network (IPv4 /24, IPv6 /48) may ask for in an hour; after "
        "that, only addresses that are signed up get theirs. By SMS there is no such limit",
        60,
    )
    session_idle_minutes: float = setting(
        at_least(0.05, integer=False),
        "after how many minutes without use a member of staff is signed out",
        30.0,
    )
    sign_in_tries_per_minute: int = setting(
        at_least(1), "how many passwords and codes one IP address may try a minute", 120
    )

    secret_key: str = setting(
        fields.String(validate=[validate.Length(min=32), _is_strong]),
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

    sms_number: str = setting(
        fields.String(validate=validate.Regexp(r"^\+[1-9]\d{6,14}$")),
        "the number citizens write to, such as +4512345678 (nothing: the first number among the "
        "senders below); alerts are sent from it where no senders are named",
        section="SMS",
    )
    sms_segments_per_second: float = setting(
        at_least(0.1, integer=False), "the SMS sender's agreed rate, segments a second", 10.0
    )
    sms_senders: tuple[Sender, ...] = setting(
        SmsSendersField(),
        "the senders that share the load: provider:address@segments a second, separated by "
        "commas, the preferred one first; a provider's name is in brackets below "
        "(nothing: the number above, through the first provider)",
        (),
    )
    sms_segment_price: Price | None = setting(
        PriceField(),
        "what one SMS segment costs, and in which currency, for example 0.32DKK: staff see the "
        "cost before they send (nothing: no cost is shown)",
        None,
    )
    sms_in_flight: int = setting(at_least(1), "SMS requests under way at once, per process", 64)
    sms_timeout_seconds: float = setting(
        at_least(0.1, integer=False), "how long one SMS request may take", 15.0
    )

    mail_from: str = setting(fields.Email(), "the address alerts are sent from", section="E-mail")
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
    mail_in_port: int = setting(at_least(1), "its port: LMTP", 8024)
    state_dir: str = setting(
        fields.String(),
        "a folder where processes note what they do with mail, for when one is killed "
        "(nothing: no notes)",
        "",
    )

    approval_above_recipients: int | None = setting(
        NumberOrNeverField(),
        "a number, or never: an alert that reaches more people than this goes out only when "
        "somebody else has approved it",
        10_000,
        section="Approval of alerts by a second person",
    )
    approval_from_severity: str = setting(
        fields.String(validate=validate.OneOf(["extreme", "severe", "moderate", "minor", "never"])),
        "extreme, severe, moderate, minor or never: the same for alerts as severe as this, or more",
        "extreme",
    )
    approval_for_whole_district: bool = setting(
        fields.Boolean(), "the same for alerts to a whole police district", True
    )
    approval_for_several_districts: bool = setting(
        fields.Boolean(), "the same for alerts to more than one police district", False
    )

    keep_ledger_days: int = setting(
        days(safety.LEAST_LEDGER_DAYS),
        "for how many days after an alert was closed it is known who got it, and after a code, "
        "link or reply was sent that it was; at least "
        f"{safety.LEAST_LEDGER_DAYS}, because answers to closed appeals are matched for so long",
        30,
        section="Retention: what is older is deleted, daily",
    )
    keep_alerts_days: int = setting(
        days(safety.LEAST_LEDGER_DAYS),
        "for how many days after it was closed an alert is kept, with what was sent and to how "
        "many; not shorter than the ledger",
        730,
    )
    keep_tips_days: int = setting(
        days(safety.LEAST_TIPS_DAYS),
        "for how many days after their case was closed tips are kept; at least "
        f"{safety.LEAST_TIPS_DAYS}",
        730,
    )
    keep_contacts_days: int = setting(
        days(safety.LEAST_LEDGER_DAYS),
        "for how many days after somebody has left their number or address is kept, with their "
        "consents; then a keyed hash remembers that they have left; not shorter than the ledger",
        730,
    )
    keep_staff_days: int = setting(
        days(safety.LEAST_LEDGER_DAYS),
        "for how many days after a member of staff's account was closed it names the person",
        730,
    )
    quiet_case_days: int = setting(
        days(safety.LEAST_LEDGER_DAYS),
        "after how many days in which nothing has happened on an open case its district is told, "
        "because its tips are kept until it is closed",
        180,
    )
    keep_audit_days: int = setting(
        days(safety.LEAST_AUDIT_DAYS),
        f"for how many days the audit trail is kept; at least {safety.LEAST_AUDIT_DAYS}, and not "
        "shorter than alerts and tips, so that it is known who has read them",
        1825,
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
    broker_queues: str = setting(
        fields.String(validate=validate.Regexp(r"^[A-Za-z0-9_-]{1,100}$")),
        "what the names of the queues begin with: another word for each installation that shares "
        "a RabbitMQ",
        "varsko",
    )
    engine_threads: int = setting(at_least(1), "batches under way at once, per dispatch process", 4)
    log_level: str = setting(
        fields.String(validate=validate.OneOf(["debug", "info", "warning", "error"])),
        "debug, info, warning or error",
        "info",
    )
    log_file: str = setting(fields.String(), "a file for the log; nothing means stderr", "")
    testing: bool = setting(fields.Boolean(), "true only in the test suite", False)

    providers: tuple[ProviderSettings, ...] = dataclasses.field(default=(), repr=False)
    """The settings of the providers in use, and of those that may still send reports."""

    @classmethod
    def from_environment(
        cls, environment: Mapping[str, str], providers: Sequence[type[ProviderSettings]]
    ) -> Config:
        """Read and validate every setting, the providers' too.

        Raises :class:`ConfigError` for the first that is unknown, malformed, missing or unsafe.
        """
        refuse_unknown(environment, _variables(providers))
        loaded = load(cls, environment)
        senders: tuple[Sender, ...] = loaded.get("sms_senders", ())
        numbers = [sender.address for sender in senders if sender.address.startswith("+")]
        if numbers:
            loaded.setdefault("sms_number", numbers[0])
        require_all(cls, loaded)
        used = _used(providers, senders)
        parts = [part.read(environment, is_used=part.provider in used) for part in providers]
        config = cls(**loaded, providers=tuple(part for part in parts if part is not None))
        config.require_safe()
        return config

    def senders(self, channel: str) -> tuple[Sender, ...]:
        """The senders of a channel ("sms", "email"), the preferred one first."""
        parts = [part for part in self.providers if part.channel == channel]
        own = tuple(sender for part in parts for sender in part.own_senders())
        if channel != "sms":
            return own
        default = Sender(parts[0].provider, self.sms_number, self.sms_segments_per_second)
        return (self.sms_senders or (default,)) + own

    def find(self, settings: type[Part]) -> Part | None:
        """A provider's settings; None if nothing is sent through it."""
        return next((part for part in self.providers if isinstance(part, settings)), None)

    def of(self, settings: type[Part]) -> Part:
        """A provider's settings; raises LookupError if nothing is sent through it."""
        part = self.find(settings)
        if part is None:
            raise LookupError(f"{settings.title} has no settings")
        return part

    def require_safe(self) -> None:
        """Raise :class:`ConfigError` for settings that are unsafe together."""
        self._require_distinct_keys()
        self._require_retention_in_order()
        if not safety.is_public(self.public_url):
            return
        if self.testing:
            raise ConfigError(
                f"{variable('testing')} is true although {variable('public_url')} is public: "
                "remove it, for it weakens passwords and lifts the rate limits"
            )
        for part in self.providers:
            for name, host in part.unencrypted():
                if not safety.is_local(host):
                    raise ConfigError(
                        f"{name} makes Varsko talk to {host} without encryption although "
                        f"{variable('public_url')} is public: it should use TLS (https), "
                        "or be a host on this machine"
                    )

    def _require_distinct_keys(self) -> None:
        seen: dict[bytes, str] = {}
        for name, key in self._keys():
            other = seen.setdefault(key, name)
            if other != name:
                raise ConfigError(
                    f"{variable(name)} has the same key as {variable(other)}: "
                    "give it one of its own (`openssl rand -base64 32`)"
                )

    def _require_retention_in_order(self) -> None:
        for shorter, longer, why in (
            ("keep_ledger_days", "keep_alerts_days", "an alert goes after its recipients"),
            ("keep_ledger_days", "keep_contacts_days", "who got an alert must stay known"),
            ("keep_alerts_days", "keep_audit_days", "who has sent an alert must stay known"),
            ("keep_tips_days", "keep_audit_days", "who has read a tip must stay known"),
        ):
            least: int = getattr(self, shorter)
            if getattr(self, longer) < least:
                raise ConfigError(
                    f"{variable(longer)} is shorter than {variable(shorter)}: "
                    f"it should be at least {least}, for {why}"
                )

    def _keys(self) -> Iterator[tuple[str, bytes]]:
        try:
            yield "secret_key", base64.b64decode(self.secret_key, validate=True)
        except ValueError:
            yield "secret_key", self.secret_key.encode()
        for domain in ("subscriber", "tip"):
            keyring: Keyring = getattr(self, f"{domain}_keys")
            yield from ((f"{domain}_keys", key) for key in keyring.keys.values())
            yield f"{domain}_index_key", getattr(self, f"{domain}_index_key")


def _variables(providers: Sequence[type[ProviderSettings]]) -> Iterator[str]:
    yield from (variable(name) for name in declared(Config))
    for part in providers:
        yield from (variable(name, part.prefix()) for name in declared(part))


def _used(providers: Sequence[type[ProviderSettings]], senders: Sequence[Sender]) -> frozenset[str]:
    """The providers that are sent through; raises ConfigError for an unknown one."""
    by_sms = [part.provider for part in providers if part.channel == "sms"]
    for sender in senders:
        if sender.provider not in by_sms:
            raise ConfigError(
                f"{variable('sms_senders')} is malformed ({sender.provider!r} is not a provider): "
                f"its entries should begin with {' or '.join(by_sms)}"
            )
    by_mail = {part.provider for part in providers if part.channel == "email"}
    return frozenset(by_mail | ({sender.provider for sender in senders} or {by_sms[0]}))


def current_config() -> Config:
    """The settings of the running app (needs an app context)."""
    config: Config = current_app.extensions["varsko_config"]
    return config
