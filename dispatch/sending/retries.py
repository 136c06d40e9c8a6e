"""How a send result changes a delivery: the rules for retrying and giving up."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from dispatch.ledger.changes import Change, Locked
from dispatch.models import DeliveryState
from dispatch.providers.base import ResultKind, SendResult

MAX_ATTEMPTS = 5
"""How often sending to a recipient that cannot be reached is tried."""
MAX_DEFERRALS = 100
"""How often a message is deferred because of its sender (over half a day)."""
FIRST_WAIT, LONGEST_WAIT = 30.0, 3600.0
"""Seconds before the second attempt; each further one waits three times longer."""
FIRST_DEFERRAL, LONGEST_DEFERRAL = 5.0, 600.0
ONCE_MORE_AFTER = 300.0
ASK_AFTER = 30.0
"""Seconds before the provider is asked about an unknown delivery."""
JITTER = 0.2

_chance = random.SystemRandom()


def change_for(row: Locked, result: SendResult, provider: str, now: datetime) -> Change:
    """The change that a result makes to a delivery that is being sent."""
    match result.kind:
        case ResultKind.ACCEPTED:
            return Change(
                row,
                DeliveryState.SENT,
                provider=provider,
                provider_ref=result.provider_ref,
                segments=result.segments,
            )
        case ResultKind.UNKNOWN:
            return Change(
                row,
                DeliveryState.UNKNOWN,
                next_attempt_at=now + timedelta(seconds=ASK_AFTER),
                provider=provider,
                error_code=result.code,
            )
        case ResultKind.PERMANENT | ResultKind.OPTED_OUT:
            return _fail(row, result, provider)
        case ResultKind.CONFIGURATION | ResultKind.CONTENT | ResultKind.DEFERRED:
            return _defer(row, result, provider, now)
        case ResultKind.RETRY:
            return _retry(row, result, provider, now, MAX_ATTEMPTS, FIRST_WAIT)
        case ResultKind.RETRY_ONCE:
            return _retry(row, result, provider, now, 2, ONCE_MORE_AFTER)


def _fail(row: Locked, result: SendResult, provider: str) -> Change:
    return Change(row, DeliveryState.FAILED, provider=provider, error_code=result.code)


def _defer(row: Locked, result: SendResult, provider: str, now: datetime) -> Change:
    """Retry without counting the attempt: its failure has nothing to do with the recipient."""
    if row.deferrals + 1 >= MAX_DEFERRALS:
        return _fail(row, result, provider)
    wait = max(result.after or 0.0, min(FIRST_DEFERRAL * 2**row.deferrals, LONGEST_DEFERRAL))
    return Change(
        row,
        DeliveryState.QUEUED,
        next_attempt_at=_after(now, wait),
        error_code=result.code,
        deferred=True,
    )


def _retry(
    row: Locked, result: SendResult, provider: str, now: datetime, most: int, first_wait: float
) -> Change:
    made = row.attempts - row.deferrals
    if made >= most:
        return _fail(row, result, provider)
    wait = max(result.after or 0.0, min(first_wait * 3 ** (made - 1), LONGEST_WAIT))
    return Change(
        row, DeliveryState.QUEUED, next_attempt_at=_after(now, wait), error_code=result.code
    )


def _after(now: datetime, seconds: float) -> datetime:
    """A time at least so many seconds from now, with jitter."""
    return now + timedelta(seconds=seconds * _chance.uniform(1.0, 1.0 + JITTER))
