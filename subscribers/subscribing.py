"""What subscribers can do: follow and leave areas, stop, resume, be forgotten.

Everything that changes a contact's subscriber locks the contact's row first, so that two
concurrent sign-ups of one number (SMS and web, two formats) end as one subscriber.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import CursorResult, delete, exists, select, update
from sqlalchemy.orm import Session

from areas.models import Area
from database import among, insert_or_ignore, utcnow
from dispatch.contacts import finish_handover, lift_suppression, suppress_contact
from dispatch.models import Channel, Contact, SuppressionReason
from subscribers.consent import give_consent, withdraw_consent
from subscribers.models import (
    Consent,
    Evidence,
    SignUp,
    SignUpArea,
    SignUpContact,
    Subscriber,
    SubscriberContact,
    Subscription,
)

log = structlog.get_logger(__name__)

ROW_LOCK = {"key_share": True}
"""FOR NO KEY UPDATE: other transactions can still add rows that refer to the locked one.

A plain FOR UPDATE deadlocks two transactions that both added such a row before they lock.
"""
MAX_AREAS = 30
"""How many areas one subscriber may follow."""


def lock_contact(session: Session, contact: Contact) -> None:
    """Lock the contact's row until the transaction ends, and refresh it."""
    session.refresh(contact, with_for_update=ROW_LOCK)


def find_subscriber(session: Session, contact: Contact) -> Subscriber | None:
    """The subscriber that this contact belongs to, if any."""
    return session.scalars(
        select(Subscriber)
        .join(SubscriberContact, SubscriberContact.subscriber_id == Subscriber.id)
        .where(SubscriberContact.contact_id == contact.id)
    ).one_or_none()


def attach_contact(
    session: Session, contact: Contact, *, language: str, to: Subscriber | None = None
) -> Subscriber:
    """The subscriber of a newly confirmed contact: its existing one, ``to``, or a new one."""
    lock_contact(session, contact)
    link = session.get(SubscriberContact, contact.id, populate_existing=True)
    if link is not None:
        link.confirmed_at = link.confirmed_at or utcnow()
        return session.get_one(Subscriber, link.subscriber_id)
    subscriber = to
    if subscriber is None:
        subscriber = Subscriber(language=language)
        session.add(subscriber)
        session.flush()
        log.info("subscriber_created", subscriber=subscriber.id, channel=contact.channel)
    session.add(
        SubscriberContact(contact_id=contact.id, subscriber_id=subscriber.id, confirmed_at=utcnow())
    )
    session.flush()
    return subscriber


def subscribe(
    session: Session,
    contact: Contact,
    areas: Iterable[Area],
    *,
    language: str,
    evidence: Evidence,
    to: Subscriber | None = None,
    at: datetime | None = None,
) -> Subscriber:
    """Subscribe a confirmed contact: lift its suppression, record the consent, add the areas.

    Idempotent. ``at`` is when its owner asked for it, if not now. ``language`` and ``to`` only
    matter for a contact that has no subscriber yet.
    """
    subscriber = attach_contact(session, contact, language=language, to=to)
    lift_suppression(session, contact)
    give_consent(session, contact, language=language, evidence=evidence, at=at)
    added = follow_areas(session, subscriber, [area.id for area in areas])
    log.info("subscribed", subscriber=subscriber.id, areas=len(added), evidence=evidence)
    return subscriber


def follow_areas(session: Session, subscriber: Subscriber, area_ids: Sequence[int]) -> list[int]:
    """Add areas, up to :data:`MAX_AREAS` in all; returns the ids of those that are new."""
    session.refresh(subscriber, with_for_update=ROW_LOCK)
    followed = set(
        session.scalars(
            select(Subscription.area_id).where(Subscription.subscriber_id == subscriber.id)
        )
    )
    wanted = [area_id for area_id in dict.fromkeys(area_ids) if area_id not in followed]
    fresh = wanted[: max(0, MAX_AREAS - len(followed))]
    if fresh:
        session.execute(
            insert_or_ignore(session, Subscription),
            [{"subscriber_id": subscriber.id, "area_id": area_id} for area_id in fresh],
        )
    return fresh


def leave_areas(session: Session, subscriber: Subscriber, area_ids: Iterable[int]) -> int:
    """Stop following these areas; ignores those that are not followed. Returns how many were."""
    left: CursorResult[Any] = session.execute(  # type: ignore[assignment]
        delete(Subscription).where(
            Subscription.subscriber_id == subscriber.id, Subscription.area_id.in_(list(area_ids))
        )
    )
    log.info("areas_left", subscriber=subscriber.id)
    return left.rowcount


def followed_areas(session: Session, subscriber: Subscriber) -> list[Area]:
    """The areas a subscriber follows, in the order they were chosen."""
    return list(
        session.scalars(
            select(Area)
            .join(Subscription, Subscription.area_id == Area.id)
            .where(Subscription.subscriber_id == subscriber.id)
            .order_by(Subscription.created_at, Area.code)
        )
    )


