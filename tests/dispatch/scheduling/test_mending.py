"""Crashes: what a worker, a scheduler or a whole process leaves behind is repaired."""

from __future__ import annotations

import threading
import time
from collections import Counter
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from database import current_database, utcnow
from dispatch import Content, Dispatcher, progress, register_job, send_to_contact
from dispatch.forgetting import forget_old
from dispatch.ledger.batches import claim_slice, hold_batch, next_batch_id
from dispatch.ledger.chunks import batch_size
from dispatch.models import (
    Batch,
    BatchStatus,
    Broadcast,
    BroadcastContent,
    Channel,
    Contact,
    DeliveryState,
    InboundRecord,
)
from dispatch.providers.base import SendResult
from dispatch.providers.directory import provider_of
from dispatch.scheduling.scheduler_lease import SCHEDULER, hold_lease, release_lease
from dispatch.scheduling.sweepers import mend_holes, sweep_expired_leases
from dispatch.sender_routes import Route, rate_of, routes_of
from dispatch.sending.lease_keeper import lease_kept
from dispatch.sending.send_batch import LEASE_SECONDS, record_results, slice_size
from dispatch.sending.senders import give_back, note_slice, take_turn
from simulator import Simulator
from tests.dispatch.factories import (
    MAIL,
    SMS,
    add_contacts,
    broadcast,
    mailbox,
    number,
    plug_everyone,
    states,
)
from tests.dispatch.fixtures import MakeApp, deliver
from tests.settings import make_config
from web.http.app import VarskoApp


@pytest.fixture(autouse=True)
def everyone(app_with_simulator: VarskoApp) -> None:
    plug_everyone(app_with_simulator)


def take_up(limit: int) -> Batch:
    """Act as a worker that claims a slice and then dies."""
    with current_database().unit_of_work() as session:
        batch_id = next_batch_id(session, Channel.SMS)
        assert batch_id is not None
        batch = hold_batch(session, batch_id, "dead worker", 60)
        assert batch is not None
        claim_slice(session, batch, limit, 60, "twilio")
    return batch


def test_what_a_dead_worker_had_taken_up_is_asked_about_and_sent_once(
    simulator: Simulator, dispatcher: Dispatcher
) -> None:
    add_contacts(number(i) for i in range(10))
    made = broadcast([SMS])
    dispatcher.tick()
    take_up(4)

    dispatcher.drain()
    assert states(made.id) == {DeliveryState.SENDING: 4, DeliveryState.QUEUED: 6}
    with time_machine.travel(utcnow() + timedelta(seconds=90), tick=True):
        deliver(simulator, dispatcher)

    assert states(made.id) == {DeliveryState.DELIVERED: 10}
    assert Counter(m.to for m in simulator.accepted) == {number(i): 1 for i in range(10)}


def test_mail_that_waited_behind_a_dead_worker_goes_out_within_two_minutes(
    simulator: Simulator, dispatcher: Dispatcher
) -> None:
    add_contacts(mailbox(i) for i in range(10))
    made = broadcast([MAIL])
    dispatcher.tick()
    with current_database().unit_of_work() as session:
        batch_id = next_batch_id(session, Channel.EMAIL)
        assert batch_id is not None
        batch = hold_batch(session, batch_id, "dead worker", LEASE_SECONDS)
        assert batch is not None
        lease = LEASE_SECONDS + provider_of("smtp").max_seconds(100)
        claim_slice(session, batch, 4, lease, "smtp")

    with time_machine.travel(utcnow() + timedelta(minutes=2), tick=True):
        dispatcher.drain()
    # Nobody can tell whether those four were sent: they are not sent again.
    assert states(made.id) == {DeliveryState.SENT: 6, DeliveryState.FAILED: 4}
    assert sum(len(simulator.mailbox(mailbox(i)).messages) for i in range(10)) == 6


def test_sweeping_leases_twice_changes_nothing_more(dispatcher: Dispatcher) -> None:
    add_contacts(number(i) for i in range(3))
    made = broadcast([SMS])
    dispatcher.tick()
    take_up(3)
    with time_machine.travel(utcnow() + timedelta(seconds=61), tick=False):
        with current_database().unit_of_work() as session:
            assert sweep_expired_leases(session) == 1
        with current_database().unit_of_work() as session:
            assert sweep_expired_leases(session) == 0
    assert states(made.id) == {DeliveryState.UNKNOWN: 3}


