"""Small factories for dispatch's tests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from flask import Flask
from sqlalchemy import Integer, Select, case, insert, literal, select
from sqlalchemy.orm import Session

from database import current_database, for_row, reserve_ids, utcnow
from dispatch import Audience, Content, audience_columns, create_broadcast, register_audience
from dispatch.contacts import address_hash
from dispatch.models import Broadcast, Channel, Contact, Delivery, DeliveryState, Priority

SMS = Content(Channel.SMS, "da", "Pas på: der er brand i Hillerød")
MAIL = Content(
    Channel.EMAIL, "da", "Pas på: der er brand", "Brand", "<html><body><p>Brand</p></body></html>"
)
ENGLISH_SMS = Content(Channel.SMS, "en", "Careful: fire in Hillerød")
BOTH = (SMS, MAIL)


def number(index: int) -> str:
    """A Danish number for tests, none of them scripted in the simulator."""
    return f"+45{20_100_000 + index}"


def mailbox(index: int) -> str:
    """An e-mail address for tests."""
    return f"borger{index}@eksempel.dk"


def add_contacts(addresses: Iterable[str]) -> list[int]:
    """Create contacts for numbers and e-mail addresses; returns their ids in order."""
    rows: list[dict[str, Any]] = []
    for address in addresses:
        channel = Channel.EMAIL if "@" in address else Channel.SMS
        rows.append(
            {
                "channel": channel,
                "address": address,
                "address_hash": address_hash(channel, address),
                "created_at": utcnow(),
            }
        )
    with current_database().unit_of_work() as session:
        for row, row_id in zip(
            rows, reserve_ids(session, Contact.__table__, len(rows)), strict=True
        ):
            row |= {"id": row_id, "address": for_row(row["address"], row_id)}
        session.execute(insert(Contact), rows)
        hashes = [row["address_hash"] for row in rows]
        ids: dict[bytes, int] = {
            bytes(contact_hash): contact_id
            for contact_hash, contact_id in session.execute(
                select(Contact.address_hash, Contact.id)
            )
        }
    return [ids[contact_hash] for contact_hash in hashes]


def plug_everyone(app: Flask) -> None:
    """An audience of all contacts; the ``nearest`` ones first, ``english`` ones in English.

    ``due`` maps contact ids to ISO times, ``left_out`` to reasons.
    """

    def everyone(_session: Session, params: dict[str, Any]) -> Select[Any, Any, Any]:
        nearest: Sequence[int] = params.get("nearest", [])
        distance = case(
            (Contact.id == 0, 0),
            *((Contact.id == contact, place) for place, contact in enumerate(nearest, 1)),
            else_=literal(1000, Integer),
        )
        language = case((Contact.id.in_(params.get("english", [])), "en"), else_="da")
        due = {int(id_): datetime.fromisoformat(at) for id_, at in params.get("due", {}).items()}
        reasons = {int(id_): why for id_, why in params.get("left_out", {}).items()}
        return select(
            *audience_columns(
                Contact.id,
                language,
                distance,
                case(due, value=Contact.id) if due else None,
                case(reasons, value=Contact.id) if reasons else None,
            )
        )

    register_audience(app, "everyone", everyone, left_out={"full": "Budgettet er brugt"})


def broadcast(
    contents: Iterable[Content] = BOTH,
    *,
    audience: Audience | None = None,
    priority: Priority = Priority.NORMAL,
    reference: str = "test:1",
    not_before: datetime | None = None,
    expires_at: datetime | None = None,
) -> Broadcast:
    """Create and commit a broadcast to everyone."""
    with current_database().unit_of_work() as session:
        return create_broadcast(
            session,
            contents=contents,
            audience=audience or Audience("everyone", {}),
            priority=priority,
            reference=reference,
            not_before=not_before,
            expires_at=expires_at,
        )


def states(broadcast_id: int) -> dict[DeliveryState, int]:
    """Deliveries in each state, counted from the rows themselves."""
    counts: dict[DeliveryState, int] = {}
    with current_database().unit_of_work(writes=False) as session:
        for state in session.scalars(
            select(Delivery.state).where(Delivery.broadcast_id == broadcast_id)
        ):
            counts[state] = counts.get(state, 0) + 1
    return counts


def delivery_to(contact_id: int | None) -> Delivery:
    """The only delivery to a contact."""
    with current_database().unit_of_work(writes=False) as session:
        return session.scalars(select(Delivery).where(Delivery.contact_id == contact_id)).one()
