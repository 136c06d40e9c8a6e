"""Whether a tip, or more of one, is expected from a sender."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from alerts.releasing.published import appeals_received
from database import Domain, blind_index, utcnow
from dispatch.hooks import Inbound
from tips.intake.routing import FOLLOW_UP
from tips.models import PendingChoice, Tip

ANSWERED_WITHIN = timedelta(days=7)
"""How long after an appeal the mere name of a place is taken to answer it."""


def expects_more(session: Session, inbound: Inbound) -> bool:
    """Whether the sender was asked "1 or 2?", has just written a tip, or was sent an appeal."""
    sender_hash = blind_index(Domain.TIPS, inbound.sender)
    now = utcnow()
    is_talking = session.scalar(
        select(
            or_(
                exists().where(
                    PendingChoice.sender_hash == sender_hash, PendingChoice.expires_at > now
                ),
                exists().where(Tip.sender_hash == sender_hash, Tip.received_at > now - FOLLOW_UP),
            )
        )
    )
    if is_talking:
        return True
    received = appeals_received(session, inbound.channel, inbound.sender)
    return any(appeal.sent_at > now - ANSWERED_WITHIN for appeal in received)