def subscriber_contacts(session: Session, subscriber: Subscriber) -> list[Contact]:
    """The confirmed contacts of a subscriber, including suppressed ones."""
    return list(
        session.scalars(
            select(Contact)
            .join(SubscriberContact, SubscriberContact.contact_id == Contact.id)
            .where(
                SubscriberContact.subscriber_id == subscriber.id,
                SubscriberContact.confirmed_at.is_not(None),
            )
            .order_by(Contact.id)
        )
    )


def active_channels(session: Session, subscriber: Subscriber) -> set[Channel]:
    """The channels on which a subscriber gets alerts now."""
    return {
        contact.channel
        for contact in subscriber_contacts(session, subscriber)
        if contact.suppressed_at is None
    }


def stop_contact(
    session: Session, contact: Contact, evidence: Evidence, at: datetime | None = None
) -> None:
    """Opt out one contact, with immediate effect; the subscriber's other contact is unaffected.

    ``at`` is when its owner said so, if not now.

    The areas are kept for a while (see :mod:`subscribers.retention`), so that START can resume
    them.
    """
    lock_contact(session, contact)
    suppress_contact(session, contact, SuppressionReason.STOP, at)
    withdraw_consent(session, contact, evidence, at)
    log.info("contact_stopped", contact=contact.id, evidence=evidence)


def resume_contact(
    session: Session, contact: Contact, evidence: Evidence, at: datetime | None = None
) -> Subscriber | None:
    """Lift the suppression; returns the subscriber whose alerts resume, if there is one.

    ``at`` is when the contact's owner said so, if not now.
    """
    lock_contact(session, contact)
    lift_suppression(session, contact)
    subscriber = find_subscriber(session, contact)
    if subscriber is not None:
        give_consent(session, contact, language=subscriber.language, evidence=evidence, at=at)
        log.info("contact_resumed", contact=contact.id, evidence=evidence)
    return subscriber


def change_language(session: Session, subscriber: Subscriber, language: str) -> None:
    """Send this subscriber messages in another language from now on."""
    subscriber.language = language
    session.flush()
    log.info("language_changed", subscriber=subscriber.id, language=language)


def leave_entirely(session: Session, subscriber: Subscriber, evidence: Evidence) -> None:
    """Opt out every contact of a subscriber and delete the areas, at once."""
    contacts = subscriber_contacts(session, subscriber)
    for contact in contacts:
        stop_contact(session, contact, evidence)
    finish_handover(session, contacts)
    forget_subscribers(session, [subscriber.id])


def erase_contact(
    session: Session, contact: Contact, evidence: Evidence, at: datetime | None = None
) -> None:
    """Opt out a contact and delete at once what is kept of it: number, consents, sign-ups, areas.

    What its subscriber follows stays as long as another contact belongs to it. The keyed hash and
    the opt-out stay. ``at`` is when its owner said so, if not now.
    """
    stop_contact(session, contact, evidence, at)
    # Later than a STOP before: what was written between the two signs nobody up again.
    contact.suppressed_at = at or utcnow()
    subscriber = find_subscriber(session, contact)
    session.execute(delete(SubscriberContact).where(SubscriberContact.contact_id == contact.id))
    others = exists().where(SubscriberContact.subscriber_id == Subscriber.id)
    if subscriber is not None and session.scalar(
        select(Subscriber.id).where(Subscriber.id == subscriber.id, ~others)
    ):
        forget_subscribers(session, [subscriber.id])
    named = select(SignUpContact.sign_up_id).where(SignUpContact.contact_id == contact.id)
    forget_sign_ups(session, session.scalars(named).all())
    forget_addresses(session, [contact.id])
    session.refresh(contact)
    log.info("contact_erased", contact=contact.id, evidence=evidence)


def forget_sign_ups(session: Session, sign_up_ids: Sequence[int]) -> None:
    """Delete sign-ups with what they ask for."""
    for table in (SignUpArea, SignUpContact):
        session.execute(delete(table).where(table.sign_up_id.in_(sign_up_ids)))
    session.execute(delete(SignUp).where(SignUp.id.in_(sign_up_ids)))


def forget_addresses(session: Session, contact_ids: Sequence[int]) -> None:
    """Delete numbers, addresses and consents; the keyed hash stays of those who opted out.

    If somebody else types the number, as few codes are sent to it as before, none after a
    complaint, and no alert until its owner has signed up again.
    """
    for statement in (
        delete(Consent).where(among(session, Consent.contact_id, contact_ids)),
        delete(Contact).where(
            among(session, Contact.id, contact_ids), Contact.suppressed_at.is_(None)
        ),
        update(Contact).where(among(session, Contact.id, contact_ids)).values(address=None),
    ):
        session.execute(statement.execution_options(synchronize_session=False))


def forget_subscribers(session: Session, subscriber_ids: Sequence[int]) -> None:
    """Delete subscribers, their areas and their links to contacts.

    The contacts stay, suppressed, and so do the consents: they show why messages were sent.
    """
    for table in (Subscription, SubscriberContact):
        session.execute(delete(table).where(table.subscriber_id.in_(subscriber_ids)))
    session.execute(delete(Subscriber).where(Subscriber.id.in_(subscriber_ids)))
    log.info("subscribers_forgotten", count=len(subscriber_ids))
