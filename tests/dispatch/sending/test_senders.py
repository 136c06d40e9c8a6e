"""Several senders share the load; if one fails, the others take its traffic until it recovers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from database import current_database, utcnow
from dispatch import Dispatcher, Progress, progress, resume_broadcast
from dispatch.models import Broadcast, BroadcastStatus, Channel, Delivery, DeliveryState, Sender
from dispatch.pause_reasons import PauseKind, PauseReason
from dispatch.sender_routes import Route
from dispatch.sending.senders import FAILURES, REST_SECONDS, Turn, take_turn
from simulator import Behaviour, CallbackPlan, DeliveryResult, Match, Simulator, Status
from tests.dispatch.factories import SMS, add_contacts, broadcast, number, plug_everyone, states
from tests.dispatch.fixtures import MakeApp, deliver
from tests.settings import GATEWAYAPI_NUMBER, SECOND_NUMBER, SMS_NUMBER
from web.http.app import VarskoApp

TWILIO = f"twilio:{SMS_NUMBER}"
SECOND = f"twilio:{SECOND_NUMBER}"
GATEWAY = f"gatewayapi:{GATEWAYAPI_NUMBER}"
BY_TWILIO, BY_GATEWAY = Match(sender=SMS_NUMBER), Match(sender=GATEWAYAPI_NUMBER)
SLICE = 20
"""Messages in a slice here: what a sender's rate allows in a second."""
PEOPLE = 3 * SLICE
EVERYBODY_ONCE = {number(i): 1 for i in range(PEOPLE)}
BOTH = [f"{TWILIO}@{SLICE}", f"{GATEWAY}@{SLICE}"]
NOWHERE = "http://127.0.0.1:9"
WAITING = {DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.UNKNOWN}


class House:
    """The service with given senders, and a clock that the test moves."""

    def __init__(self, make_app: MakeApp, simulator: Simulator, senders: str, url: str) -> None:
        settings = {"twilio_api_url": url} if url else {}
        self.app: VarskoApp = make_app(sms_senders=senders, **settings)
        self.simulator = simulator
        self.dispatcher = Dispatcher(self.app)
        self.passed = timedelta()
        plug_everyone(self.app)

    def send(self, reference: str = "test:1") -> Broadcast:
        """Start a broadcast to everybody, and send what can be sent at once."""
        made = broadcast([SMS], reference=reference)
        self.later(0)
        return made

    def resume(self, made: Broadcast) -> None:
        """Resume a broadcast, as staff would, and let the dispatcher continue."""
        with current_database().unit_of_work() as session:
            resume_broadcast(session, made.id)
        self.later(0)

    def later(self, seconds: float) -> None:
        """Move the time forward, and let the dispatcher continue."""
        self.passed += timedelta(seconds=seconds)
        with time_machine.travel(utcnow() + self.passed):
            deliver(self.simulator, self.dispatcher)

    def until_nothing_waits(self, made: Broadcast) -> None:
        """Move the time until everything is sent, but for less than a sender rests."""
        for _ in range(int(REST_SECONDS / 20) - 1):
            if not WAITING & states(made.id).keys():
                return
            self.later(20)
        raise AssertionError("something still waits")

    def senders(self) -> dict[str, Sender]:
        """The rows of the senders, by name."""
        with current_database().unit_of_work(writes=False) as session:
            return {sender.name: sender for sender in session.scalars(select(Sender))}

    def progress(self, made: Broadcast) -> Progress:
        """How far a broadcast is."""
        with current_database().unit_of_work(writes=False) as session:
            return progress(session, made.id)

    def got_it(self) -> Counter[str]:
        """How many messages each phone was sent."""
        return Counter(message.to for message in self.simulator.accepted)

    def left_by(self) -> Counter[str]:
        """How many messages were sent from each sender."""
        return Counter(f"{m.provider}:{m.from_}" for m in self.simulator.accepted)


@pytest.fixture
def build(make_app: MakeApp, simulator: Simulator) -> Iterator[Build]:
    """Builds a service with these senders, inside an app context."""
    with ExitStack() as stack:

        def house(*senders: str, people: int = PEOPLE, twilio_url: str = "") -> House:
            made = House(make_app, simulator, ",".join(senders), twilio_url)
            stack.enter_context(made.app.app_context())
            add_contacts(number(i) for i in range(people))
            return made

        yield house


Build = Callable[..., House]


# --- Sharing -----------------------------------------------------------------------------


def test_two_numbers_share_a_broadcast_in_proportion_to_their_rates(build: Build) -> None:
    house = build(f"{TWILIO}@20", f"{SECOND}@60", people=160)
    made = house.send()
    assert house.left_by() == {TWILIO: 40, SECOND: 120}
    assert states(made.id) == {DeliveryState.DELIVERED: 160}


