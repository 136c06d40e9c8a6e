"""Sending a broadcast: each recipient once, in their language, the right ones first."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from sqlalchemy import Select, literal, select
from sqlalchemy.orm import Session

from database import current_database
from dispatch import (
    Audience,
    Content,
    Dispatcher,
    audience_columns,
    count_audience,
    estimate,
    on_settled,
    progress,
    received_broadcasts,
    register_audience,
    send_to_contact,
    stop_broadcast,
    suppress_contact,
)
from dispatch.broadcasts import ContentError, UnknownAudience
from dispatch.ledger.batches import next_batch_id
from dispatch.ledger.expansion import Expander, start_due
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
from dispatch.scheduling.scheduler import Scheduler
from dispatch.sending.thread_engine import EmbeddedEngine
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


class Crash(Exception):
    """Something breaks before a transaction is committed."""


def allow(_session: Session) -> None:
    """Allow the commit."""


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A first chunk of 10 and further ones of 20, or 5 on SQLite while others wait."""
    monkeypatch.setattr("dispatch.ledger.expansion.FIRST_CHUNK", 10)
    monkeypatch.setattr("dispatch.ledger.expansion.CHUNK", 20)
    monkeypatch.setattr("dispatch.ledger.expansion.CHUNK_SQLITE", 20)
    monkeypatch.setattr("dispatch.ledger.expansion.CHUNK_BESIDE", 5)


@pytest.mark.usefixtures("small_chunks")
def test_expansion_goes_on_where_it_was_interrupted(
    simulator: Simulator, dispatcher: Dispatcher
) -> None:
    def crash(_session: Session) -> None:
        raise Crash

    add_contacts(number(i) for i in range(75))
    made = broadcast([SMS])
    with current_database().unit_of_work() as session:
        start_due(session)
    first = Expander(current_database(), allow)
    assert [first.expand_next() for _ in range(2)] == [10, 20]
    first.close()
    # A crash in the middle of a chunk: nothing of it is stored.
    with pytest.raises(Crash):
        Expander(current_database(), crash).expand_next()
    assert sum(states(made.id).values()) == 30
    second = Expander(current_database(), allow)
    assert [second.expand_next() for _ in range(4)] == [20, 20, 5, None]

    deliver(simulator, dispatcher)

    assert states(made.id) == {DeliveryState.DELIVERED: 75}
    assert simulator.accepted_total == 75


@pytest.mark.usefixtures("small_chunks")
def test_an_urgent_broadcast_is_expanded_between_two_chunks_of_another(
    dispatcher: Dispatcher,
) -> None:
    add_contacts(number(i) for i in range(45))
    bulk = broadcast([SMS], priority=Priority.BULK)
    with current_database().unit_of_work() as session:
        start_due(session)
    expander = Expander(current_database(), allow)
    assert [expander.expand_next() for _ in range(2)] == [10, 20]
    urgent = broadcast([SMS], priority=Priority.URGENT)
    with current_database().unit_of_work() as session:
        start_due(session)
    assert [expander.expand_next() for _ in range(3)] == [10, 20, 15]
    with current_database().unit_of_work(writes=False) as session:
        assert progress(session, urgent.id).expanded
        assert not progress(session, bulk.id).expanded
    # The urgent one waits to be sent: it soon gets its turn as SQLite's single writer.
    chunks = [5, 5, 5] if current_database().is_sqlite else [15]
    assert [expander.expand_next() for _ in chunks] == chunks
    assert sum(states(bulk.id).values()) == 45


@pytest.mark.usefixtures("small_chunks")
def test_a_stop_between_two_chunks_ends_the_expansion(dispatcher: Dispatcher) -> None:
    add_contacts(number(i) for i in range(45))
    made = broadcast([SMS])
    with current_database().unit_of_work() as session:
        start_due(session)
    expander = Expander(current_database(), allow)
    assert [expander.expand_next() for _ in range(2)] == [10, 20]
    with current_database().unit_of_work() as session:
        stop_broadcast(session, made.id)
    assert expander.expand_next() is None
    dispatcher.drain()
    assert states(made.id) == {DeliveryState.CANCELLED: 30}