def test_a_worker_that_wakes_after_its_lease_still_tells_what_it_knows(
    dispatcher: Dispatcher,
) -> None:
    add_contacts([number(1), number(2)])
    made = broadcast([SMS])
    dispatcher.tick()
    with current_database().unit_of_work() as session:
        batch_id = next_batch_id(session, Channel.SMS)
        assert batch_id is not None
        batch = hold_batch(session, batch_id, "slow worker", 60)
        assert batch is not None
        claim = claim_slice(session, batch, 2, 60, "twilio")
    with time_machine.travel(utcnow() + timedelta(seconds=61), tick=True):
        with current_database().unit_of_work() as session:
            sweep_expired_leases(session)
        results = [SendResult.accepted("SM1", 1), SendResult.retry("30003")]
        with current_database().unit_of_work() as session:
            record_results(session, claim.rows, results, "twilio")
        with current_database().unit_of_work() as session:
            assert claim_slice(session, batch, 2, 60, "twilio").messages == ()

    assert states(made.id) == {DeliveryState.SENT: 1, DeliveryState.UNKNOWN: 1}
    with current_database().unit_of_work(writes=False) as session:
        now = progress(session, made.id)
    assert (now.by_state[DeliveryState.SENT], now.by_state[DeliveryState.UNKNOWN]) == (1, 1)


def test_a_worker_keeps_its_batch_as_long_as_the_network_takes(dispatcher: Dispatcher) -> None:
    add_contacts([number(1)])
    broadcast([SMS])
    dispatcher.tick()
    batch = take_up(1)
    with current_database().unit_of_work(writes=False) as session:
        before = session.get_one(Batch, batch.id).lease_until
    assert before is not None

    renewed = False
    deadline = time.monotonic() + 120
    with lease_kept(batch, 0.2):
        while not renewed and time.monotonic() < deadline:
            with current_database().unit_of_work(writes=False) as session:
                renewed = session.get_one(Batch, batch.id).lease_until != before
    assert renewed


def test_a_hole_in_the_queue_is_mended(simulator: Simulator, dispatcher: Dispatcher) -> None:
    add_contacts([number(1)])
    made = broadcast([SMS])
    dispatcher.tick()
    with current_database().unit_of_work() as session:
        session.execute(update(Batch).values(status=BatchStatus.DONE))
    dispatcher.drain()
    assert states(made.id) == {DeliveryState.QUEUED: 1}

    with time_machine.travel(utcnow() + timedelta(minutes=6), tick=True):
        with current_database().unit_of_work() as session:
            assert mend_holes(session) == 1
        with current_database().unit_of_work() as session:
            assert mend_holes(session) == 0
        deliver(simulator, dispatcher)
    assert states(made.id) == {DeliveryState.DELIVERED: 1}


