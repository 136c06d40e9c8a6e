"""Varsko's own processes, sending from a ledger filled before they start."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from benchmarks import broadcasts
from benchmarks.broker import broker_for
from benchmarks.harness import Bench, Unmeasurable
from benchmarks.population import Population, everyone_near_first
from benchmarks.service import (
    Settings,
    dispatch_commands,
    engine_settings,
    opened_app,
    running,
    settings,
)
from benchmarks.sinks import Recorder
from database import current_database
from dispatch import Audience, Content, send_to_contact
from dispatch.models import Channel, Contact
from web.http.app import VarskoApp


@dataclass(frozen=True)
class Stage:
    """A populated database, the settings of the processes on it, and their log."""

    bench: Bench
    given: Settings
    log: Path

    @contextmanager
    def dispatching(self, workers: int = 1) -> Iterator[None]:
        """Run the dispatcher's processes; ``workers`` of them send SMS."""
        with ExitStack() as stack:
            for command in dispatch_commands(self.bench.engine, workers):
                stack.enter_context(running(command, self.given, self.log))
            yield

    @contextmanager
    def app(self) -> Iterator[VarskoApp]:
        """Varsko in this process, inside an app context, to read and control broadcasts."""
        with opened_app(self.given) as app:
            yield app


@contextmanager
def staged(bench: Bench, people: Population, **changes: Any) -> Iterator[Stage]:
    """A copy of the population's database with the row's engine; ``changes`` are settings."""
    with (
        bench.databases.copy(bench.database, people, people.build) as url,
        broker_for(bench) as broker_url,
    ):
        given = settings(url, **{**engine_settings(bench, broker_url), **changes})
        yield Stage(bench, given, bench.folder / "dispatch.log")


def everyone() -> Audience:
    """All subscribers, nearest first (needs an app context)."""
    with current_database().unit_of_work(writes=False) as session:
        return everyone_near_first(session)


def warm_up(provider: Recorder) -> None:
    """Warm everything up: send one message to one contact, which must arrive."""
    with current_database().unit_of_work() as session:
        contact = session.scalars(
            select(Contact).where(Contact.channel == Channel.SMS).limit(1)
        ).one()
        send_to_contact(session, contact, broadcasts.SMS, "benchmark:warm-up")
    wait_for(provider.plain, 1)


def wait_for(arrivals: Sequence[float], number: int) -> None:
    """Wait until this many messages have arrived."""
    until = time.monotonic() + broadcasts.PATIENCE_SECONDS
    while len(arrivals) < number:
        if time.monotonic() > until:
            raise Unmeasurable(f"{len(arrivals)} messages of {number} came")
        time.sleep(broadcasts.LOOK_SECONDS)


def send_all(
    bench: Bench, people: Population, content: Content, *, workers: int = 1, **changes: Any
) -> broadcasts.Sent:
    """Fill a ledger with all subscribers, then let the processes send it."""
    with staged(bench, people, **changes) as stage, stage.app() as app:
        broadcast_id = broadcasts.publish(everyone(), content)
        total = broadcasts.fill(app, broadcast_id)
        with stage.dispatching(workers):
            return broadcasts.watch(broadcast_id, total, stage.log)
