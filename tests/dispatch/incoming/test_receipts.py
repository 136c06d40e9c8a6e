"""Delivery reports come late, twice and in any order."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from database import current_database
from dispatch import Dispatcher, find_contact
from dispatch.incoming.receipts import Reported, apply_receipts, merge_reports, store_receipt
from dispatch.ledger.changes import Locked
from dispatch.models import Channel, DeliveryState, SuppressionReason
from dispatch.providers.twilio.codes import STATUSES, state_of
from dispatch.providers.webhook_requests import DeliveryReport
from simulator import Behaviour as Conduct
from simulator import CallbackPlan, Simulator
from tests.dispatch.factories import (
    SMS,
    add_contacts,
    broadcast,
    delivery_to,
    number,
    plug_everyone,
    states,
)
from tests.dispatch.fixtures import deliver
from web.http.app import VarskoApp

REPORTS = st.builds(
    lambda attempt, status, code: Reported(
        attempt, state_of(status, code) or DeliveryState.SENT, "twilio", "SM1", code
    ),
    attempt=st.integers(1, 2),
    status=st.sampled_from(sorted(STATUSES)),
    code=st.sampled_from([None, "30003", "30036", "30008"]),
)
STATES = st.sampled_from(sorted(set(DeliveryState) - {DeliveryState.QUEUED}))


def row(state: DeliveryState, attempts: int = 2) -> Locked:
    return Locked(1, 1, Channel.SMS, state, attempts, 0)


def fold_all(state: DeliveryState, chunks: list[list[Reported]]) -> DeliveryState:
    """The state after applying the reports chunk by chunk."""
    for chunk in chunks:
        change = merge_reports(row(state), chunk)
        state = change.state if change is not None else state
    return state


@given(
    state=STATES,
    reports=st.lists(REPORTS, max_size=6),
    order=st.randoms(use_true_random=False),
    size=st.integers(1, 6),
)
def test_any_order_and_any_grouping_end_in_one_state(
    state: DeliveryState, reports: list[Reported], order: Random, size: int
) -> None:
    shuffled = list(reports)
    order.shuffle(shuffled)
    chunks = [shuffled[at : at + size] for at in range(0, len(shuffled), size)]
    assert fold_all(state, chunks) is fold_all(state, [reports])


@given(reports=st.lists(REPORTS, max_size=6))
def test_what_was_delivered_stays_delivered(reports: list[Reported]) -> None:
    assert fold_all(DeliveryState.DELIVERED, [reports]) is DeliveryState.DELIVERED


@given(reports=st.lists(REPORTS, min_size=1, max_size=5), order=st.randoms(use_true_random=False))
def test_the_order_within_a_chunk_makes_no_difference(
    reports: list[Reported], order: object
) -> None:
    shuffled = list(reports)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    first, second = (
        merge_reports(row(DeliveryState.SENDING), some) for some in (reports, shuffled)
    )
    assert (first and first.state) == (second and second.state)


@given(st.permutations(["queued", "sending", "sent", "delivered", "delivered", "sent"]))
def test_delivered_is_the_end_in_any_order(reports: list[str]) -> None:
    for start in (DeliveryState.SENDING, DeliveryState.SENT, DeliveryState.UNKNOWN):
        chunks = [
            [Reported(2, state_of(report, None) or DeliveryState.SENT, "twilio", "SM1", None)]
            for report in reports
        ]
        assert fold_all(start, chunks) is DeliveryState.DELIVERED


def test_an_earlier_attempt_counts_only_when_it_arrived() -> None:
    old_failure = Reported(1, DeliveryState.FAILED, "twilio", "SM1", "30003")
    old_arrival = Reported(1, DeliveryState.DELIVERED, "twilio", "SM1", None)
    assert merge_reports(row(DeliveryState.SENDING), [old_failure]) is None
    arrived = merge_reports(row(DeliveryState.QUEUED), [old_arrival])
    assert arrived is not None
    assert arrived.state is DeliveryState.DELIVERED


@pytest.fixture
def everyone(app_with_simulator: VarskoApp) -> None:
    plug_everyone(app_with_simulator)


@pytest.mark.usefixtures("everyone")
def test_shuffled_and_repeated_callbacks_end_well(
    simulator: Simulator, dispatcher: Dispatcher
) -> None:
    add_contacts(number(i) for i in range(25))
    for i in range(25):
        simulator.behave(number(i), Conduct(callbacks=CallbackPlan(shuffle=1.0, duplicate=0.5)))
    made = broadcast([SMS])

    deliver(simulator, dispatcher)

    assert states(made.id) == {DeliveryState.DELIVERED: 25}


@pytest.mark.usefixtures("everyone")
def test_a_receipt_that_is_quicker_than_our_own_record_stands(
    simulator: Simulator, dispatcher: Dispatcher
) -> None:
    """The report may be applied while the slice is still being sent."""
    (contact_id,) = add_contacts([number(1)])
    broadcast([SMS])
    dispatcher.drain()
    simulator.flush_callbacks()
    sent = delivery_to(contact_id)
    store_receipt(sent.id, 1, "twilio", DeliveryReport("SM1", "undelivered", "21610"))
    with current_database().unit_of_work() as session:
        while apply_receipts(session):
            pass
    assert delivery_to(contact_id).state is DeliveryState.DELIVERED


@pytest.mark.usefixtures("everyone")
def test_an_opt_out_reported_late_suppresses(simulator: Simulator, dispatcher: Dispatcher) -> None:
    add_contacts([number(1)])
    simulator.behave(number(1), Conduct.undelivered(21610))
    broadcast([SMS])

    deliver(simulator, dispatcher)

    with current_database().unit_of_work(writes=False) as session:
        contact = find_contact(session, Channel.SMS, number(1))
    assert contact is not None
    assert contact.suppressed_reason is SuppressionReason.PROVIDER_OPT_OUT


@pytest.mark.usefixtures("everyone")
@pytest.mark.parametrize(
    "chunks",
    [
        [[("delivered", None), ("undelivered", "21610")]],
        [[("delivered", None)], [("undelivered", "21610")]],
        [[("undelivered", "21610")], [("delivered", None)]],
        [[("undelivered", "30003")], [("undelivered", "21610")], [("delivered", None)]],
    ],
)
def test_an_opt_out_is_never_skipped(
    dispatcher: Dispatcher, chunks: list[list[tuple[str, str | None]]]
) -> None:
    (contact_id,) = add_contacts([number(1)])
    made = broadcast([SMS])
    dispatcher.drain()
    for chunk in chunks:
        for status, code in chunk:
            store_receipt(
                delivery_to(contact_id).id, 1, "twilio", DeliveryReport("SM1", status, code)
            )
        with current_database().unit_of_work() as session:
            apply_receipts(session)
    assert states(made.id) == {DeliveryState.DELIVERED: 1}
    with current_database().unit_of_work(writes=False) as session:
        contact = find_contact(session, Channel.SMS, number(1))
    assert contact is not None
    assert contact.suppressed_reason is SuppressionReason.PROVIDER_OPT_OUT
