"""Leaving altogether, and undoing it for an hour.

What is deleted is deleted at once. What is needed to come back is in an opaque token that only
the person who left holds; nothing of it is kept here.
"""

from __future__ import annotations

import json
from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from areas.models import Area
from config import current_config
from database import utcnow
from dispatch.models import Contact
from dispatch.signed_links import OpaqueBox
from subscribers.models import Evidence, Subscriber
from subscribers.my_page_link import PageLinkInvalid
from subscribers.subscribing import (
    attach_contact,
    find_subscriber,
    followed_areas,
    leave_entirely,
    lock_contact,
    subscribe,
    subscriber_contacts,
)

RETURN_WITHIN = timedelta(hours=1)
_LEFT = "left"


def leave_undoably(session: Session, subscriber: Subscriber) -> str:
    """Opt out every contact and delete the areas; returns the token that undoes it."""
    contacts = subscriber_contacts(session, subscriber)
    active = [contact for contact in contacts if not contact.is_suppressed]
    areas = [area.id for area in followed_areas(session, subscriber)]
    language = subscriber.language
    leave_entirely(session, subscriber, Evidence.WEB_FORM)
    left = [[contact.id, _left_at(contact)] for contact in active]
    stopped = [contact.id for contact in contacts if contact not in active]
    return undo_token(left, stopped, areas, language)


def undo_token(
    left: list[list[Any]], stopped: list[int], area_ids: list[int], language: str
) -> str:
    """The token that undoes leaving: contacts with when they left, those stopped before, areas."""
    held = [left, stopped, area_ids, language, int(utcnow().timestamp())]
    return _box().seal(_LEFT, json.dumps(held).encode())


class Left(StrEnum):
    """How things stand with somebody who left."""

    UNDOABLE = "undoable"
    FOR_GOOD = "for good"
    BACK = "back"


def after_leaving(session: Session, token: str) -> Left:
    """Whether those who left together are still away; raises PageLinkInvalid for a forged token.

    One of them that gets alerts again is enough to be back.
    """
    contacts = [
        (session.get(Contact, contact_id), left_at) for contact_id, left_at in _held(token)[0]
    ]
    if any(contact is not None and not contact.is_suppressed for contact, _left in contacts):
        return Left.BACK
    if _read(token) is None:
        return Left.FOR_GOOD
    unchanged = [c for c, left_at in contacts if c is not None and _left_at(c) == left_at]
    return Left.UNDOABLE if unchanged else Left.FOR_GOOD


def is_kept_after_leaving(session: Session, token: str) -> bool:
    """Whether the number or address of somebody who left is kept still."""
    left, stopped, *_rest = _held(token)
    ids = [*(contact_id for contact_id, _left in left), *stopped]
    contacts = [session.get(Contact, contact_id) for contact_id in ids]
    return any(contact is not None and contact.address is not None for contact in contacts)


def return_after_leaving(session: Session, token: str) -> Contact | None:
    """Subscribe again those who left together; one of them, or None if it is too late.

    A contact that has opted out by itself since then, or has come back, is left as it is.
    """
    read = _read(token)
    if read is None:
        return None
    left, stopped, area_ids, language = read
    areas = session.scalars(select(Area).where(Area.id.in_(area_ids))).all()
    first: Contact | None = None
    for contact_id, left_at in left:
        contact = session.get(Contact, contact_id)
        if contact is None:
            continue
        lock_contact(session, contact)
        if _left_at(contact) != left_at or find_subscriber(session, contact) is not None:
            continue
        together = find_subscriber(session, first) if first is not None else None
        subscribe(
            session, contact, areas, language=language, evidence=Evidence.WEB_FORM, to=together
        )
        first = first or contact
    if first is not None:
        for contact_id in stopped:
            contact = session.get(Contact, contact_id)
            known = contact is not None and contact.address is not None
            if contact is not None and known and find_subscriber(session, contact) is None:
                together = find_subscriber(session, first)
                attach_contact(session, contact, language=language, to=together)
    return first


def _left_at(contact: Contact) -> str:
    """When they left; nothing of somebody who wanted to be forgotten since can be undone."""
    if contact.address is None:
        return "erased"
    return contact.suppressed_at.isoformat() if contact.suppressed_at else ""


def _read(token: str) -> Any:
    """What a token holds; None if it has expired. Raises PageLinkInvalid for a forged one."""
    *held, made_at = _held(token)
    is_fresh = utcnow().timestamp() - made_at <= RETURN_WITHIN.total_seconds()
    return held if is_fresh else None


def _held(token: str) -> Any:
    content = _box().open(_LEFT, token)
    if content is None:
        raise PageLinkInvalid()
    return json.loads(content)


def _box() -> OpaqueBox:
    return OpaqueBox(current_config().secret_key, "subscribers.undo-leaving")
