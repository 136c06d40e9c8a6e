"""What can befall one message, and what must come of it: the table that a mix is made from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dispatch.models import DeliveryState
from dispatch.providers.base import ResultKind
from dispatch.providers.twilio.codes import CODES, VALIDITY_ENDED
from simulator import Behaviour, CallbackPlan, MailBehaviour, Outcome, Status

SILENT = CallbackPlan(enabled=False)
UNRULY = CallbackPlan(shuffle=1.0, duplicate=0.5)
_REPORTED = 30_000
"""Twilio's codes from here on end a message that was accepted."""


@dataclass(frozen=True)
class Fate:
    """What a provider does with the first ``times`` requests for a recipient (None: with all).

    ``copies``: how often the recipient is sent the message in the end. ``is_fault``: it pauses
    the broadcast, so it befalls but one recipient. ``holds_up``: the whole sender waits for it, or
    because of it.
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
        """Whether it befalls an e-mail."""
        return self.state is DeliveryState.SENT or isinstance(self.behaviour, MailBehaviour)


WELL = Fate("sms: nothing", None, DeliveryState.DELIVERED)
MAIL_WELL = Fate("mail: nothing", None, DeliveryState.SENT)


def sms_fates() -> Iterator[Fate]:
    """Every code of Twilio's, and everything that can happen on the way to it."""
    for code, kind in CODES.items():
        yield _reported(code, kind) if code >= _REPORTED else _refused(code, kind)
    for name, behaviour in (
        ("timeout", Behaviour.timeout),
        ("reset", Behaviour.reset),
    ):
        for accepted in (True, False):
            how = "taken" if accepted else "not taken"
            yield Fate(
                f"sms: {name}, {how}",
                behaviour(accepted=accepted),
                DeliveryState.DELIVERED,
                times=1,
                holds_up=name == "timeout",
            )
    for status in (500, 502, 503, 504):
        for accepted in (True, False):
            how = "taken" if accepted else "not taken"
            yield Fate(
                f"sms: HTTP {status}, {how}",
                Behaviour.http_error(status, accepted=accepted),
                DeliveryState.DELIVERED,
                times=1,
            )
    unseen = Behaviour(http_status=500, callbacks=SILENT, outcome=Outcome(Status.DELIVERED))
    yield Fate("sms: taken, unseen, unreported", unseen, DeliveryState.DELIVERED, times=1)
    yield Fate(
        "sms: 429 storm",
        Behaviour.too_many_requests(1),
        DeliveryState.DELIVERED,
        times=3,
        holds_up=True,
    )
    yield Fate("sms: reports in disorder", Behaviour(callbacks=UNRULY), DeliveryState.DELIVERED)
    yield Fate("sms: no report", Behaviour(callbacks=SILENT), DeliveryState.DELIVERED)


def _refused(code: int, kind: ResultKind) -> Fate:
    """A code by which a request is refused."""
    name, refusal = f"sms: refused {code}", Behaviour.refuse(code)
    match kind:
        case ResultKind.PERMANENT:
            return Fate(name, refusal, DeliveryState.FAILED, str(code), copies=0)
        case ResultKind.OPTED_OUT:
            return Fate(name, refusal, DeliveryState.FAILED, str(code), copies=0, suppresses=True)
        case ResultKind.CONFIGURATION | ResultKind.CONTENT:
            return Fate(name, refusal, DeliveryState.DELIVERED, times=1, is_fault=True)
        case ResultKind.DEFERRED | ResultKind.UNKNOWN:
            waits = kind is ResultKind.DEFERRED
            return Fate(name, refusal, DeliveryState.DELIVERED, times=1, holds_up=waits)
        case _:
            raise AssertionError(f"no refusal of this kind is expected: {code}")


def _reported(code: int, kind: ResultKind) -> Fate:
    """A code with which a message ends that was accepted: it is not sent again."""
    expired = str(code) == VALIDITY_ENDED
    return Fate(
        f"sms: reported {code}",
        Behaviour.undelivered(code),
        DeliveryState.EXPIRED if expired else DeliveryState.FAILED,
        str(code),
        is_fault=kind is ResultKind.CONFIGURATION,
    )


def mail_fates() -> Iterator[Fate]:
    """What a relay can do with a letter."""
    sent, failed = DeliveryState.SENT, DeliveryState.FAILED
    busy = MailBehaviour(reply="450 4.2.1 Mailbox busy")
    yield Fate("mail: busy for a while", busy, sent, times=2)
    yield Fate("mail: busy for good", busy, failed, "4.2.1", copies=0)
    yield Fate(
        "mail: 421 once", MailBehaviour(reply="421 4.3.2 Closing"), sent, times=1, holds_up=True
    )
    yield Fate(
        "mail: 451 once at the end", MailBehaviour(reply="451 Wait", at_data=True), sent, times=1
    )
    yield Fate("mail: 550", MailBehaviour(reply="550 5.7.1 Refused"), failed, "5.7.1", copies=0)
    yield Fate(
        "mail: 550, no such mailbox", MailBehaviour(reply="550 5.1.1 Unknown"), failed, "5.1.1",
        copies=0, suppresses=True,
    )  # fmt: skip
    yield Fate(
        "mail: 554 at the end",
        MailBehaviour(reply="554 Spam", at_data=True),
        failed,
        "554",
        copies=0,
    )
    yield Fate(
        "mail: cut off at first", MailBehaviour(disconnect=True), sent, times=1, holds_up=True
    )
    yield Fate(
        "mail: cut off at the end", MailBehaviour(disconnect=True, at_data=True), failed,
        "unanswered", times=1, copies=0, holds_up=True,
    )  # fmt: skip


def mixed(size: int) -> list[Fate]:
    """A fate for each of so many recipients: six of ten fare well, every fate befalls somebody.

    Kinds of trouble mix, but for what holds up a sender: that comes in stretches, as storms do.
    """
    fates = [*sms_fates(), *mail_fates()]
    faults = [fate for fate in fates if fate.is_fault]
    others = [fate for fate in fates if not fate.is_fault]
    turns = range(size - len(faults))
    trouble = [others[i % len(others)] for i in range(sum(turn % 10 < 4 for turn in turns))]
    trouble.sort(key=lambda fate: others.index(fate) if fate.holds_up else -1)
    troubled = iter(trouble)
    rest = [
        next(troubled) if turn % 10 < 4 else MAIL_WELL if turn % 10 == 4 else WELL for turn in turns
    ]
    return faults + rest
