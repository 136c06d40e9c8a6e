"""The recipients of a drill, and the broadcast to them."""

from __future__ import annotations

from sqlalchemy import insert, literal, select, text
from sqlalchemy.orm import Session

from areas.kinds import AreaKind
from areas.models import Area
from areas.targets.target import Target
from database import for_row, reserve_ids, utcnow
from dispatch import Audience, Content, create_broadcast
from dispatch.contacts import address_hash
from dispatch.models import Channel, Contact, Priority
from subscribers.audience import areas_audience
from subscribers.models import Subscriber, SubscriberContact, Subscription

CHUNK = 10_000
"""How many rows are sealed and inserted at once."""


def number(index: int) -> str:
    """The phone number of a recipient: not one of the simulator's scripted numbers."""
    return f"+45{20_100_000 + index}"


def settle_in(session: Session, recipients: int) -> Audience:
    """Add subscribers with a phone, all of one area; returns their audience."""
    area = Area(kind=AreaKind.MUNICIPALITY, code="drill", name="Drill", source="crash drill")
    session.add(area)
    session.flush()
    now = utcnow()
    for start in range(0, recipients, CHUNK):
        numbers = [number(index) for index in range(start, min(start + CHUNK, recipients))]
        ids = reserve_ids(session, Contact.__table__, len(numbers))
        session.execute(
            insert(Contact),
            [
                {
                    "id": contact_id,
                    "channel": Channel.SMS,
                    "address": for_row(address, contact_id),
                    "address_hash": address_hash(Channel.SMS, address),
                    "created_at": now,
                }
                for contact_id, address in zip(ids, numbers, strict=True)
            ],
        )
    # A subscriber gets the id of the one contact it has.
    for table, columns in (
        (Subscriber, {"id": Contact.id, "language": literal("da"), "created_at": literal(now)}),
        (
            SubscriberContact,
            {"contact_id": Contact.id, "subscriber_id": Contact.id, "confirmed_at": literal(now)},
        ),
        (
            Subscription,
            {"subscriber_id": Contact.id, "area_id": literal(area.id), "created_at": literal(now)},
        ),
    ):
        session.execute(insert(table).from_select(list(columns), select(*columns.values())))
    if session.get_bind().dialect.name == "postgresql":
        # Autovacuum would do it, but never finishes in a server that is killed all the time.
        session.execute(text("ANALYZE"))
    return areas_audience(Target(area_ids=(area.id,)), {area.id: 0.0})


def begin(session: Session, audience: Audience, number_of_broadcast: int = 1) -> int:
    """Start a broadcast to the audience; returns its id."""
    body = f"Pas på: øvelse nummer {number_of_broadcast}. Hjælp er på vej."
    broadcast = create_broadcast(
        session,
        contents=[Content(Channel.SMS, "da", body)],
        audience=audience,
        priority=Priority.NORMAL,
        reference=f"drill:{number_of_broadcast}",
    )
    return broadcast.id
