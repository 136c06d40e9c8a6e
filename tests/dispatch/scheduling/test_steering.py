"""Broadcasts wait, pause, stop and expire as requested."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from database import current_database, utcnow
from dispatch import (
    Audience,
    Dispatcher,
    PauseReason,
    count_audience,
    pause_broadcast,
    progress,
    resume_broadcast,
    stop_broadcast,
    suppress_contact,
)
from dispatch.ledger.batches import claim_slice, hold_batch, next_batch_id
from dispatch.models import (
    BroadcastStatus,
    Channel,
    Contact,
    Delivery,
    DeliveryState,
    SuppressionReason,
)
from simulator import Behaviour, Match, Simulator
from tests.dispatch.factories import (
    SMS,
    add_contacts,
    broadcast,
    delivery_to,
    mailbox,
    number,
    plug_everyone,
    states,
)
from tests.dispatch.fixtures import MakeApp, deliver
from web.http.app import VarskoApp


@pytest.fixture(autouse=True)
def everyone(app_with_simulator: VarskoApp) -> None:
    plug_everyone(app_with_simulator)


def test_a_suppressed_contact_is_neither_counted_nor_written_to(
    simulator: Simulator, dispatcher: Dispatcher
) -> None:
    ids = add_contacts([number(1), number(2)])
    with current_database().unit_of_work() as session:
        suppress_contact(session, session.get_one(Contact, ids[0]), SuppressionReason.STOP)
        size = count_audience(session, Audience("everyone", {}))
    broadcast([SMS])

    dispatcher.drain()

    assert [(count.channel, count.recipients) for count in size.counts] == [(Channel.SMS, 1)]
    assert simulator.phone(number(1)).texts == []
    assert simulator.phone(number(2)).texts == [SMS.body]


def test_stop_after_the_ledger_is_filled_is_seen_when_a_slice_is_claimed(
    simulator: Simulator, dispatcher: Dispatcher
) -> None:
    ids = add_contacts([number(1), number(2)])
    made = broadcast([SMS])
    dispatcher.tick()
    with current_database().unit_of_work() as session:
        suppress_contact(session, session.get_one(Contact, ids[0]), SuppressionReason.STOP)

    deliver(simulator, dispatcher)

    assert delivery_to(ids[0]).state is DeliveryState.CANCELLED
    assert delivery_to(ids[0]).error_code == "suppressed"
    assert states(made.id) == {DeliveryState.CANCELLED: 1, DeliveryState.DELIVERED: 1}
    assert simulator.phone(number(1)).texts == []


def test_nothing_leaves_after_a_stop(simulator: Simulator, dispatcher: Dispatcher) -> None:
    add_contacts([*(number(i) for i in range(50)), *(mailbox(i) for i in range(10))])
    made = broadcast()
    dispatcher.tick()

    with current_database().unit_of_work() as session:
        stop_broadcast(session, made.id)
    dispatcher.drain()

    assert states(made.id) == {DeliveryState.CANCELLED: 60}
    assert simulator.accepted_total == 0
    with current_database().unit_of_work(writes=False) as session:
        now = progress(session, made.id)
    assert (now.status, now.settled) == (BroadcastStatus.STOPPED, True)
    assert now.by_state[DeliveryState.CANCELLED] == 60


def test_nothing_leaves_for_a_phone_that_has_been_answered_stop(
    make_app: MakeApp, simulator: Simulator
) -> None:
    """With real workers, a slow provider, and phones that send STOP.

    The webhook is answered at once: what a worker is handing over by then still arrives.
    """
    app = make_app(sms_segments_per_second=40, sms_in_flight=4)
    plug_everyone(app)
    simulator.behave(Match(), Behaviour(latency=0.05))
    phones = [number(i) for i in range(120)]
    dispatcher = Dispatcher(app)

    def alerted() -> list[str]:
        """Who was sent the alert, and not just the answer to STOP."""
        return [message.to for message in simulator.accepted if message.body == SMS.body]

    def got(phone: str) -> int:
        return alerted().count(phone)

    def has_begun(contact: int) -> int:
        """1 if a worker has taken up the alert to this contact, else 0."""
        with current_database().unit_of_work(writes=False) as session:
            state = session.scalars(select(Delivery.state).where(Delivery.contact_id == contact))
            return int(state.one() not in {DeliveryState.QUEUED, DeliveryState.CANCELLED})

    with app.app_context():
        contacts = dict(zip(phones, add_contacts(phones), strict=True))
        made = broadcast([SMS])
        dispatcher.start()
        try:
            simulator.wait_for(lambda: len(alerted()) >= 2)
            # First the last of all, whose turn is seconds away; then in the order of sending, so
            # that some are about to be sent to, and others not.
            answered = {}
            for phone in [phones[-1], *phones[4:119:6]]:
                simulator.receive_sms(phone, "STOP")
                answered[phone] = has_begun(contacts[phone])
            simulator.wait_for(lambda: len(alerted()) >= 99, timeout=120)
        finally:
            dispatcher.stop()
        deliver(simulator, dispatcher)

        assert {phone: got(phone) for phone in answered} == answered
        assert 0 in answered.values()
        assert states(made.id)[DeliveryState.CANCELLED] == list(answered.values()).count(0)
        assert states(made.id)[DeliveryState.DELIVERED] == len(set(phones) - set(answered)) + sum(
            answered.values()
        )


def test_a_stop_in_the_middle_leaves_what_was_sent_and_cancels_the_rest(
    simulator: Simulator, dispatcher: Dispatcher
) -> None:
    add_contacts(number(i) for i in range(40))
    made = broadcast([SMS])
    dispatcher.tick()
    with current_database().unit_of_work() as session:
        batch_id = next_batch_id(session, Channel.SMS)
        assert batch_id is not None
        batch = hold_batch(session, batch_id, "somebody", 60)
        assert batch is not None
        claim_slice(session, batch, 15, 60, "twilio")
    with current_database().unit_of_work() as session:
        stop_broadcast(session, made.id)

    dispatcher.drain()

    # The slice in flight is the worker's; what it had not claimed is cancelled once the worker
    # has released the batch, or its lease has expired.
    assert states(made.id)[DeliveryState.SENDING] == 15
    with time_machine.travel(utcnow() + timedelta(minutes=3), tick=True):
        dispatcher.drain()
    assert states(made.id)[DeliveryState.CANCELLED] >= 25
    assert simulator.accepted_total == 0


def test_an_expired_broadcast_sends_nothing_more(
    simulator: Simulator, dispatcher: Dispatcher
) -> None:
    add_contacts(number(i) for i in range(5))
    made = broadcast([SMS], expires_at=utcnow() + timedelta(minutes=10))
    dispatcher.tick()

    with time_machine.travel(utcnow() + timedelta(minutes=11), tick=True):
        dispatcher.drain()

    assert states(made.id) == {DeliveryState.EXPIRED: 5}
    assert simulator.accepted_total == 0


def test_a_broadcast_waits_for_its_time(simulator: Simulator, dispatcher: Dispatcher) -> None:
    add_contacts([number(1)])
    made = broadcast([SMS], not_before=utcnow() + timedelta(hours=1))

    dispatcher.drain()
    assert states(made.id) == {}
    with time_machine.travel(utcnow() + timedelta(hours=1, seconds=1), tick=True):
        dispatcher.drain()

    assert simulator.phone(number(1)).texts == [SMS.body]


def test_a_broadcast_that_expires_while_it_waits_is_settled_without_a_message(
    simulator: Simulator, dispatcher: Dispatcher
) -> None:
    add_contacts([number(1)])
    later = utcnow() + timedelta(hours=2)
    made = broadcast([SMS], not_before=later, expires_at=utcnow() + timedelta(hours=1))

    with time_machine.travel(later - timedelta(minutes=1), tick=True):
        dispatcher.drain()
    with time_machine.travel(later + timedelta(minutes=1), tick=True):
        dispatcher.drain()

    assert simulator.accepted_total == 0
    with current_database().unit_of_work(writes=False) as session:
        assert progress(session, made.id).settled


def test_a_paused_broadcast_waits_until_it_is_resumed(
    simulator: Simulator, dispatcher: Dispatcher
) -> None:
    add_contacts([number(1)])
    made = broadcast([SMS])
    dispatcher.tick()
    with current_database().unit_of_work() as session:
        pause_broadcast(session, made.id, PauseReason.staff(None))
    dispatcher.drain()
    assert simulator.accepted_total == 0

    with current_database().unit_of_work() as session:
        resume_broadcast(session, made.id)
    dispatcher.drain()
    assert simulator.phone(number(1)).texts == [SMS.body]
