"""Contacts: those we may write to, and those who have opted out."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from database import (
    Database,
    Domain,
    after_commit,
    blind_index,
    current_database,
    for_row,
    insert_or_ignore,
    reserve_ids,
    utcnow,
)
from dispatch.addresses import AddressError, index_form, parse_address
from dispatch.hooks import current_hooks
from dispatch.models import Channel, Contact, Delivery, DeliveryState, SuppressionReason

__all__ = [
    "AddressError",
    "address_hash",
    "ensure_contact",
    "find_contact",
    "finish_handover",
    "lift_suppression",
    "note_opt_out",
    "parse_address",
    "suppress_contact",
]

log = structlog.get_logger(__name__)

HANDOVER_TIMEOUT = 2.0
"""Seconds: a provider takes a message in less, and who clicked waits no longer."""
HANDOVER_POLL = 0.05
_WAITING = threading.BoundedSemaphore(2)
"""How many requests of a process may wait at once: the other threads answer."""


def address_hash(channel: Channel, address: str) -> bytes:
    """The keyed hash of a parsed address, by which it is looked up: 32 bytes."""
    return blind_index(Domain.SUBSCRIBERS, f"{channel}:{index_form(channel, address)}")


def find_contact(session: Session, channel: Channel, address: str) -> Contact | None:
    """The contact with this address (as :func:`parse_address` gives it), or None."""
    return session.scalars(
        select(Contact).where(
            Contact.channel == channel, Contact.address_hash == address_hash(channel, address)
        )
    ).one_or_none()


def ensure_contact(session: Session, channel: Channel, address: str) -> Contact:
    """The contact with this parsed address, created if there is none.

    Two transactions that create it at the same time get the same one. It takes the same steps
    whether there is one or not, so that nobody can tell by how long it takes.
    """
    (new_id,) = reserve_ids(session, Contact.__table__, 1)
    made: CursorResult[Any] = session.execute(  # type: ignore[assignment]
        insert_or_ignore(session, Contact.__table__, "channel", "address_hash").values(
            id=new_id,
            channel=channel,
            address=for_row(address, new_id),
            address_hash=address_hash(channel, address),
            created_at=utcnow(),
        ),
        execution_options={"preserve_rowcount": True},
    )
    contact = find_contact(session, channel, address)
    if contact is None:
        raise RuntimeError("a contact vanished while it was being created")
    _remember_address(session, contact, address)
    if made.rowcount:
        log.info("contact_created", contact=contact.id, channel=channel.value)
    return contact


def _remember_address(session: Session, contact: Contact, address: str) -> None:
    """Store the address again of somebody who left long ago; their opt-out is not lifted by it."""
    session.execute(
        update(Contact)
        .where(Contact.id == contact.id, Contact.address.is_(None))
        .values(address=for_row(address, contact.id))
        .execution_options(synchronize_session=False)
    )
    session.refresh(contact, ["address"])


def suppress_contact(
    session: Session, contact: Contact, reason: SuppressionReason, at: datetime | None = None
) -> None:
    """Stop writing to this contact, including messages already queued.

    ``at`` is when its owner said so, if not now. The first reason is kept. Queued messages are
    cancelled when their turn comes; one that is just being handed over still arrives.
    """
    _suppress(session, contact, reason, at)


def note_opt_out(
    session: Session, contact: Contact, reason: SuppressionReason, at: datetime | None = None
) -> None:
    """Suppress a contact that opted out through dispatch itself, and tell the other rooms."""
    if contact.is_suppressed:
        return
    _suppress(session, contact, reason, at)
    for listener in current_hooks().suppressed_listeners:
        listener(session, contact, reason)


def _suppress(
    session: Session, contact: Contact, reason: SuppressionReason, at: datetime | None
) -> None:
    changed: CursorResult[Any] = session.execute(  # type: ignore[assignment]
        update(Contact)
        .where(Contact.id == contact.id, Contact.suppressed_at.is_(None))
        .values(suppressed_at=at or utcnow(), suppressed_reason=reason)
        .execution_options(synchronize_session=False)
    )
    session.refresh(contact, ["suppressed_at", "suppressed_reason"])
    if changed.rowcount:
        log.info("contact_suppressed", contact=contact.id, reason=reason.value)


def finish_handover(session: Session, contacts: Iterable[Contact]) -> None:
    """After the commit, wait for messages to these contacts that are just being handed over.

    So that nothing is sent any more once a page says that it has ended. It is for pages: a
    provider's webhook is answered at once, for its answer tells the person nothing. A provider
    that hangs holds up two requests for two seconds, and no more.
    """
    after_commit(
        session,
        partial(_wait_for_handover, current_database(), [contact.id for contact in contacts]),
    )


def _wait_for_handover(database: Database, contact_ids: Sequence[int]) -> None:
    if not _WAITING.acquire(blocking=False):
        log.warning("handover_not_awaited", contacts=contact_ids)
        return
    try:
        _wait_until_handed_over(database, contact_ids)
    finally:
        _WAITING.release()


def _wait_until_handed_over(database: Database, contact_ids: Sequence[int]) -> None:
    until = time.monotonic() + HANDOVER_TIMEOUT
    since = utcnow() - timedelta(seconds=HANDOVER_TIMEOUT)
    # Locked, to wait for a slice that is just being claimed; SQLite has a single writer anyway.
    rows = (
        select(Delivery.state, Delivery.attempted_at)
        .where(
            Delivery.contact_id.in_(contact_ids),
            Delivery.state.in_((DeliveryState.QUEUED, DeliveryState.SENDING)),
        )
        .with_for_update(read=True)
    )
    never = threading.Event()
    while time.monotonic() < until:
        with database.unit_of_work(writes=not database.is_sqlite) as session:
            found = session.execute(rows).all()
        if not any(
            state is DeliveryState.SENDING and attempted_at is not None and attempted_at > since
            for state, attempted_at in found
        ):
            return
        never.wait(HANDOVER_POLL)
    log.warning("handover_wait_timed_out", contacts=contact_ids)


def lift_suppression(session: Session, contact: Contact) -> None:
    """Write to this contact again, because it asked for it: by START or a new sign-up."""
    if contact.suppressed_at is None:
        return
    contact.suppressed_at = contact.suppressed_reason = None
    session.flush()
    log.info("contact_unsuppressed", contact=contact.id)
