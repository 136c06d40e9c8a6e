"""A broadcast goes out: each recipient once, whatever comes back."""

from __future__ import annotations

import pytest

from database import current_database
from dispatch import Dispatcher, progress, received_broadcasts, send_to_contact
from dispatch.contacts import ensure_contact
from dispatch.models import BroadcastStatus, Channel, Delivery, DeliveryState
from dispatch.simulator import Simulator
from tests.dispatch.factories import (
    BOTH,
    ENGLISH_SMS,
    MAIL,
    SMS,
    add_contacts,
    broadcast,
    mailbox,
    number,
    plug_everyone,
    states,
)
from tests.dispatch.fixtures import deliver
from web.app import VarskoApp


@pytest.fixture(autouse=True)
def everyone(app_with_simulator: VarskoApp) -> None:
    plug_everyone(app_with_simulator)


def test_everyone_gets_it_once_on_their_channel(
    simulator: Simulator, dispatcher: Dispatcher
) -> None:
    add_contacts([*(number(i) for i in range(60)), *(mailbox(i) for i in range(40))])
    made = broadcast()

    deliver(simulator, dispatcher)

    assert states(made.id) == {DeliveryState.DELIVERED: 60, DeliveryState.SENT: 40}
    assert all(simulator.phone(number(i)).texts == [SMS.body] for i in range(60))
    assert all(len(simulator.mailbox(mailbox(i)).messages) == 1 for i in range(40))
    assert simulator.accepted_total == 60


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
