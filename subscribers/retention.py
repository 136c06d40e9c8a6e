"""What is forgotten, and when."""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from database import utcnow
from dispatch.models import Contact, SuppressionReason
from subscribers.consent import withdraw_consent
from subscribers.models import (
    Evidence,
    SentSecret,
    SignUp,
    SignUpArea,
    SignUpContact,
    Subscriber,
    SubscriberContact,
)
from subscribers.service import forget_subscribers

log = structlog.get_logger(__name__)

FORGET_DEPARTED_AFTER = timedelta(days=30)
CHUNK = 1000
WITHDRAWALS = {
    SuppressionReason.UNSUBSCRIBE: Evidence.UNSUBSCRIBE_LINK,
    SuppressionReason.COMPLAINT: Evidence.COMPLAINT,
    SuppressionReason.PROVIDER_OPT_OUT: Evidence.PROVIDER,
}
"""The opt-outs that dispatch hears of first, and what shows them."""


def purge_sign_ups(session: Session) -> None:
    """Delete sign-ups that are a day old, confirmed or not, and the counts of what was sent."""
    now = utcnow()
    expired = select(SignUp.id).where(SignUp.expires_at <= now)
    session.execute(delete(SignUpArea).where(SignUpArea.sign_up_id.in_(expired)))
    session.execute(delete(SignUpContact).where(SignUpContact.sign_up_id.in_(expired)))
    session.execute(delete(SignUp).where(SignUp.expires_at <= now))
    session.execute(delete(SentSecret).where(SentSecret.sent_at <= now - timedelta(days=1)))


def note_withdrawal(session: Session, contact: Contact, reason: SuppressionReason) -> None:
    """A contact opted out by dispatch's own ways; a bounce is no withdrawal."""
    if reason in WITHDRAWALS:
        withdraw_consent(session, contact, WITHDRAWALS[reason])


def forget_departed(session: Session) -> None:
    """Forget subscribers none of whose contacts has been written to for 30 days, for they left."""
    since = utcnow() - FORGET_DEPARTED_AFTER
    still_there = (
        select(SubscriberContact.contact_id)
        .join(Contact, Contact.id == SubscriberContact.contact_id)
        .where(
            SubscriberContact.subscriber_id == Subscriber.id,
            Contact.suppressed_at.is_(None) | (Contact.suppressed_at > since),
        )
    )
    departed = session.scalars(
        select(Subscriber.id)
        .where(~exists(still_there), Subscriber.created_at < since)
        .limit(CHUNK)
    ).all()
    if departed:
        forget_subscribers(session, departed)
