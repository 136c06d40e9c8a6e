"""Messages that came in while nobody could take them: the provider's list has them still.

A provider hands a message over for some seconds only. So its list is read after a start, after the
database was away, and every hour, and what is not recorded is taken in as if it came now.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config import current_config
from database import current_database, utcnow
from dispatch.hooks import Inbound
from dispatch.incoming.messages import receive_inbound
from dispatch.models import Channel, InboundRecord
from dispatch.providers.base import ListedMessage
from dispatch.providers.directory import is_configured, provider_of
from dispatch.scheduling.unknown_deliveries import UnitOfWork
from dispatch.sender_routes import own_numbers

log = structlog.get_logger(__name__)

AT_LEAST = timedelta(days=1)
"""How far back the list is always read."""
AT_MOST = timedelta(days=14)
"""After a longer outage: from the last message that came in, as long as ids are kept for sure."""
SLACK = timedelta(hours=2)
"""The times of what came in are stored as whole hours, and clocks differ."""
COMPARED_AT_ONCE = 500


def collect_missed(provider: str, unit_of_work: UnitOfWork) -> int | None:
    """Take in what the provider received and we did not, in its order.

    Returns how many; None if the provider could not be asked now.

    Needs an app context. No session is open while the provider is asked; each message is
    handled in a ``unit_of_work`` of its own, under the time at which it was sent.
    """
    if not is_configured(provider):
        return 0
    with current_database().unit_of_work(writes=False) as session:
        since = _since(session, provider)
    listed = provider_of(provider).list_received(own_numbers(current_config()), since)
    if listed is None:
        return None
    with current_database().unit_of_work(writes=False) as session:
        missed = _unrecorded(session, provider, listed)
    # The list begins with the newest, and its times are whole seconds.
    missed.reverse()
    missed.sort(key=lambda message: message.received_at)
    for message in missed:
        found = message.received
        inbound = Inbound(
            Channel.SMS, found.sender, found.recipient, found.text, message.received_at
        )
        with unit_of_work() as session:
            receive_inbound(session, provider, found.provider_ref, inbound)
    if missed:
        log.warning("inbound_missed", provider=provider, taken_in=len(missed))
    return len(missed)


def _since(session: Session, provider: str) -> datetime:
    now = utcnow()
    latest = session.scalar(
        select(func.max(InboundRecord.received_at)).where(InboundRecord.provider == provider)
    )
    if latest is None:
        return now - AT_LEAST
    return max(now - AT_MOST, min(now - AT_LEAST, latest - SLACK))


def _unrecorded(
    session: Session, provider: str, listed: Sequence[ListedMessage]
) -> list[ListedMessage]:
    known: set[str] = set()
    for start in range(0, len(listed), COMPARED_AT_ONCE):
        refs = [m.received.provider_ref for m in listed[start : start + COMPARED_AT_ONCE]]
        known.update(
            session.scalars(
                select(InboundRecord.provider_ref).where(
                    InboundRecord.provider == provider, InboundRecord.provider_ref.in_(refs)
                )
            )
        )
    return [message for message in listed if message.received.provider_ref not in known]