@pytest.mark.usefixtures("small_chunks")
def test_what_is_stopped_while_others_go_first_is_put_away(app_with_simulator: VarskoApp) -> None:
    add_contacts(number(i) for i in range(45))
    bulk = broadcast([SMS], priority=Priority.BULK)
    broadcast([SMS], priority=Priority.URGENT)
    scheduler = Scheduler(app_with_simulator, EmbeddedEngine(app_with_simulator))
    expand_bulk = partial(scheduler.expand, Priority.BULK)
    # An urgent one waits: one chunk is written each time, the second from a snapshot.
    assert [scheduler.take(expand_bulk) for _ in range(2)] == [2, 1]
    with current_database().unit_of_work() as session:
        stop_broadcast(session, bulk.id)
    scheduler.take(partial(scheduler.expand, Priority.URGENT))
    assert scheduler.find_expansions() == {Priority.BULK}
    scheduler.take(expand_bulk)
    assert scheduler.find_expansions() == set()
    scheduler.release()


@pytest.mark.usefixtures("small_chunks")
def test_a_rule_that_finds_somebody_twice_sends_them_one_message(
    app_with_simulator: VarskoApp, simulator: Simulator, dispatcher: Dispatcher
) -> None:
    def twice(_session: Session, _params: dict[str, Any]) -> Select[Any]:
        everybody = select(*audience_columns(Contact.id, literal("da")))
        return everybody.union_all(everybody).subquery().select()

    register_audience(app_with_simulator, "twice", twice)
    add_contacts(number(i) for i in range(25))
    made = broadcast([SMS], audience=Audience("twice", {}))

    deliver(simulator, dispatcher)

    assert states(made.id) == {DeliveryState.DELIVERED: 25}
    assert simulator.accepted_total == 25


@pytest.mark.usefixtures("small_chunks")
def test_a_follow_up_begins_with_those_whom_the_alert_reached_first(
    simulator: Simulator, dispatcher: Dispatcher
) -> None:
    contacts = add_contacts(number(i) for i in range(45))
    first = contacts[30:35]
    alert = broadcast([SMS], audience=Audience("everyone", {"nearest": first}))
    deliver(simulator, dispatcher)
    follow_up = broadcast([SMS], audience=Audience("recipients", {"broadcast_ids": [alert.id]}))
    with current_database().unit_of_work() as session:
        start_due(session)

    assert Expander(current_database(), allow).expand_next() == 10

    with current_database().unit_of_work(writes=False) as session:
        written = session.scalars(
            select(Delivery.contact_id)
            .where(Delivery.broadcast_id == follow_up.id)
            .order_by(Delivery.id)
        ).all()
    assert list(written[:5]) == first


@pytest.mark.usefixtures("small_chunks")
def test_the_first_batch_is_offered_before_the_rest_is_written(dispatcher: Dispatcher) -> None:
    add_contacts(number(i) for i in range(45))
    made = broadcast([SMS])
    with current_database().unit_of_work() as session:
        start_due(session)
    assert Expander(current_database(), allow).expand_next() == 10
    with current_database().unit_of_work(writes=False) as session:
        assert next_batch_id(session, Channel.SMS) is not None
        assert not progress(session, made.id).expanded


def test_what_it_takes_is_told_before(app_with_simulator: VarskoApp) -> None:
    add_contacts([*(number(i) for i in range(7)), mailbox(1)])
    with current_database().unit_of_work(writes=False) as session:
        size = count_audience(session, Audience("everyone", {}))
        told = estimate(size.counts, BOTH)
    assert (told.recipients, told.segments) == (8, 7)
    assert told.seconds == pytest.approx(7 / 100_000)


def test_a_content_that_cannot_be_sent_is_refused(app_with_simulator: VarskoApp) -> None:
    for content in (
        Content(Channel.SMS, "da", "  "),
        Content(Channel.SMS, "da", "a" * 1601),
        Content(Channel.EMAIL, "da", "Tekst"),
    ):
        with pytest.raises(ContentError):
            broadcast([content])
    with pytest.raises(UnknownAudience):
        broadcast([SMS], audience=Audience("nobody knows", {}))
