"""A small crash drill: dispatchers are killed while they send, and no recipient is lost.

``python -m benchmarks.crash_drill`` is the full one, which kills the servers too.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine

from benchmarks.crash_drill import people
from benchmarks.crash_drill.killing import Killing, scheduler_among, worker_among
from benchmarks.crash_drill.options import Kind, Options
from benchmarks.crash_drill.processes import Process, wait_until
from benchmarks.crash_drill.reckoning import Accepted, reckon
from benchmarks.crash_drill.service import dispatcher as dispatcher_process
from benchmarks.crash_drill.watching import look
from config import current_config
from database import current_database, utcnow
from dispatch import Dispatcher
from dispatch.models import Channel, DeliveryState, Lease
from dispatch.scheduling.scheduler_lease import SCHEDULER, release_lease
from dispatch.sending.send_batch import send_next
from simulator import ANYONE, Behaviour, CallbackPlan, Simulator
from tests.dispatch.factories import states
from tests.dispatch.fixtures import deliver
from tests.settings import ENVIRONMENT
from web.http.app import VarskoApp

PEOPLE, BROADCASTS = 50, 6
OPTIONS = Options(kills=1, pauses=(0.2, 1.0), longer=0.0, restarts=(600.0, 600.0))
CREW = 3


class Crew:
    """Dispatchers in processes of their own, and what kills them."""

    def __init__(self, settings: dict[str, str], folder: Path, broadcasts: list[int]) -> None:
        named = {f"VARSKO_{name.upper()}": value for name, value in settings.items()}
        environment = {
            **ENVIRONMENT,
            **named,
            "PATH": os.environ["PATH"],
            "VARSKO_LOG_LEVEL": "info",
        }
        self.processes = [
            dispatcher_process(f"dispatcher{index}", environment, folder) for index in range(CREW)
        ]
        self.broadcasts = broadcasts
        self.killing = Killing(OPTIONS, {Kind.SCHEDULER: self.scheduler, Kind.WORKER: self.worker})

    def scheduler(self) -> Process | None:
        """The process that is the scheduler; the lease of a dead one is ended at once."""
        pid = self._scheduler_pid()
        if pid is not None and all(process.pid != pid for process in self.processes):
            with current_database().unit_of_work() as session:
                release_lease(session, SCHEDULER, session.get_one(Lease, SCHEDULER).owner)
        return scheduler_among(self.processes, pid)

    def worker(self) -> Process | None:
        """A process that is not the scheduler, and only sends."""
        return worker_among(self.processes, self._scheduler_pid())

    def work_and_die(self) -> bool:
        """Take a step; returns whether all have been killed often enough."""
        self.killing.step()
        return self.killing.is_done

    def _scheduler_pid(self) -> int | None:
        sight = look(current_database(), self.broadcasts)
        assert sight is not None
        return sight.scheduler_pid


@pytest.fixture
def broadcasts(app_with_simulator: VarskoApp) -> list[int]:
    """Several broadcasts to the same people, each in a batch of its own."""
    with current_database().unit_of_work() as session:
        audience = people.settle_in(session, PEOPLE)
    with current_database().unit_of_work() as session:
        return [people.begin(session, audience, turn) for turn in range(BROADCASTS)]


@pytest.fixture
def crew(broadcasts: list[int], simulator: Simulator, tmp_path: Path) -> Iterator[Crew]:
    """The dispatchers of the app's own database and simulator, running."""
    config = current_config()
    settings = {
        "public_url": config.public_url,
        "database_url": config.database_url,
        "twilio_api_url": simulator.api_url,
        "sms_segments_per_second": "25",
        # A slice is in flight for most of each second.
        "sms_in_flight": "3",
        "sms_timeout_seconds": "3",
        "engine_threads": "2",
    }
    crew = Crew(settings, tmp_path, broadcasts)
    with ExitStack() as stack:
        for process in crew.processes:
            stack.callback(process.kill)
            process.start()
        yield crew


def test_dispatchers_that_are_killed_lose_nobody_and_repeat_nothing(
    crew: Crew, simulator: Simulator, dispatcher: Dispatcher
) -> None:
    unreliable = CallbackPlan(drop=0.7)
    simulator.behave(ANYONE, Behaviour(latency=0.1, callbacks=unreliable))

    wait_until(crew.work_and_die, "the last kill")
    wait_until(lambda: crew.scheduler() is not None, "the survivor's turn as scheduler")
    for process in crew.processes:
        process.kill()
    assert sum(map(len, crew.killing.kills.values())) == 2 * OPTIONS.kills
    with time_machine.travel(utcnow() + timedelta(minutes=5), tick=True):
        deliver(simulator, dispatcher)

    accepted = [
        Accepted.reported_to(message.to, message.created, message.status_callback)
        for message in simulator.accepted
    ]
    with current_database().unit_of_work(writes=False) as session:
        found = reckon(session, crew.broadcasts, PEOPLE, accepted)
    assert (found.lost, found.repeated) == (0, 0)
    assert found.is_right
    sight = look(current_database(), crew.broadcasts)
    assert sight is not None
    assert (sight.waiting, sight.handed_over, sight.unsettled) == (0, PEOPLE * BROADCASTS, 0)


def test_the_reckoning_is_of_one_moment(simulator: Simulator, dispatcher: Dispatcher) -> None:
    with current_database().unit_of_work() as session:
        audience = people.settle_in(session, PEOPLE)
    with current_database().unit_of_work() as session:
        made = people.begin(session, audience)
    while states(made) != {DeliveryState.QUEUED: PEOPLE}:
        dispatcher.tick()
    while states(made) != {DeliveryState.SENT: PEOPLE}:
        dispatcher.tick()
        send_next(Channel.SMS, "test")
    simulator.flush_callbacks()

    def meanwhile() -> Iterator[Accepted]:
        # The delivery reports have come, and are applied during the comparison.
        assert dispatcher.tick() > 0
        for message in simulator.accepted:
            yield Accepted.reported_to(message.to, message.created, message.status_callback)

    with current_database().unit_of_work(writes=False) as session:
        found = reckon(session, [made], PEOPLE, meanwhile())
    assert found.is_right
    assert found.states == {"sent": PEOPLE}