@pytest.mark.parametrize("seconds", [0.0, 1.1, 60.0])
def test_senders_share_in_proportion_however_long_a_slice_takes(
    app: VarskoApp, seconds: float
) -> None:
    routes = [
        Route(Channel.SMS, "twilio", "1", 20.0),
        Route(Channel.SMS, "twilio", "2", 60.0),
        Route(Channel.SMS, "gatewayapi", "1", 10.0),
    ]
    units: Counter[str] = Counter()
    with time_machine.travel(utcnow(), tick=False) as clock:
        for _turn in range(30):
            while not (turn := a_turn(routes)).is_reserved:
                clock.shift(turn.wait)
            units[turn.route.name] += int(turn.units)
            clock.shift(turn.wait + seconds)
    assert units == {route.name: 10 * route.rate for route in routes}


def a_turn(routes: list[Route]) -> Turn:
    """The turn that a worker takes for what a sender may send in a second."""
    with current_database().unit_of_work() as session:
        return take_turn(session, routes, lambda route: route.rate)


def test_two_providers_share_a_broadcast(build: Build) -> None:
    house = build(f"{TWILIO}@10", f"{GATEWAY}@10", people=40)
    made = house.send()
    assert house.left_by() == {TWILIO: 20, GATEWAY: 20}
    assert states(made.id) == {DeliveryState.DELIVERED: 40}
    with current_database().unit_of_work(writes=False) as session:
        providers = Counter(session.scalars(select(Delivery.provider)))
    assert providers == {"twilio": 20, "gatewayapi": 20}


# --- Failing over ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("behaviour", "twilio_url", "reason"),
    [
        (Behaviour.refuse(20003), "", PauseReason.configuration("twilio", "20003")),
        (None, NOWHERE, PauseReason.unavailable("twilio", "no_connection")),
        (Behaviour.http_error(500), "", PauseReason.unanswered("twilio", "20500")),
        (Behaviour.too_many_requests(1), "", PauseReason.unavailable("twilio", "20429")),
    ],
    ids=["credentials refused", "no connection", "all 5xx", "all 429"],
)
def test_the_traffic_of_a_sender_that_fails_goes_to_the_next(
    build: Build,
    simulator: Simulator,
    behaviour: Behaviour | None,
    twilio_url: str,
    reason: PauseReason,
) -> None:
    house = build(*BOTH, twilio_url=twilio_url)
    if behaviour is not None:
        simulator.behave(BY_TWILIO, behaviour)
    made = house.send()
    house.until_nothing_waits(made)

    assert house.left_by() == {GATEWAY: PEOPLE}
    assert house.got_it() == EVERYBODY_ONCE
    assert states(made.id) == {DeliveryState.DELIVERED: PEOPLE}
    failed, well = house.senders()[TWILIO], house.senders()[GATEWAY]
    assert failed.reason == reason
    # The others may have sent everything before it has failed often enough to rest.
    enough = 1 if reason.kind is PauseKind.CONFIGURATION else FAILURES
    assert 1 <= failed.failures <= enough
    assert (failed.rests_until is not None) == (failed.failures == enough)
    assert (well.failures, well.rests_until, well.reason) == (0, None, None)
    assert house.progress(made).status is BroadcastStatus.SETTLED


def test_one_slice_that_fails_is_no_reason_to_rest(build: Build, simulator: Simulator) -> None:
    house = build(*BOTH)
    simulator.behave(BY_TWILIO, Behaviour.http_error(500), times=SLICE)
    made = house.send()
    house.until_nothing_waits(made)
    assert house.got_it() == EVERYBODY_ONCE
    assert house.left_by()[TWILIO] > 0
    sender = house.senders()[TWILIO]
    assert (sender.failures, sender.rests_until, sender.reason) == (0, None, None)


def test_a_few_refused_recipients_are_no_reason_to_rest(build: Build, simulator: Simulator) -> None:
    house = build(BOTH[0])
    for i in range(0, PEOPLE, 10):
        simulator.behave(number(i), Behaviour.refuse(21614))
    made = house.send()
    assert states(made.id) == {DeliveryState.DELIVERED: PEOPLE - 6, DeliveryState.FAILED: 6}
    assert house.senders()[TWILIO].failures == 0


def test_a_sender_comes_back_after_its_rest(build: Build, simulator: Simulator) -> None:
    house = build(*BOTH)
    simulator.behave(BY_TWILIO, Behaviour.refuse(20003))
    house.until_nothing_waits(house.send())
    simulator.reset()

    house.send("test:2")
    assert house.left_by() == {GATEWAY: PEOPLE}
    simulator.reset()
    house.passed += timedelta(seconds=REST_SECONDS)
    house.send("test:3")

    assert house.left_by()[TWILIO] > 0
    assert house.got_it() == EVERYBODY_ONCE
    sender = house.senders()[TWILIO]
    assert (sender.failures, sender.rests_until, sender.reason) == (0, None, None)


