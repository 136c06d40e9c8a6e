"""The rate and estimated finish of a broadcast, from its tallies alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, update

from database import current_database
from dispatch import Dispatcher, PauseReason, pause_broadcast, resume_broadcast, stop_broadcast
from dispatch.ledger.counts import Counts
from dispatch.ledger.locking import BroadcastNotFound
from dispatch.ledger.progress import ChannelProgress, progress, progress_of
from dispatch.ledger.rates import Sample, Samples
from dispatch.models import Channel, DeliveryState, Priority, Tally
from tests.dispatch.factories import MAIL, SMS, add_contacts, broadcast, number, plug_everyone
from tests.dispatch.fixtures import MakeApp
from web.http.app import VarskoApp

START = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)
RATE = 10.0


@pytest.fixture
def app(make_app: MakeApp) -> Any:
    """A service that may send ten segments a second, and a hundred contacts."""
    app = make_app(sms_segments_per_second=RATE)
    plug_everyone(app)
    with app.app_context():
        add_contacts(number(i) for i in range(100))
        yield app


def sms_of(broadcast_id: int) -> ChannelProgress:
    """The progress on the SMS channel."""
    with current_database().unit_of_work(writes=False) as session:
        now = progress(session, broadcast_id)
    return next(channel for channel in now.channels if channel.channel is Channel.SMS)


def move(broadcast_id: int, messages: int) -> None:
    """Count so many messages as sent, as writes to the ledger do."""
    with current_database().unit_of_work() as session:
        session.execute(
            update(Tally)
            .where(Tally.broadcast_id == broadcast_id, Tally.channel == Channel.SMS)
            .values(
                queued=Tally.queued - messages,
                sent=Tally.sent + messages,
                segments=Tally.segments + messages,
            )
        )


def test_a_rate_is_seen_from_two_looks_and_makes_the_finish(app: VarskoApp) -> None:
    with time_machine.travel(START, tick=False) as clock:
        made = broadcast([SMS])
        Dispatcher(app).tick()
        first = sms_of(made.id)
        # No sample yet: the agreed rate is all there is to go by.
        assert (first.rate, first.seconds_left) == (None, 10.0)
        for _ in range(5):
            clock.shift(timedelta(seconds=2))
            move(made.id, 10)
            now = sms_of(made.id)
        assert now.rate is not None
        assert (now.rate.messages, now.rate.segments, now.rate.seconds) == (5.0, 5.0, 10.0)
        assert now.seconds_left == 10.0


def test_a_pause_is_promised_nothing_and_does_not_count_as_slow(app: VarskoApp) -> None:
    with time_machine.travel(START, tick=False) as clock:
        made = broadcast([SMS])
        Dispatcher(app).tick()
        sms_of(made.id)
        clock.shift(timedelta(seconds=10))
        move(made.id, 40)
        with current_database().unit_of_work() as session:
            pause_broadcast(session, made.id, PauseReason.staff(None))
        held = sms_of(made.id)
        assert (held.rate, held.seconds_left) == (None, None)
        clock.shift(timedelta(hours=1))
        sms_of(made.id)
        with current_database().unit_of_work() as session:
            resume_broadcast(session, made.id)
        clock.shift(timedelta(seconds=4))
        move(made.id, 20)
        again = sms_of(made.id)
        assert again.rate is not None
        assert (again.rate.messages, again.seconds_left) == (5.0, 8.0)


def test_where_others_go_first_nothing_is_promised(app: VarskoApp) -> None:
    bulk = broadcast([SMS], priority=Priority.BULK)
    Dispatcher(app).tick()
    assert sms_of(bulk.id).seconds_left is not None
    urgent = broadcast([SMS], priority=Priority.URGENT)
    Dispatcher(app).tick()
    assert (sms_of(bulk.id).is_overtaken, sms_of(bulk.id).seconds_left) == (True, None)
    assert sms_of(urgent.id).seconds_left == 10.0
    with current_database().unit_of_work() as session:
        stop_broadcast(session, urgent.id)
    assert not sms_of(bulk.id).is_overtaken
    second = broadcast([SMS], priority=Priority.BULK)
    Dispatcher(app).tick()
    assert sms_of(second.id).is_overtaken


def test_what_stands_still_is_promised_nothing_and_called_stalled(app: VarskoApp) -> None:
    with time_machine.travel(START, tick=False) as clock:
        made = broadcast([SMS])
        Dispatcher(app).tick()
        seen = []
        for _ in range(4):
            clock.shift(timedelta(seconds=8))
            now = sms_of(made.id)
            seen.append((now.is_stalled, now.seconds_left is not None))
        assert seen == [(False, True), (False, True), (False, False), (True, False)]


def test_recipients_that_the_ledger_lacks_yet_are_counted(app: VarskoApp) -> None:
    made = broadcast([SMS, MAIL])
    with current_database().unit_of_work() as session:
        begun = progress(session, made.id, {Channel.SMS: 100, Channel.EMAIL: 7})
        assert (begun.total, begun.counts.waiting, begun.expanded) == (107, 107, False)
        stop_broadcast(session, made.id)
        stopped = progress(session, made.id, {Channel.SMS: 100, Channel.EMAIL: 7})
    assert (stopped.counts.waiting, stopped.counts.not_sent) == (0, 107)
    assert stopped.seconds_left is None


def test_several_broadcasts_cost_one_query(app: VarskoApp) -> None:
    ids = [broadcast([SMS]).id, broadcast([SMS]).id]
    Dispatcher(app).tick()
    statements: list[str] = []
    with current_database().unit_of_work(writes=False) as session:
        event.listen(
            session.get_bind(), "before_cursor_execute",
            lambda *arguments: statements.append(arguments[2]),
        )  # fmt: skip
        found = progress_of(session, {each: {} for each in [*ids, 999_999]})
        assert set(found) == set(ids)
        (query,) = (each for each in statements if each.startswith("SELECT"))
        assert "FROM delivery" not in query
        with pytest.raises(BroadcastNotFound):
            progress(session, 999_999)


@given(
    st.fixed_dictionaries({state: st.integers(0, 1_000_000) for state in DeliveryState}),
    st.integers(0, 1_000_000),
    st.booleans(),
)
def test_every_message_is_counted_once(
    by_state: dict[DeliveryState, int], unwritten: int, is_stopped: bool
) -> None:
    counts = Counts(by_state, unwritten, is_stopped)
    parts = (
        counts.waiting, counts.on_the_way, counts.accepted, counts.delivered, counts.failed,
        counts.not_sent,
    )  # fmt: skip
    assert sum(parts) == counts.total
    assert 0 <= counts.done <= counts.total
    assert not (is_stopped and counts.waiting)


def at(seconds: float, messages: int) -> Sample:
    """A sample of so many messages of one segment."""
    return Sample(START + timedelta(seconds=seconds), messages, messages)


def test_a_rate_forgets_what_was_long_ago() -> None:
    samples = Samples()
    for second in range(0, 61, 2):
        samples.rate("x", at(second, second * 100), began=START, flows=True)
    rate = samples.rate("x", at(62, 6000), began=START, flows=True)
    assert rate is not None
    assert (round(rate.messages), rate.seconds) == (93, 30.0)
    assert samples.rate("x", at(4000, 6000), began=START, flows=True) is None


def test_what_is_taken_back_and_a_clock_set_back_make_no_rate_below_nothing() -> None:
    samples = Samples()
    samples.rate("x", at(0, 50), began=None, flows=True)
    rate = samples.rate("x", at(5, 40), began=None, flows=True)
    assert rate is not None
    assert rate.messages == 0
    assert samples.rate("x", at(-60, 50), began=None, flows=True) is None
