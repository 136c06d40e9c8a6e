"""What is forgotten, and when."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

import structlog
from sqlalchemy import delete, exists, or_, select
from sqlalchemy.orm import Session

from database import utcnow
from dispatch.models import Contact, SuppressionReason
from subscribers.consent import withdraw_consent
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
    asked = set(
        session.scalars(
            select(SignUpContact.contact_id).where(SignUpContact.sign_up_id.in_(expired))
        )
    )
    session.execute(delete(SignUpArea).where(SignUpArea.sign_up_id.in_(expired)))
    session.execute(delete(SignUpContact).where(SignUpContact.sign_up_id.in_(expired)))
    session.execute(delete(SignUp).where(SignUp.expires_at <= now))
    session.execute(delete(SentSecret).where(SentSecret.sent_at <= now - timedelta(days=1)))
    _forget_strangers(session, asked)


def _forget_strangers(session: Session, contact_ids: Collection[int]) -> None:
    """Delete the contacts that nobody confirmed: anybody can type anybody's number.

    Those who said no before stay, or we would not know it; so do those who ever agreed.
    """
    known = or_(
        exists().where(SubscriberContact.contact_id == Contact.id),
        exists().where(Consent.contact_id == Contact.id),
        exists().where(SignUpContact.contact_id == Contact.id),
    )
    ids = sorted(contact_ids)
    forgotten = 0
    for start in range(0, len(ids), CHUNK):
        strangers = session.scalars(
            select(Contact.id)
            .where(
                Contact.id.in_(ids[start : start + CHUNK]), Contact.suppressed_at.is_(None), ~known
            )
            .with_for_update(of=Contact)
        ).all()
        session.execute(delete(SentSecret).where(SentSecret.contact_id.in_(strangers)))
        session.execute(delete(Contact).where(Contact.id.in_(strangers)))
        forgotten += len(strangers)
    if forgotten:
        log.info("strangers_forgotten", count=forgotten)


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
