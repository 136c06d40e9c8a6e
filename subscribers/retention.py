"""What is forgotten, and when."""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session

from database import utcnow
from dispatch.models import Contact, SuppressionReason
from subscribers.models import (
    Consent,
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


def purge_sign_ups(session: Session) -> None:
    """Delete sign-ups that are a day old, confirmed or not, and the counts of what was sent."""
    now = utcnow()
    expired = select(SignUp.id).where(SignUp.expires_at <= now)
    session.execute(delete(SignUpArea).where(SignUpArea.sign_up_id.in_(expired)))
    session.execute(delete(SignUpContact).where(SignUpContact.sign_up_id.in_(expired)))
    session.execute(delete(SignUp).where(SignUp.expires_at <= now))
    session.execute(delete(SentSecret).where(SentSecret.sent_at <= now - timedelta(days=1)))


def note_withdrawals(session: Session) -> None:
    """Mark the consents of contacts that unsubscribed by the link in an e-mail, which is dispatch's."""
    left = select(Contact.suppressed_at).where(Contact.id == Consent.contact_id)
    session.execute(
        update(Consent)
        .where(
            Consent.withdrawn_at.is_(None),
            exists(
                select(Contact.id).where(
                    Contact.id == Consent.contact_id,
                    Contact.suppressed_at.is_not(None),
                    Contact.suppressed_reason == SuppressionReason.UNSUBSCRIBED,
                )
            ),
        )
        .values(withdrawn_at=left.scalar_subquery(), withdrawn_by=Evidence.UNSUBSCRIBE_LINK)
        .execution_options(synchronize_session=False)
    )


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
