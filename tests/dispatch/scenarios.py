"""Everything that can happen to a message, and how it must end: the table for a mixed sending."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dispatch.models import DeliveryState
from dispatch.providers.base import ResultKind
from dispatch.providers.twilio.codes import CODES, VALIDITY_ENDED
from simulator import Behaviour, CallbackPlan, DeliveryResult, MailBehaviour, Status

SILENT = CallbackPlan(enabled=False)
UNRULY = CallbackPlan(shuffle=1.0, duplicate=0.5)
_REPORTED = 30_000
"""Twilio's codes from here on fail a message that was accepted."""


@dataclass(frozen=True)
class Scenario:
    """What a provider does with the first ``times`` requests for a recipient (None: all of them).

    ``copies``: how often the recipient gets the message in the end. ``is_fault``: it pauses the
    broadcast, so only one recipient has it. ``holds_up``: it makes the whole sender wait.
    """

    name: str
    behaviour: Behaviour | MailBehaviour | None
    state: DeliveryState
    code: str | None = None
    times: int | None = None
    copies: int = 1
    suppresses: bool = False
    is_fault: bool = False
    holds_up: bool = False

    @property
    def is_mail(self) -> bool:
        """Whether it is about an e-mail."""
        return self.state is DeliveryState.SENT or isinstance(self.behaviour, MailBehaviour)


WELL = Scenario("sms: nothing", None, DeliveryState.DELIVERED)
MAIL_WELL = Scenario("mail: nothing", None, DeliveryState.SENT)


def sms_scenarios() -> Iterator[Scenario]:
    """Every code of Twilio's, and everything that can happen to a request."""
    for code, kind in CODES.items():
        yield _reported(code, kind) if code >= _REPORTED else _refused(code, kind)
    for name, behaviour in (
        ("timeout", Behaviour.timeout),
        ("reset", Behaviour.reset),
    ):
        for accepted in (True, False):
            how = "taken" if accepted else "not taken"
            yield Scenario(
                f"sms: {name}, {how}",
                behaviour(accepted=accepted),
                DeliveryState.DELIVERED,
                times=1,
                holds_up=name == "timeout",
            )
    for status in (500, 502, 503, 504):
        for accepted in (True, False):
            how = "taken" if accepted else "not taken"
            yield Scenario(
                f"sms: HTTP {status}, {how}",
                Behaviour.http_error(status, accepted=accepted),
                DeliveryState.DELIVERED,
                times=1,
            )
    unseen = Behaviour(http_status=500, callbacks=SILENT, result=DeliveryResult(Status.DELIVERED))
    yield Scenario("sms: taken, unseen, unreported", unseen, DeliveryState.DELIVERED, times=1)
    yield Scenario(
        "sms: 429 storm",
        Behaviour.too_many_requests(1),
        DeliveryState.DELIVERED,
        times=3,
        holds_up=True,
    )
    yield Scenario("sms: reports in disorder", Behaviour(callbacks=UNRULY), DeliveryState.DELIVERED)
    yield Scenario("sms: no report", Behaviour(callbacks=SILENT), DeliveryState.DELIVERED)


def _refused(code: int, kind: ResultKind) -> Scenario:
    """A code that refuses a request."""
    name, refusal = f"sms: refused {code}", Behaviour.refuse(code)
    match kind:
        case ResultKind.PERMANENT:
            return Scenario(name, refusal, DeliveryState.FAILED, str(code), copies=0)
        case ResultKind.OPTED_OUT:
            return Scenario(
                name, refusal, DeliveryState.FAILED, str(code), copies=0, suppresses=True
            )
        case ResultKind.CONFIGURATION | ResultKind.CONTENT:
            return Scenario(name, refusal, DeliveryState.DELIVERED, times=1, is_fault=True)
        case ResultKind.DEFERRED | ResultKind.UNKNOWN:
            waits = kind is ResultKind.DEFERRED
            return Scenario(name, refusal, DeliveryState.DELIVERED, times=1, holds_up=waits)
        case _:
            raise AssertionError(f"no refusal of this kind is expected: {code}")


def _reported(code: int, kind: ResultKind) -> Scenario:
    """A code reported for a message that was accepted: it is not sent again."""
    expired = str(code) == VALIDITY_ENDED
    return Scenario(
        f"sms: reported {code}",
        Behaviour.undelivered(code),
        DeliveryState.EXPIRED if expired else DeliveryState.FAILED,
        str(code),
        is_fault=kind is ResultKind.CONFIGURATION,
    )


def mail_scenarios() -> Iterator[Scenario]:
    """Everything a relay can do with a mail."""
    sent, failed = DeliveryState.SENT, DeliveryState.FAILED
    busy = MailBehaviour(reply="450 4.2.1 Mailbox busy")
    yield Scenario("mail: busy for a while", busy, sent, times=2)
    yield Scenario("mail: busy for good", busy, failed, "4.2.1", copies=0)
    yield Scenario(
        "mail: 421 once", MailBehaviour(reply="421 4.3.2 Closing"), sent, times=1, holds_up=True
    )
    yield Scenario(
        "mail: 451 once at the end", MailBehaviour(reply="451 Wait", at_data=True), sent, times=1
    )
    yield Scenario("mail: 550", MailBehaviour(reply="550 5.7.1 Refused"), failed, "5.7.1", copies=0)
    yield Scenario(
        "mail: 550, no such mailbox", MailBehaviour(reply="550 5.1.1 Unknown"), failed, "5.1.1",
        copies=0, suppresses=True,
    )  # fmt: skip
    yield Scenario(
        "mail: 554 at the end",
        MailBehaviour(reply="554 Spam", at_data=True),
        failed,
        "554",
        copies=0,
    )
    yield Scenario(
        "mail: cut off at first", MailBehaviour(disconnect=True), sent, times=1, holds_up=True
    )
    yield Scenario(
        "mail: cut off at the end", MailBehaviour(disconnect=True, at_data=True), failed,
        "unanswered", times=1, copies=0, holds_up=True,
    )  # fmt: skip


def mixed(size: int) -> list[Scenario]:
    """A scenario for each recipient: six out of ten have no trouble, and every scenario occurs.

    Trouble is spread out, except what holds up a sender: that is consecutive, as in an outage.
    """
    scenarios = [*sms_scenarios(), *mail_scenarios()]
    faults = [scenario for scenario in scenarios if scenario.is_fault]
    others = [scenario for scenario in scenarios if not scenario.is_fault]
    turns = range(size - len(faults))
    trouble = [others[i % len(others)] for i in range(sum(turn % 10 < 4 for turn in turns))]
    trouble.sort(key=lambda scenario: others.index(scenario) if scenario.holds_up else -1)
    troubled = iter(trouble)
    rest = [
        next(troubled) if turn % 10 < 4 else MAIL_WELL if turn % 10 == 4 else WELL for turn in turns
    ]
    return faults + rest