def test_two_dispatchers_at_once_send_nothing_twice(
    make_app: MakeApp, simulator: Simulator, dispatcher: Dispatcher
) -> None:
    other = make_app()
    plug_everyone(other)
    add_contacts([*(number(i) for i in range(150)), *(mailbox(i) for i in range(50))])
    made = broadcast()
    dispatcher.tick()

    threads = [threading.Thread(target=d.drain) for d in (dispatcher, Dispatcher(other))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    deliver(simulator, dispatcher)

    assert states(made.id) == {DeliveryState.DELIVERED: 150, DeliveryState.SENT: 50}
    assert Counter(m.to for m in simulator.accepted) == {number(i): 1 for i in range(150)}
    assert all(len(simulator.mailbox(mailbox(i)).messages) == 1 for i in range(50))
    with current_database().unit_of_work(writes=False) as session:
        assert progress(session, made.id).by_state[DeliveryState.DELIVERED] == 150


def test_one_scheduler_at_a_time_and_the_next_takes_over(app_with_simulator: VarskoApp) -> None:
    database = current_database()

    def hold(owner: str) -> int | None:
        with database.unit_of_work() as session:
            return hold_lease(session, SCHEDULER, owner)

    assert hold("first") == 1
    assert hold("second") is None
    assert hold("first") == 1
    with time_machine.travel(utcnow() + timedelta(seconds=16), tick=False):
        assert hold("second") == 2
        assert hold("first") is None
        with database.unit_of_work() as session:
            release_lease(session, SCHEDULER, "second")
        assert hold("first") == 3


def route(address: str, rate: float) -> Route:
    return Route(Channel.SMS, "twilio", address, rate)


def test_a_sender_keeps_its_rate_whoever_sends(app_with_simulator: VarskoApp) -> None:
    only = [route("1", 10)]
    with (
        time_machine.travel(utcnow(), tick=False),
        current_database().unit_of_work() as session,
    ):
        turn = take_turn(session, only, lambda _: 20)
        assert (turn.wait, turn.is_reserved) == (0.0, True)
        # A distant turn is not reserved: something more urgent may come before it.
        for _ in range(2):
            later = take_turn(session, only, lambda _: 5)
            assert later.wait == pytest.approx(2.0)
            assert not later.is_reserved
        # A code does not wait; the others wait longer instead.
        code = take_turn(session, only, lambda _: 10, at_once=True)
        assert (code.wait, code.is_reserved) == (0.0, True)
        assert take_turn(session, only, lambda _: 1).wait == pytest.approx(3.0)
        give_back(session, turn, 28)
        turn = take_turn(session, only, lambda _: 2)
        assert turn.wait == pytest.approx(0.2)
        assert turn.is_reserved
        assert take_turn(session, only, lambda _: 1).wait == pytest.approx(0.4)
        note_slice(session, turn, only, [SendResult.deferred("429", 30.0)])
        assert take_turn(session, only, lambda _: 1).wait == pytest.approx(30.0)
        assert take_turn(session, [route("2", 10)], lambda _: 1).wait == 0.0


def test_slices_and_batches_follow_the_senders_rate() -> None:
    slow = make_config(sms_segments_per_second=10, smtp_messages_per_second=100)
    quick = make_config(sms_segments_per_second=100_000)
    (sms,), (mail,) = routes_of(slow, Channel.SMS), routes_of(slow, Channel.EMAIL)
    assert [slice_size(sms, segments) for segments in (1, 2, 20)] == [10, 5, 1]
    assert slice_size(mail, 1) == 100
    assert slice_size(routes_of(quick, Channel.SMS)[0], 1) == 512
    assert batch_size(slow, Channel.SMS, 2) == 50
    assert batch_size(quick, Channel.SMS, 1) == 2000
    assert rate_of(slow, Channel.SMS) == 10


def test_texts_to_one_person_and_old_references_are_forgotten(
    app_with_simulator: VarskoApp, simulator: Simulator, dispatcher: Dispatcher
) -> None:
    (contact_id,) = add_contacts([number(1)])
    with current_database().unit_of_work() as session:
        contact = session.get_one(Contact, contact_id)
        send_to_contact(session, contact, Content(Channel.SMS, "da", "Kode 123456"), "sign-up")
    broadcast([SMS])
    deliver(simulator, dispatcher)
    simulator.receive_sms(number(1), "STATUS")

    for days in (1, 40):
        with (
            time_machine.travel(utcnow() + timedelta(days=days), tick=False),
            current_database().unit_of_work() as session,
        ):
            forget_old(session)
        with current_database().unit_of_work(writes=False) as session:
            texts = set(session.scalars(select(BroadcastContent.body)))
            inbound = session.scalars(select(InboundRecord)).all()
        if days == 1:
            assert texts == {"Kode 123456", SMS.body}
            assert len(inbound) == 1
    assert texts == {"", SMS.body}
    assert inbound == []


def test_by_the_clock_everything_happens_by_itself(
    app_with_simulator: VarskoApp, simulator: Simulator, dispatcher: Dispatcher
) -> None:
    ran = threading.Event()
    register_job(app_with_simulator, "test", 1, lambda _session: ran.set())
    add_contacts([number(1), mailbox(1)])
    dispatcher.start()
    try:
        made = broadcast()
        simulator.wait_for(lambda: bool(simulator.mailbox(mailbox(1)).messages), timeout=120)
        simulator.wait_for(lambda: simulator.phone(number(1)).texts == [SMS.body], timeout=120)
        assert ran.wait(120)
    finally:
        dispatcher.stop()
    deliver(simulator, dispatcher)
    assert states(made.id) == {DeliveryState.DELIVERED: 1, DeliveryState.SENT: 1}
    with current_database().unit_of_work(writes=False) as session:
        assert session.scalars(select(Broadcast.settled_at)).one() is not None


def test_a_job_that_wakes_the_dispatcher_does_not_keep_it_from_stopping(
    app_with_simulator: VarskoApp, dispatcher: Dispatcher
) -> None:
    began = threading.Event()

    def wake_for_a_second(_session: Session) -> None:
        began.set()
        until = time.monotonic() + 1
        while time.monotonic() < until:
            dispatcher.wake()

    register_job(app_with_simulator, "test", 1, wake_for_a_second)
    dispatcher.start()
    assert began.wait(120)
    stopping = threading.Thread(target=dispatcher.stop, daemon=True)
    stopping.start()
    stopping.join(120)
    assert not stopping.is_alive()
