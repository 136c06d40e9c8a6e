"""What is deleted, and when; and what remembers that somebody has left."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select
from sqlalchemy.orm import Session

from database import utcnow
from dispatch.models import Contact, SuppressionReason
from subscribers.consent import withdraw_consent
from subscribers.models import (
    AskedSecret,
    Consent,
    Evidence,
    SignUp,
    SignUpArea,
    SignUpContact,
    Subscriber,
    SubscriberContact,
)
from subscribers.sms.questions import purge_questions
from subscribers.subscribing import forget_addresses, forget_subscribers

log = structlog.get_logger(__name__)

FORGET_UNSUBSCRIBED_AFTER = timedelta(days=30)
CHUNK = 1000
WITHDRAWALS = {
    SuppressionReason.UNSUBSCRIBE: Evidence.UNSUBSCRIBE_LINK,
    SuppressionReason.COMPLAINT: Evidence.COMPLAINT,
    SuppressionReason.PROVIDER_OPT_OUT: Evidence.PROVIDER,
}
"""The opt-outs that reach dispatch first, and the evidence recorded for each."""


def purge_sign_ups(session: Session) -> None:
    """Delete sign-ups and questions older than a day, and what was counted for rate limits."""
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
    session.execute(delete(AskedSecret).where(AskedSecret.asked_at <= now - timedelta(days=1)))
    purge_questions(session)
    _forget_unconfirmed(session, asked)


def _forget_unconfirmed(session: Session, contact_ids: Collection[int]) -> None:
    """Delete contacts that were never confirmed: a stranger may have typed the number.

    Suppressed contacts stay, so that the opt-out is remembered; so do those with a consent.
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
        session.execute(delete(Contact).where(Contact.id.in_(strangers)))
        forgotten += len(strangers)
    if forgotten:
        log.info("unconfirmed_contacts_forgotten", count=forgotten)


def count_departed(session: Session, before: datetime) -> int:
    """How many numbers and addresses are to be forgotten."""
    return session.scalar(select(func.count()).where(_has_left(before))) or 0


def forget_departed(session: Session, before: datetime) -> int:
    """Forget the numbers, addresses and consents of some who left; returns how many.

    Somebody who wrote START and then chose no area has no opt-out to keep.
    """
    ids = session.scalars(
        select(Contact.id)
        .where(_has_left(before))
        .order_by(Contact.id)
        .limit(CHUNK)
        .with_for_update(of=Contact, skip_locked=True)
    ).all()
    if ids:
        forget_addresses(session, ids)
    return len(ids)


def _has_left(before: datetime) -> ColumnElement[bool]:
    """Whether nobody is signed up, or signing up, with a contact, and has not been for so long."""
    since = func.coalesce(Contact.suppressed_at, Contact.created_at)
    return and_(
        Contact.address.is_not(None),
        since < before,
        ~exists().where(SubscriberContact.contact_id == Contact.id),
        ~exists().where(SignUpContact.contact_id == Contact.id),
    )


def note_withdrawal(session: Session, contact: Contact, reason: SuppressionReason) -> None:
    """Withdraw the consent of a contact that opted out through dispatch; bounces don't count."""
    if reason in WITHDRAWALS:
        withdraw_consent(session, contact, WITHDRAWALS[reason])


def forget_unsubscribed(session: Session) -> None:
    """Delete subscribers whose contacts have all been suppressed for 30 days."""
    since = utcnow() - FORGET_UNSUBSCRIBED_AFTER
    active = (
        select(SubscriberContact.contact_id)
        .join(Contact, Contact.id == SubscriberContact.contact_id)
        .where(
            SubscriberContact.subscriber_id == Subscriber.id,
            Contact.suppressed_at.is_(None) | (Contact.suppressed_at > since),
        )
    )
    unsubscribed = session.scalars(
        select(Subscriber.id).where(~exists(active), Subscriber.created_at < since).limit(CHUNK)
    ).all()
    if unsubscribed:
        forget_subscribers(session, unsubscribed)
