"""Filling the ledger in chunks: interrupted, overtaken, stopped, in the right order."""

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
    progress,
    register_audience,
    stop_broadcast,
)
from dispatch.broadcasts import ContentError, UnknownAudience
from dispatch.ledger.batches import next_batch_id
from dispatch.ledger.expansion import Expander, start_due
from dispatch.models import Channel, Contact, Delivery, DeliveryState, Priority
from dispatch.scheduling.scheduler import Scheduler
from dispatch.sending.thread_engine import EmbeddedEngine
from simulator import Simulator
from tests.dispatch.factories import (
    BOTH,
    SMS,
    add_contacts,
    broadcast,
    mailbox,
    number,
    plug_everyone,
    states,
)
from tests.dispatch.fixtures import deliver
from web.http.app import VarskoApp


@pytest.fixture(autouse=True)
def everyone(app_with_simulator: VarskoApp) -> None:
    plug_everyone(app_with_simulator)


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
