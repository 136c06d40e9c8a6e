"""Senders: the numbers, names and relays that messages are sent from, each at its agreed rate.

The senders of a channel share its load in proportion to their rates: each slice uses the one
that was free first, even if the machine is slower than the rates. A sender that keeps failing
rests, and the others take its traffic: after :data:`FAILURES` consecutive slices that failed
completely because of the sender, or after one in which its credentials or address were refused,
it is not used for :data:`REST_SECONDS`; then it is tried again. Its row says why it rests. If
all senders rest, they are used as if none did: the last one is never given up.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from database import insert_or_ignore, utcnow
from dispatch.models import Sender
from dispatch.pause_reasons import PauseReason
from dispatch.providers.base import ResultKind, SendResult
from dispatch.sender_routes import Route

log = structlog.get_logger(__name__)

AHEAD_SECONDS = 0.25
"""How long before its start a turn can be reserved, and how often a worker asks before that."""
FAILURES = 3
REST_SECONDS = 300.0
DEFAULT_PAUSE = 2.0
"""Seconds without sending when the provider cannot be reached and does not say how long."""
LONGEST_PAUSE = 60.0
FURTHEST_AHEAD = 5 * LONGEST_PAUSE

_OWN_FAULTS = {
    ResultKind.CONFIGURATION: PauseReason.configuration,
    ResultKind.DEFERRED: PauseReason.unavailable,
    ResultKind.UNKNOWN: PauseReason.unanswered,
}


@dataclass(frozen=True)
class Turn:
    """A route, the units reserved on it, and the seconds to wait before sending them.

    If the wait is long, nothing is reserved: ask again later. ``had_failures``: its latest
    slices failed, so that a success must be recorded.
    """

    route: Route
    units: float
    wait: float
    had_failures: bool = False

    @property
    def is_reserved(self) -> bool:
        """Whether we may use the route after the wait."""
        return self.units > 0


# --- Taking turns ------------------------------------------------------------------------


def take_turn(
    session: Session,
    routes: Sequence[Route],
    units_of: Callable[[Route], float],
    *,
    at_once: bool = False,
) -> Turn:
    """Reserve time on the route that is free first, for as many units as will be sent.

    A sender's row holds the time from which it is free. A worker reserves the next interval
    shortly before it begins: workers need not know of each other, and an urgent message never
    waits for turns reserved by others. With ``at_once`` there is no wait; the others wait longer
    instead.
    """
    now = utcnow()
    senders = _locked(session, [route.name for route in routes])
    awake = [route for route in routes if not _rests(senders[route.name], now)] or routes
    # If slices take longer than agreed, all are free: the one free for longest is next, or the
    # preferred one would get everything. A single message uses the preferred one.
    # None is reserved further ahead, unless by a clock that is wrong.
    latest = now + timedelta(seconds=FURTHEST_AHEAD)
    free_at = {route: min(senders[route.name].free_at, latest) for route in awake}
    route = min(awake, key=lambda route: max(free_at[route], now) if at_once else free_at[route])
    sender, units = senders[route.name], units_of(route)
    begins = max(free_at[route], now)
    wait = 0.0 if at_once else (begins - now).total_seconds()
    if wait > AHEAD_SECONDS:
        return Turn(route, 0.0, wait)
    _set_free_at(session, route, begins + timedelta(seconds=units / route.rate))
    return Turn(route, units, wait, sender.failures > 0)


def give_back(session: Session, turn: Turn, units: float) -> None:
    """Return the unused units of a turn."""
    if units > 0:
        free_at = _locked(session, [turn.route.name])[turn.route.name].free_at
        _set_free_at(session, turn.route, free_at - timedelta(seconds=units / turn.route.rate))


def resting_senders(session: Session) -> Sequence[Sender]:
    """The senders that rest, while others take their traffic."""
    return session.scalars(
        select(Sender).where(Sender.rests_until > utcnow()).order_by(Sender.name)
    ).all()


def _rests(sender: Sender, now: datetime) -> bool:
    return sender.rests_until is not None and sender.rests_until > now


def _set_free_at(session: Session, route: Route, free_at: datetime) -> None:
    session.execute(
        update(Sender)
        .where(Sender.name == route.name)
        .values(free_at=free_at)
        .execution_options(synchronize_session=False)
    )


def _locked(session: Session, names: Collection[str]) -> dict[str, Sender]:
    """The senders' rows, created if missing, locked in the order of their names."""
    query = (
        select(Sender)
        .where(Sender.name.in_(names))
        .order_by(Sender.name)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = session.scalars(query).all()
    if len(found) < len(names):
        session.execute(
            insert_or_ignore(session, Sender, "name").values(
                [{"name": name, "free_at": utcnow(), "failures": 0} for name in names]
            )
        )
        found = session.scalars(query).all()
    return {sender.name: sender for sender in found}


# --- Health ------------------------------------------------------------------------------


def concerns_sender(turn: Turn, results: Sequence[SendResult]) -> bool:
    """Whether a slice's results change anything about its sender."""
    return turn.had_failures or any(result.kind in _OWN_FAULTS for result in results)


def note_slice(
    session: Session, turn: Turn, routes: Sequence[Route], results: Sequence[SendResult]
) -> bool:
    """Record how a slice went: its sender is paused, rests or has recovered.

    True if another of the channel's ``routes`` is in use.
    """
    senders = _locked(session, [route.name for route in routes])
    sender, now = senders[turn.route.name], utcnow()
    has_others = any(
        not _rests(other, now) for name, other in senders.items() if name != sender.name
    )
    faults = [result for result in results if result.kind in _OWN_FAULTS]
    pause = max((_pause(result) for result in faults), default=0.0)
    if pause:
        sender.free_at = max(sender.free_at, now + timedelta(seconds=pause))
    if results and len(faults) == len(results):
        _note_failure(sender, faults, now, has_others=has_others)
    elif results and sender.failures:
        log.info("sender_recovered", provider=turn.route.provider)
        sender.failures, sender.rests_until, sender.reason = 0, None, None
    session.flush()
    return has_others


def _note_failure(
    sender: Sender, faults: Sequence[SendResult], now: datetime, *, has_others: bool
) -> None:
    sender.failures += 1
    refused = [fault for fault in faults if fault.kind is ResultKind.CONFIGURATION]
    worst = (refused or faults)[0]
    sender.reason = _OWN_FAULTS[worst.kind](sender.provider, worst.code)
    if has_others and (refused or sender.failures >= FAILURES):
        sender.rests_until = now + timedelta(seconds=REST_SECONDS)
        log.error("sender_rests", **sender.reason.to_json())


def _pause(result: SendResult) -> float:
    if result.kind is not ResultKind.DEFERRED:
        return 0.0
    return min(result.after or DEFAULT_PAUSE, LONGEST_PAUSE)
