"""Sending a broadcast: each recipient once, in their language, the right ones first."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Select, literal, select
from sqlalchemy.orm import Session

from database import current_database
from dispatch import (
    Audience,
    Dispatcher,
    audience_columns,
    on_settled,
    progress,
    received_broadcasts,
    register_audience,
    send_to_contact,
    stop_broadcast,
    suppress_contact,
)
from dispatch.ledger.batches import next_batch_id
from dispatch.models import (
    Batch,
    Broadcast,
    BroadcastContent,
    BroadcastStatus,
    Channel,
    Contact,
    Delivery,
    DeliveryState,
    Priority,
    SuppressionReason,
)
from simulator import Simulator
from tests.dispatch.factories import (
    BOTH,
    ENGLISH_SMS,
    SMS,
    add_contacts,
    broadcast,
    delivery_to,
    mailbox,
    number,
    plug_everyone,
    states,
)
from tests.dispatch.fixtures import deliver
from tests.tampering import break_sealed
from web.http.app import VarskoApp


@pytest.fixture(autouse=True)
def everyone(app_with_simulator: VarskoApp) -> None:
    plug_everyone(app_with_simulator)


def test_everyone_gets_it_once_on_their_channel(
    simulator: Simulator, dispatcher: Dispatcher
) -> None:
    add_contacts([*(number(i) for i in range(60)), *(mailbox(i) for i in range(40))])
    made = broadcast()

    deliver(simulator, dispatcher)
    dispatcher.drain()

    assert states(made.id) == {DeliveryState.DELIVERED: 60, DeliveryState.SENT: 40}
    assert all(simulator.phone(number(i)).texts == [SMS.body] for i in range(60))
    assert all(len(simulator.mailbox(mailbox(i)).messages) == 1 for i in range(40))
    assert simulator.accepted_total == 60


def test_an_address_that_cannot_be_opened_fails_alone(
    simulator: Simulator, dispatcher: Dispatcher
) -> None:
    contacts = add_contacts([*(number(i) for i in range(6)), mailbox(1), mailbox(2)])
    with current_database().unit_of_work() as session:
        break_sealed(session, Contact.address, contacts[2], contacts[6])
    made = broadcast()

    deliver(simulator, dispatcher)
    dispatcher.drain()

    assert states(made.id) == {
        DeliveryState.DELIVERED: 5,
        DeliveryState.SENT: 1,
        DeliveryState.FAILED: 2,
    }
    assert delivery_to(contacts[2]).error_code == "unopenable"
    with current_database().unit_of_work(writes=False) as session:
        assert progress(session, made.id).status is BroadcastStatus.SETTLED


def test_a_text_that_cannot_be_opened_fails_alone(
    simulator: Simulator, dispatcher: Dispatcher
) -> None:
    add_contacts([number(1), mailbox(1)])
    made = broadcast()
    with current_database().unit_of_work() as session:
        mails = select(BroadcastContent.id).where(BroadcastContent.channel == Channel.EMAIL)
        break_sealed(session, BroadcastContent.subject, *session.scalars(mails))

    deliver(simulator, dispatcher)
    dispatcher.drain()

    assert states(made.id) == {DeliveryState.DELIVERED: 1, DeliveryState.FAILED: 1}


def test_an_audience_may_be_written_with_a_common_table(
    app_with_simulator: VarskoApp, simulator: Simulator, dispatcher: Dispatcher
) -> None:
    def with_common_table(_session: Session, _params: dict[str, Any]) -> Select[Any]:
        common = select(Contact.id).cte("common")
        return select(*audience_columns(common.c.id, literal("da")))

    register_audience(app_with_simulator, "with", with_common_table)
    add_contacts(number(i) for i in range(5))
    made = broadcast(audience=Audience("with", {}))

    deliver(simulator, dispatcher)
    dispatcher.drain()

    assert states(made.id) == {DeliveryState.DELIVERED: 5}
    with current_database().unit_of_work() as session:
        assert progress(session, made.id).settled


def test_progress_is_kept_as_it_happens(simulator: Simulator, dispatcher: Dispatcher) -> None:
    add_contacts([*(number(i) for i in range(5)), mailbox(1)])
    made = broadcast()

    deliver(simulator, dispatcher)

    with current_database().unit_of_work(writes=False) as session:
        now = progress(session, made.id)
    assert now.status is BroadcastStatus.SETTLED
    assert (now.total, now.expanded, now.settled, now.segments) == (6, True, True, 5)
    assert {state: n for state, n in now.by_state.items() if n} == states(made.id)
    assert now.by_channel[Channel.EMAIL][DeliveryState.SENT] == 1


def test_readers_get_their_language_and_danish_where_there_is_none(
    simulator: Simulator, dispatcher: Dispatcher
) -> None:
    ids = add_contacts([number(1), number(2), mailbox(1)])
    broadcast([*BOTH, ENGLISH_SMS], audience=Audience("everyone", {"english": [ids[1], ids[2]]}))

    dispatcher.drain()

    assert simulator.phone(number(1)).texts == [SMS.body]
    assert simulator.phone(number(2)).texts == [ENGLISH_SMS.body]
    assert simulator.mailbox(mailbox(1)).messages[0].subject == "Brand"


def test_nobody_is_written_to_on_a_channel_that_says_nothing(
    simulator: Simulator, dispatcher: Dispatcher
) -> None:
    add_contacts([number(1), mailbox(1)])
    made = broadcast([SMS])

    dispatcher.drain()

    assert sum(states(made.id).values()) == 1
    assert simulator.mailbox(mailbox(1)).messages == []


def test_the_nearest_come_first(simulator: Simulator, dispatcher: Dispatcher) -> None:
    ids = add_contacts(number(i) for i in range(30))
    nearest = [ids[17], ids[3], ids[29]]
    made = broadcast([SMS], audience=Audience("everyone", {"nearest": nearest}))

    dispatcher.drain()

    with current_database().unit_of_work(writes=False) as session:
        order = session.scalars(
            select(Delivery.contact_id)
            .where(Delivery.broadcast_id == made.id)
            .order_by(Delivery.id)
        ).all()
    assert list(order)[:3] == nearest


def test_replies_and_codes_go_before_everything(
    simulator: Simulator, dispatcher: Dispatcher
) -> None:
    ids = add_contacts(number(i) for i in range(30))
    broadcast([SMS], priority=Priority.BULK)
    urgent = broadcast([SMS], priority=Priority.URGENT)
    dispatcher.tick()
    with current_database().unit_of_work() as session:
        code = send_to_contact(
            session, session.get_one(Contact, ids[7]), SMS, "sign-up", despite_suppression=True
        )

    def turn() -> int:
        with current_database().unit_of_work(writes=False) as session:
            return session.get_one(Batch, next_batch_id(session, Channel.SMS)).broadcast_id

    assert turn() == code.id
    with current_database().unit_of_work() as session:
        stop_broadcast(session, code.id)
    assert turn() == urgent.id


def test_a_code_reaches_a_suppressed_contact_that_signs_up_again_and_nothing_else_does(
    simulator: Simulator, dispatcher: Dispatcher
) -> None:
    (contact_id,) = add_contacts([number(1)])
    with current_database().unit_of_work() as session:
        contact = session.get_one(Contact, contact_id)
        suppress_contact(session, contact, SuppressionReason.STOP)
        send_to_contact(session, contact, SMS, "welcome")
        send_to_contact(session, contact, ENGLISH_SMS, "sign-up", despite_suppression=True)

    dispatcher.drain()

    assert simulator.phone(number(1)).texts == [ENGLISH_SMS.body]


def test_those_who_got_one_broadcast_can_be_sent_another(
    simulator: Simulator, dispatcher: Dispatcher
) -> None:
    add_contacts([number(1), number(2), mailbox(1)])
    simulator.opt_out(number(2))
    first = broadcast()
    deliver(simulator, dispatcher)

    broadcast([ENGLISH_SMS], audience=Audience("recipients", {"broadcast_ids": [first.id]}))
    deliver(simulator, dispatcher)

    assert simulator.phone(number(1)).texts == [SMS.body, ENGLISH_SMS.body]
    assert simulator.phone(number(2)).texts == []
    broadcast([SMS], audience=Audience("recipients", {"broadcast_ids": []}))
    dispatcher.drain()
    assert simulator.accepted_total == 2


def test_what_an_address_received_is_known_by_reference(
    simulator: Simulator, dispatcher: Dispatcher
) -> None:
    add_contacts([number(1)])
    broadcast([SMS], reference="alert:ABC:1")
    broadcast([SMS], reference="welcome")
    with current_database().unit_of_work() as session:
        assert received_broadcasts(session, Channel.SMS, number(1), "alert:") == []

    dispatcher.drain()

    with current_database().unit_of_work() as session:
        (received,) = received_broadcasts(session, Channel.SMS, number(1), "alert:")
        assert received.reference == "alert:ABC:1"
        assert (
            received.sent_at
            == session.scalars(
                select(Delivery.attempted_at)
                .join(Broadcast, Broadcast.id == Delivery.broadcast_id)
                .where(Broadcast.reference == "alert:ABC:1")
            ).one()
        )
        assert received_broadcasts(session, Channel.SMS, number(9), "alert:") == []


def test_listeners_hear_once_that_a_broadcast_has_settled(
    app_with_simulator: VarskoApp, simulator: Simulator, dispatcher: Dispatcher
) -> None:
    heard: list[str] = []
    on_settled(app_with_simulator, lambda _session, made: heard.append(made.reference))
    add_contacts([number(1)])
    broadcast([SMS], reference="one")
    broadcast([SMS], reference="nobody", audience=Audience("recipients", {"broadcast_ids": [0]}))

    deliver(simulator, dispatcher)
    dispatcher.drain()

    assert sorted(heard) == ["nobody", "one"]