def test_a_sender_that_fails_again_after_its_rest_rests_again(
    build: Build, simulator: Simulator
) -> None:
    house = build(*BOTH)
    simulator.behave(BY_TWILIO, Behaviour.http_error(500))
    house.until_nothing_waits(house.send())
    before = house.senders()[TWILIO]
    assert before.failures == FAILURES

    house.passed += timedelta(seconds=REST_SECONDS)
    made = house.send("test:2")

    # One slice was enough this time.
    rest = PEOPLE - SLICE
    assert states(made.id) == {DeliveryState.UNKNOWN: SLICE, DeliveryState.DELIVERED: rest}
    after = house.senders()[TWILIO]
    assert after.failures == FAILURES + 1
    assert after.rests_until is not None
    assert before.rests_until is not None
    assert after.rests_until > before.rests_until


def test_the_only_sender_whose_credentials_are_refused_pauses_the_broadcast(
    build: Build, simulator: Simulator
) -> None:
    house = build(BOTH[0], people=20)
    simulator.behave(BY_TWILIO, Behaviour.refuse(20003))
    made = house.send()

    now = house.progress(made)
    assert (now.status, now.reason) == (
        BroadcastStatus.PAUSED,
        PauseReason.configuration("twilio", "20003"),
    )
    assert states(made.id) == {DeliveryState.QUEUED: 20}
    sender = house.senders()[TWILIO]
    assert (sender.rests_until, sender.reason) == (
        None,
        PauseReason.configuration("twilio", "20003"),
    )

    simulator.reset()
    house.resume(made)
    house.until_nothing_waits(made)
    assert states(made.id) == {DeliveryState.DELIVERED: 20}


def test_the_only_sender_that_cannot_be_reached_lets_the_broadcast_wait(build: Build) -> None:
    house = build(BOTH[0], people=20, twilio_url=NOWHERE)
    made = house.send()
    for _ in range(4):
        house.later(60)
    assert states(made.id) == {DeliveryState.QUEUED: 20}
    assert house.progress(made).status is BroadcastStatus.SENDING
    sender = house.senders()[TWILIO]
    assert (sender.rests_until, sender.reason) == (
        None,
        PauseReason.unavailable("twilio", "no_connection"),
    )


def test_a_broadcast_that_all_senders_refuse_pauses_and_says_why(
    build: Build, simulator: Simulator
) -> None:
    house = build(*BOTH)
    simulator.behave(BY_TWILIO, Behaviour.refuse(20003))
    simulator.behave(BY_GATEWAY, Behaviour.refuse(0x0216))
    made = house.send()

    now = house.progress(made)
    assert (now.status, now.reason) == (
        BroadcastStatus.PAUSED,
        PauseReason.configuration("gatewayapi", "0x0216"),
    )
    assert states(made.id) == {DeliveryState.QUEUED: PEOPLE}
    reasons = {name: sender.reason for name, sender in house.senders().items()}
    assert reasons == {
        TWILIO: PauseReason.configuration("twilio", "20003"),
        GATEWAY: PauseReason.configuration("gatewayapi", "0x0216"),
    }

    simulator.reset()
    house.resume(made)
    house.until_nothing_waits(made)
    assert house.got_it() == EVERYBODY_ONCE


def test_who_was_asked_to_send_is_asked_what_became_of_it(
    build: Build, simulator: Simulator
) -> None:
    house = build(*BOTH)
    took_it = Behaviour(
        http_status=500,
        callbacks=CallbackPlan(enabled=False),
        result=DeliveryResult(Status.DELIVERED),
    )
    simulator.behave(BY_TWILIO, Behaviour.refuse(20003))
    simulator.behave(BY_TWILIO, took_it, times=SLICE)
    first = house.send()
    assert states(first.id)[DeliveryState.UNKNOWN] == SLICE
    second = house.send("test:2")
    assert house.senders()[TWILIO].rests_until is not None

    house.later(45)

    # Twilio had it, so it is not sent again, although GatewayAPI is sending now.
    assert states(first.id) == states(second.id) == {DeliveryState.DELIVERED: PEOPLE}
    assert house.left_by() == {TWILIO: SLICE, GATEWAY: 2 * PEOPLE - SLICE}
    assert set(house.got_it().values()) == {2}


def test_what_the_second_provider_left_unanswered_is_not_sent_by_the_first(
    build: Build, simulator: Simulator
) -> None:
    house = build(*reversed(BOTH), people=20)
    simulator.behave(BY_GATEWAY, Behaviour.reset(accepted=False), times=20)
    made = house.send()
    assert states(made.id) == {DeliveryState.UNKNOWN: 20}

    house.later(45 * 60)

    assert states(made.id) == {DeliveryState.FAILED: 20}
    assert house.got_it() == {}
