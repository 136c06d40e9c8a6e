"""Every setting of the simulator, with its default and its unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from simulator.behaviour import CallbackPlan


@dataclass(frozen=True, slots=True)
class DemoPhone:
    """A phone that is on the page from the start."""

    number: str
    name: str


DEMO_PHONES = (
    DemoPhone("+4531234501", "Mette, Hillerød"),
    DemoPhone("+4531234502", "Jonas, Allerød"),
    DemoPhone("+4531234503", "Amira, Hillerød"),
)


@dataclass(frozen=True, slots=True)
class SimulatorConfig:
    """How one simulator behaves. The defaults suit a demonstration on a local machine."""

    account_sid: str = "AC" + "0123456789abcdef" * 2
    auth_token: str = "simulator-auth-token"  # noqa: S105 (the simulator's own, opens nothing real)
    messaging_service_sid: str = "MG" + "0123456789abcdef" * 2
    gatewayapi_token: str = "simulator-gatewayapi-token"  # noqa: S105 (likewise)
    gatewayapi_secret: str = "simulator-gatewayapi-webhook-secret"  # noqa: S105 (likewise)

    # Where it listens. Port 0 takes any free port.
    host: str = "127.0.0.1"
    port: int = 0
    smtp_port: int = 0

    # Our service's number, and further numbers that may send; those it has at GatewayAPI.
    number: str = "+4593700700"
    other_numbers: tuple[str, ...] = ()
    gatewayapi_numbers: tuple[str, ...] = ("+4593700800",)

    # The webhooks that get what phones send, as they are configured at the providers. Webhook
    # addresses under `public_base` are signed as they stand but posted to `internal_base`,
    # as a proxy in front of the service would do.
    inbound_url: str = ""
    gatewayapi_inbound_url: str = ""
    public_base: str = ""
    internal_base: str = ""

    # Status callbacks: which are sent, when, and how unreliably.
    callbacks: CallbackPlan = field(default_factory=CallbackPlan)
    callback_workers: int = 32
    # Seconds after which GatewayAPI repeats a webhook that did not get a 2xx answer.
    gatewayapi_retries: tuple[float, ...] = (60.0, 120.0, 360.0, 1440.0, 7200.0, 43_200.0)

    # Trouble for every request. Seconds; share of requests answered 500 (0 to 1); API requests a
    # second and at once before 429 is answered (None: no limit).
    latency: float = 0.0
    error_rate: float = 0.0
    rate_limit: float | None = None
    concurrency_limit: int | None = None
    retry_after: int = 1
    seed: int = 1

    # Countries the account may send to, as number prefixes. Empty: everywhere.
    permitted_prefixes: tuple[str, ...] = ()
    # Numbers with this prefix, followed by a five-digit error code, get that error:
    # +4531230003 is accepted and then ends undelivered with 30003, +4531221610 is refused.
    # GatewayAPI's are written as decimal numbers: +4531204112 ends with 0x1010.
    scripted_prefix: str = "+45312"
    # Twilio's own handling of STOP and START (off where the service handles them itself).
    provider_opt_out: bool = False

    # How many messages and mails are kept; None keeps everything.
    keep: int | None = 100_000
    keep_mails: int | None = 5_000
    # A file with one line for each accepted message (sid, recipient, unix time, callback,
    # provider).
    accepted_log: Path | None = None

    # The page.
    phones: tuple[DemoPhone, ...] = DEMO_PHONES
    mailboxes: tuple[str, ...] = ()
    quick_texts: tuple[str, ...] = ("TRYK 3400", "STATUS", "HJÆLP", "STOP")
    authenticators: Sequence[tuple[str, str]] = ()  # (label, base32 secret) of demo staff
    service_url: str = ""  # link to the service itself, shown in the header

    @property
    def numbers(self) -> frozenset[str]:
        """Every number the account may send from."""
        return frozenset((self.number, *self.other_numbers))
