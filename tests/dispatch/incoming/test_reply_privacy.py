"""What the database keeps of a reply: nothing of who wrote."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import time_machine
from sqlalchemy import inspect, select, text

from database import current_database, utcnow
from dispatch import Dispatcher, ensure_contact
from dispatch.forgetting import KEPT_REPLIES, forget_old
from dispatch.models import Broadcast, Channel, Contact
from simulator import Simulator
from subscribers.models import Subscriber
from tests.dispatch.factories import number
from tests.dispatch.fixtures import deliver
from tests.dispatch.incoming.test_replies import (
    TIP,
    app_with_simulator,
    the_delivery,
    the_outbox,
)
from tips.models import Tip

__all__ = ["app_with_simulator"]


def test_address_and_text_are_deleted_when_the_reply_has_settled(
    dispatcher: Dispatcher, simulator: Simulator
) -> None:
    simulator.receive_sms(number(1), TIP)
    ((address, body),) = the_outbox()
    assert address == number(1)
    assert body is not None
    deliver(simulator, dispatcher)
    assert body == simulator.phone(number(1)).texts[0]
    assert the_outbox() == [(None, None)]
    with (
        time_machine.travel(utcnow() + KEPT_REPLIES + timedelta(hours=1), tick=False),
        current_database().unit_of_work() as session,
    ):
        forget_old(session)
    assert the_outbox() == []


def test_nothing_in_the_database_ties_an_answered_tip_to_a_subscriber(
    dispatcher: Dispatcher, simulator: Simulator
) -> None:
    """None of the rows that a tip and its reply create or change leads to a contact."""
    simulator.receive_sms(number(1), "TILMELD")
    with current_database().unit_of_work() as session:
        contact = ensure_contact(session, Channel.SMS, number(1))
        session.add(Subscriber(language="da"))
    deliver(simulator, dispatcher)
    with time_machine.travel(utcnow() + timedelta(hours=1), tick=True):
        before = dump()
        simulator.receive_sms(number(1), TIP)
        waiting = dump()
        deliver(simulator, dispatcher)
        after = dump()
    people = {"contact", "consent", "subscription", "sign_up", "asked_secret"}
    people |= {table for table in before if table.startswith("subscriber")}
    known = [str(contact.address).encode(), number(1).removeprefix("+45").encode()]
    with current_database().unit_of_work(writes=False) as session:
        known.append(session.scalars(select(Contact.address_hash)).one())
        tip = session.scalars(select(Tip)).one()
    assert tip.sender_hash is not None
    persons = {value for table in people & before.keys() for value in secrets_of(before[table])}
    assert persons
    for state in (waiting, after):
        new = {table: state[table] - before[table] for table in state}
        assert new["tip"]
        assert new["outbox_message"]
        assert new["delivery"]
        assert not [table for table in people & new.keys() if new[table]]
        for table, rows in new.items():
            for row in rows:
                values = dict(row)
                assert values.get("contact_id") is None, table
                assert not [secret for secret in known if secret in repr_of(row)], table
            assert not secrets_of(rows) & persons, table
            if table not in ("tip", "case_sender"):
                assert tip.sender_hash not in secrets_of(rows), table
    (sent,) = after["outbox_message"] - before["outbox_message"]
    assert dict(sent)["address"] is dict(sent)["body"] is None


Row = tuple[tuple[str, Any], ...]


def dump() -> dict[str, set[Row]]:
    """All rows of all tables, as stored in the database."""
    found: dict[str, set[Row]] = {}
    with current_database().engine.connect() as connection:
        for table in inspect(connection).get_table_names():
            rows = connection.execute(text(f'SELECT * FROM "{table}"')).mappings()  # noqa: S608
            found[table] = {
                tuple((name, plain(value)) for name, value in row.items()) for row in rows
            }
    return found


def plain(value: Any) -> Any:
    """A value that can be compared: bytes unchanged, JSON as text."""
    if isinstance(value, memoryview):
        return bytes(value)
    return repr(value) if isinstance(value, dict | list) else value


def secrets_of(rows: set[Row]) -> set[bytes]:
    """Everything sealed or hashed in some rows."""
    return {value for row in rows for _name, value in row if isinstance(value, bytes)}


def repr_of(row: Row) -> bytes:
    """All values of a row in one string."""
    return b" ".join(
        value if isinstance(value, bytes) else str(value).encode() for _name, value in row
    )


def test_the_broadcast_of_a_reply_holds_nothing_of_it(
    dispatcher: Dispatcher, simulator: Simulator
) -> None:
    simulator.receive_sms(number(1), TIP)
    deliver(simulator, dispatcher)
    with current_database().unit_of_work(writes=False) as session:
        broadcast = session.scalars(select(Broadcast)).one()
    assert (broadcast.reference, broadcast.audience_params) == ("reply", {})
    assert (the_delivery().contact_id, the_delivery().content_id) == (None, None)
