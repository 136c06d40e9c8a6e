"""What an outcome makes of a delivery: the rules of trying again and of giving up."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from dispatch.ledger.changes import Change, Locked
from dispatch.models import DeliveryState
from dispatch.providers.base import ResultKind, SendResult

MAX_ATTEMPTS = 5
"""How often a recipient that cannot be reached is tried."""
MAX_DEFERRALS = 100
"""How often a message waits for a sender that cannot be reached (half a day)."""
FIRST_WAIT, LONGEST_WAIT = 30.0, 3600.0
"""Seconds before the second attempt; each further one waits three times as long."""
FIRST_DEFERRAL, LONGEST_DEFERRAL = 5.0, 600.0
ONCE_MORE_AFTER = 300.0
ASK_AFTER = 30.0
"""Seconds before the provider is asked about an unknown delivery."""
JITTER = 0.2

_chance = random.SystemRandom()


def change_for(row: Locked, outcome: SendResult, provider: str, now: datetime) -> Change:
    """The change an outcome makes of a row that is being sent."""
    match outcome.kind:
        case ResultKind.ACCEPTED:
            return Change(
                row,
                DeliveryState.SENT,
                provider=provider,
                provider_ref=outcome.provider_ref,
                segments=outcome.segments,
            )
        case ResultKind.UNKNOWN:
            return Change(
                row,
                DeliveryState.UNKNOWN,
                next_attempt_at=now + timedelta(seconds=ASK_AFTER),
                provider=provider,
                error_code=outcome.code,
            )
        case ResultKind.PERMANENT | ResultKind.OPTED_OUT:
            return _fail(row, outcome, provider)
        case ResultKind.CONFIGURATION | ResultKind.CONTENT | ResultKind.DEFERRED:
            return _defer(row, outcome, provider, now)
        case ResultKind.RETRY:
            return _retry(row, outcome, provider, now, MAX_ATTEMPTS, FIRST_WAIT)
        case ResultKind.RETRY_ONCE:
            return _retry(row, outcome, provider, now, 2, ONCE_MORE_AFTER)


def _fail(row: Locked, outcome: SendResult, provider: str) -> Change:
    return Change(row, DeliveryState.FAILED, provider=provider, error_code=outcome.code)


def _defer(row: Locked, outcome: SendResult, provider: str, now: datetime) -> Change:
    """It was no fault of the recipient's: that attempt does not count."""
    if row.deferrals + 1 >= MAX_DEFERRALS:
        return _fail(row, outcome, provider)
    wait = max(outcome.after or 0.0, min(FIRST_DEFERRAL * 2**row.deferrals, LONGEST_DEFERRAL))
    return Change(
        row,
        DeliveryState.QUEUED,
        next_attempt_at=_after(now, wait),
        error_code=outcome.code,
        deferred=True,
    )


def _retry(
    row: Locked, outcome: SendResult, provider: str, now: datetime, most: int, first_wait: float
) -> Change:
    made = row.attempts - row.deferrals
    if made >= most:
        return _fail(row, outcome, provider)
    wait = max(outcome.after or 0.0, min(first_wait * 3 ** (made - 1), LONGEST_WAIT))
    return Change(
        row, DeliveryState.QUEUED, next_attempt_at=_after(now, wait), error_code=outcome.code
    )


def _after(now: datetime, seconds: float) -> datetime:
    """Some time later, not all at the same moment."""
    return now + timedelta(seconds=seconds * _chance.uniform(1.0, 1.0 + JITTER))
