"""The combined progress of several broadcasts of one message."""

from __future__ import annotations

from collections.abc import Sequence

from dispatch.ledger.counts import Counts
from dispatch.ledger.progress import ChannelProgress, Progress
from dispatch.ledger.rates import Rate
from dispatch.models import BroadcastStatus, Channel, DeliveryState

_FIRST = (
    BroadcastStatus.PAUSED,
    BroadcastStatus.SENDING,
    BroadcastStatus.EXPANDING,
    BroadcastStatus.WAITING,
    BroadcastStatus.STOPPED,
    BroadcastStatus.SETTLED,
)
"""Which status represents them all: what staff can act on first, then what is under way."""


def combine(several: Sequence[Progress]) -> Progress:
    """The progress of one or more broadcasts that send the same message to different people."""
    if len(several) == 1:
        return several[0]
    leading = min(several, key=lambda each: _FIRST.index(each.status))
    settled = all(each.settled for each in several)
    return Progress(
        at=max(each.at for each in several),
        status=leading.status,
        channels=tuple(
            _combine_channel(channel, found)
            for channel in Channel
            if (found := [c for each in several for c in each.channels if c.channel is channel])
        ),
        expanded=all(each.expanded for each in several),
        settled=settled,
        reason=leading.reason,
        settled_at=max(each.settled_at for each in several if each.settled_at) if settled else None,
    )


def _combine_channel(channel: Channel, found: Sequence[ChannelProgress]) -> ChannelProgress:
    waiting = [each for each in found if each.counts.waiting]
    left = [each.seconds_left for each in waiting]
    known = [seconds for seconds in left if seconds is not None]
    rates = [each.rate for each in found if each.rate is not None]
    return ChannelProgress(
        channel=channel,
        counts=_add_counts([each.counts for each in found]),
        segments=sum(each.segments for each in found),
        rate=Rate(
            sum(rate.messages for rate in rates),
            sum(rate.segments for rate in rates),
            max(rate.seconds for rate in rates),
        )
        if rates
        else None,
        is_overtaken=any(each.is_overtaken for each in waiting),
        is_later=bool(waiting) and all(each.is_later for each in waiting),
        is_retrying=bool(waiting) and all(each.is_retrying for each in waiting),
        is_stalled=any(each.is_stalled for each in waiting),
        seconds_left=max(known) if known and len(known) == len(left) else None,
    )


def _add_counts(several: Sequence[Counts]) -> Counts:
    """The sum of the counts. Stopped if one is: the others then have nothing left to send."""
    states = {
        state: sum(each.by_state.get(state, 0) for each in several) for state in DeliveryState
    }
    return Counts(
        states,
        sum(each.unwritten for each in several),
        any(each.is_stopped for each in several),
    )
