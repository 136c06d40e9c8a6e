"""Contacts: one for each address, and opt-outs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import LargeBinary, func, select, type_coerce

from database import current_database
from dispatch import ensure_contact, find_contact, lift_suppression, suppress_contact
from dispatch.models import Channel, Contact, SuppressionReason
from web.http.app import VarskoApp


def test_one_address_is_one_contact(app: VarskoApp) -> None:
    with current_database().unit_of_work() as session:
        first = ensure_contact(session, Channel.EMAIL, "Borger@eksempel.dk")
        second = ensure_contact(session, Channel.EMAIL, "borger@eksempel.dk")
        assert first.id == second.id
        assert second.address == "Borger@eksempel.dk"


def test_the_address_stands_nowhere_in_the_database(app: VarskoApp) -> None:
    with current_database().unit_of_work() as session:
        ensure_contact(session, Channel.SMS, "+4520123456")
        raw, hashed = session.execute(
            select(type_coerce(Contact.address, LargeBinary), Contact.address_hash)
        ).one()
    assert b"20123456" not in raw
    assert b"20123456" not in hashed


def test_two_who_make_the_same_contact_at_once_get_the_same(app: VarskoApp) -> None:
    def make(_index: int) -> int:
        with app.app_context(), current_database().unit_of_work() as session:
            return ensure_contact(session, Channel.SMS, "+4520123456").id

    with ThreadPoolExecutor(8) as threads:
        made = set(threads.map(make, range(16)))
    assert len(made) == 1
    with current_database().unit_of_work(writes=False) as session:
        assert session.scalar(select(func.count(Contact.id))) == 1


def test_the_first_reason_for_a_suppression_stands_until_it_is_lifted(app: VarskoApp) -> None:
    with current_database().unit_of_work() as session:
        contact = ensure_contact(session, Channel.SMS, "+4520123456")
        suppress_contact(session, contact, SuppressionReason.STOP)
        suppress_contact(session, contact, SuppressionReason.HARD_BOUNCE)
    with current_database().unit_of_work() as session:
        contact = session.get_one(Contact, contact.id)
        assert contact.suppressed_reason is SuppressionReason.STOP
        lift_suppression(session, contact)
    with current_database().unit_of_work(writes=False) as session:
        found = find_contact(session, Channel.SMS, "+4520123456")
        assert found is not None
        assert not found.is_suppressed
