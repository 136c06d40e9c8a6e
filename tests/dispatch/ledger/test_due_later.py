"""An audience says when each message is due and who is left out; the ledger follows it."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

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
)
from dispatch.broadcasts import name_left_out
from dispatch.ledger import chunks
from dispatch.models import Batch, DeliveryState
from dispatch.scheduling import sweepers
from simulator import Simulator
from tests.dispatch.factories import (
    SMS,
    add_contacts,
    broadcast,
    delivery_to,
    number,
    plug_everyone,
    states,
)
from tests.dispatch.fixtures import deliver, later
from web.http.app import VarskoApp

EIGHT_HOURS = timedelta(hours=8)


@pytest.fixture(autouse=True)
def everyone(app_with_simulator: VarskoApp) -> None:
    plug_everyone(app_with_simulator)


def due(contacts: list[int], after: timedelta = EIGHT_HOURS, **params: Any) -> Audience:
    """Everyone, these after a while."""
    at = (utcnow() + after).isoformat()
    return Audience("everyone", {"due": {str(contact): at for contact in contacts}, **params})


def got_it(simulator: Simulator, of: int) -> list[int]:
    """Which of the first so many numbers got the message, each only once."""
    texts = [simulator.phone(number(i)).texts for i in range(of)]
    assert all(len(each) <= 1 for each in texts)
    return [i for i, each in enumerate(texts) if each]


def test_a_message_leaves_when_it_is_due_and_the_others_at_once(
    simulator: Simulator, dispatcher: Dispatcher
) -> None:
    contacts = add_contacts(number(i) for i in range(6))
    made = broadcast([SMS], audience=due(contacts[::2]))

    deliver(simulator, dispatcher)
    assert got_it(simulator, 6) == [1, 3, 5]
    later(simulator, dispatcher, hours=7.9)
    assert states(made.id) == {DeliveryState.DELIVERED: 3, DeliveryState.QUEUED: 3}
    later(simulator, dispatcher, hours=8.1)

    assert got_it(simulator, 6) == list(range(6))
    assert states(made.id) == {DeliveryState.DELIVERED: 6}
    assert delivery_to(contacts[0]).attempts == 1


def test_a_time_that_has_passed_is_at_once(simulator: Simulator, dispatcher: Dispatcher) -> None:
    contacts = add_contacts([number(0)])
    broadcast([SMS], audience=due(contacts, -EIGHT_HOURS))
    dispatcher.tick()
    assert delivery_to(contacts[0]).next_attempt_at is None
    deliver(simulator, dispatcher)
    assert got_it(simulator, 1) == [0]


def test_everybody_may_be_due_later_and_the_broadcast_is_not_settled_before(
    simulator: Simulator, dispatcher: Dispatcher
) -> None:
    contacts = add_contacts(number(i) for i in range(3))
    made = broadcast([SMS], audience=due(contacts))
    deliver(simulator, dispatcher)
    with current_database().unit_of_work(writes=False) as session:
        now = progress(session, made.id)
        assert (now.counts.waiting, now.settled, now.expanded) == (3, False, True)
        assert session.scalars(select(Batch)).all() == []
    later(simulator, dispatcher, hours=8.1)
    with current_database().unit_of_work(writes=False) as session:
        assert progress(session, made.id).settled


def test_one_that_is_due_after_the_end_expires_and_is_not_sent_late(
    simulator: Simulator, dispatcher: Dispatcher
) -> None:
    contacts = add_contacts(number(i) for i in range(2))
    made = broadcast([SMS], audience=due(contacts[:1]), expires_at=utcnow() + timedelta(hours=4))
    deliver(simulator, dispatcher)
    later(simulator, dispatcher, hours=8.1)
    assert got_it(simulator, 2) == [1]
    assert states(made.id) == {DeliveryState.DELIVERED: 1, DeliveryState.EXPIRED: 1}


def test_a_stop_cancels_what_is_due_later(simulator: Simulator, dispatcher: Dispatcher) -> None:
    contacts = add_contacts(number(i) for i in range(4))
    made = broadcast([SMS], audience=due(contacts[:3]))
    deliver(simulator, dispatcher)
    with current_database().unit_of_work() as session:
        stop_broadcast(session, made.id)
    assert states(made.id) == {DeliveryState.DELIVERED: 1, DeliveryState.CANCELLED: 3}
    later(simulator, dispatcher, hours=8.1)
    assert got_it(simulator, 4) == [3]


def test_a_large_stop_closes_what_is_due_later_bit_by_bit(
    simulator: Simulator, dispatcher: Dispatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dispatch.ledger.changes.CLOSING_TIMED", 2)
    contacts = add_contacts(number(i) for i in range(5))
    made = broadcast([SMS], audience=due(contacts))
    dispatcher.drain()
    with current_database().unit_of_work() as session:
        stop_broadcast(session, made.id)
    assert states(made.id) == {DeliveryState.CANCELLED: 2, DeliveryState.QUEUED: 3}
    dispatcher.drain()
    assert states(made.id) == {DeliveryState.CANCELLED: 5}


def test_a_pause_outlasts_the_time_it_was_due(simulator: Simulator, dispatcher: Dispatcher) -> None:
    contacts = add_contacts(number(i) for i in range(2))
    made = broadcast([SMS], audience=due(contacts))
    deliver(simulator, dispatcher)
    with current_database().unit_of_work() as session:
        pause_broadcast(session, made.id, PauseReason.staff(None))
    later(simulator, dispatcher, hours=8.1)
    assert states(made.id) == {DeliveryState.QUEUED: 2}
    with current_database().unit_of_work() as session:
        resume_broadcast(session, made.id)
    later(simulator, dispatcher, hours=8.2)
    assert states(made.id) == {DeliveryState.DELIVERED: 2}


def test_progress_promises_the_last_message_not_before_it_is_due(
    simulator: Simulator, dispatcher: Dispatcher
) -> None:
    contacts = add_contacts(number(i) for i in range(10))
    made = broadcast([SMS], audience=due(contacts[:4]))
    dispatcher.tick()
    for sent in (0, 6):
        with current_database().unit_of_work(writes=False) as session:
            (channel,) = progress(session, made.id).channels
        assert channel.counts.waiting == 10 - sent
        assert channel.is_later is (sent == 6)
        assert not channel.is_retrying
        assert channel.seconds_left is not None
        assert timedelta(hours=7) < timedelta(seconds=channel.seconds_left) <= EIGHT_HOURS * 1.01
        deliver(simulator, dispatcher)


def test_what_is_due_later_is_neither_a_hole_nor_stalled(
    simulator: Simulator, dispatcher: Dispatcher
) -> None:
    contacts = add_contacts(number(i) for i in range(2))
    broadcast([SMS], audience=due(contacts))
    deliver(simulator, dispatcher)
    with (
        time_machine.travel(utcnow() + timedelta(hours=1), tick=True),
        current_database().unit_of_work() as session,
    ):
        assert sweepers.mend_holes(session) == 0
        assert sweepers.note_stalled(session) == 0


def test_many_that_are_due_at_once_make_several_batches_that_do_not_overlap(
    simulator: Simulator, dispatcher: Dispatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "LARGEST_BATCH", 5)
    contacts = add_contacts(number(i) for i in range(33))
    made = broadcast([SMS], audience=due(contacts))
    deliver(simulator, dispatcher)
    with time_machine.travel(utcnow() + timedelta(hours=9), tick=True):
        with current_database().unit_of_work() as session:
            assert sweepers.offer_timed(session) == sweepers.TIMED_BATCHES
            assert sweepers.offer_timed(session) == 0
            batches = session.scalars(select(Batch).order_by(Batch.first_id)).all()
        assert [batch.size for batch in batches] == [5] * sweepers.TIMED_BATCHES
        ends = [(batch.first_id, batch.last_id) for batch in batches]
        assert all(before[1] < after[0] for before, after in pairwise(ends))
        deliver(simulator, dispatcher)
    assert states(made.id) == {DeliveryState.DELIVERED: 33}
    assert got_it(simulator, 33) == list(range(33))


def test_who_is_left_out_is_counted_by_reason_and_gets_nothing(
    simulator: Simulator, dispatcher: Dispatcher
) -> None:
    contacts = add_contacts(number(i) for i in range(5))
    reasons = {str(contacts[0]): "full", str(contacts[1]): "full", str(contacts[2]): "topic"}
    audience = Audience("everyone", {"left_out": reasons})
    with current_database().unit_of_work(writes=False) as session:
        size = count_audience(session, audience)
    assert (size.recipients, size.left_out) == (2, {"full": 2, "topic": 1})
    assert name_left_out(audience, "full") == "Budgettet er brugt"
    assert name_left_out(audience, "topic") == "topic"

    made = broadcast([SMS], audience=audience)
    deliver(simulator, dispatcher)

    assert got_it(simulator, 5) == [3, 4]
    assert states(made.id) == {DeliveryState.DELIVERED: 2}


def test_due_times_are_the_same_in_the_ledger_on_every_database(
    dispatcher: Dispatcher,
) -> None:
    contacts = add_contacts([number(0)])
    audience = due(contacts)
    broadcast([SMS], audience=audience)
    dispatcher.tick()
    (at,) = audience.params["due"].values()
    assert delivery_to(contacts[0]).next_attempt_at == datetime.fromisoformat(at)
