"""Small areas, phones that write, and what was sent to whom."""

from __future__ import annotations

import re

from sqlalchemy import select
from sqlalchemy.orm import Session

from areas.kinds import AreaKind
from areas.models import Area, AreaEdition
from database import current_database, utcnow
from dispatch.contacts import ensure_contact, find_contact, parse_address
from dispatch.hooks import Inbound
from dispatch.models import BroadcastContent, Channel, Contact, Delivery
from subscribers.models import Evidence, Subscriber, SubscriberContact, Subscription
from subscribers.sms.answering import answer_keyword
from subscribers.subscribing import followed_areas, subscribe
from tests.settings import SMS_NUMBER

PHONE = "+4522334455"
MAIL = "jens@example.dk"

MUNICIPALITIES = (("0219", "Hillerød"), ("0201", "Allerød"), ("0210", "Fredensborg"))
POSTCODES = (
    ("3400", "Hillerød", "0219"),
    ("3450", "Allerød", "0201"),
    ("3480", "Fredensborg", "0210"),
    ("4800", "Nykøbing F", None),
    ("7900", "Nykøbing M", None),
    ("4500", "Nykøbing Sj", None),
)


def add_areas(session: Session) -> None:
    """A police district, three municipalities and a few postcodes, without boundaries."""
    district = _area(AreaKind.POLICE_DISTRICT, "9", "Nordsjællands Politi")
    session.add(district)
    session.flush()
    parents = {}
    for code, name in MUNICIPALITIES:
        parents[code] = _area(AreaKind.MUNICIPALITY, code, name, district.id)
    session.add_all(parents.values())
    session.flush()
    session.add_all(
        _area(AreaKind.POSTCODE, code, name, parents[parent].id if parent else None)
        for code, name, parent in POSTCODES
    )
    if session.get(AreaEdition, 1) is None:
        session.add(AreaEdition(id=1, token=f"test {id(session)} {utcnow()}"[:32]))
    session.flush()


def _area(kind: AreaKind, code: str, name: str, parent_id: int | None = None) -> Area:
    return Area(kind=kind, code=code, name=name, parent_id=parent_id, source="test")


def area(session: Session, code: str) -> Area:
    """The area with this code."""
    return session.scalars(select(Area).where(Area.code == code)).one()


def say(text: str, sender: str = PHONE, channel: Channel = Channel.SMS) -> str | None:
    """Write to the service, in a unit of work of its own; the answer, or None for a tip."""
    with current_database().unit_of_work() as session:
        inbound = Inbound(channel, sender, SMS_NUMBER, text, utcnow())
        reply = answer_keyword(session, inbound)
    return reply.text if reply else None


def subscribed(
    session: Session,
    address: str = PHONE,
    codes: tuple[str, ...] = ("3400",),
    language: str = "da",
    to: Subscriber | None = None,
) -> Subscriber:
    """Somebody who follows these areas."""
    channel = Channel.EMAIL if "@" in address else Channel.SMS
    contact = ensure_contact(session, channel, parse_address(channel, address))
    return subscribe(
        session,
        contact,
        [area(session, code) for code in codes],
        language=language,
        evidence=Evidence.INBOUND_SMS,
        to=to,
    )


def contact_of(session: Session, address: str) -> Contact | None:
    """The contact with this address."""
    channel = Channel.EMAIL if "@" in address else Channel.SMS
    return find_contact(session, channel, parse_address(channel, address))


def subscriber_of(session: Session, address: str) -> Subscriber | None:
    """Whose address this is."""
    contact = contact_of(session, address)
    link = session.get(SubscriberContact, contact.id) if contact else None
    return session.get_one(Subscriber, link.subscriber_id) if link else None


def follows(session: Session, address: str) -> list[str]:
    """The codes of the areas this address gets alerts for."""
    subscriber = subscriber_of(session, address)
    return sorted(found.code for found in followed_areas(session, subscriber)) if subscriber else []


def subscription_count(session: Session) -> int:
    """How many subscriptions there are in all."""
    return len(session.scalars(select(Subscription.area_id)).all())


def sent_to(session: Session, address: str) -> list[str]:
    """The texts of what this service itself has sent to an address, oldest first."""
    contact = contact_of(session, address)
    if contact is None:
        return []
    return list(
        session.scalars(
            select(BroadcastContent.body)
            .join(Delivery, Delivery.content_id == BroadcastContent.id)
            .where(Delivery.contact_id == contact.id)
            .order_by(BroadcastContent.id)
        )
    )


def code_in(text: str) -> str:
    """The six digits in a text message."""
    found = re.search(r"\b\d{6}\b", text)
    assert found, text
    return found[0]


def path_in(text: str) -> str:
    """The path of the link in a message."""
    found = re.search(r"http://varsko\.test(/\S+)", text)
    assert found, text
    return found[1]
