"""A stop in the middle of a hundred thousand: what is still sent after it is acknowledged."""

from __future__ import annotations

import time
from collections.abc import Iterator

from benchmarks import broadcasts
from benchmarks.databases import Kind
from benchmarks.harness import Bench, Figure, Row, Target, Unmeasurable
from benchmarks.population import Population
from benchmarks.sending import everyone, staged, wait_for
from benchmarks.sinks import Recorder
from config import EngineKind, current_config
from database import current_database
from dispatch import stop_broadcast
from dispatch.models import Channel, DeliveryState
from dispatch.sender_routes import routes_of
from dispatch.sending.send_batch import slice_size

SHARE = 0.3
"""The share that has been sent when it is stopped."""


def measure(bench: Bench) -> Iterator[Figure]:
    """At full speed. Each worker may finish one slice; nothing more may be sent."""
    people = Population(phones=bench.scaled(100_000, at_least=2_000))
    with (
        Recorder() as provider,
        staged(bench, people, twilio_api_url=provider.url) as stage,
        stage.app() as app,
    ):
        broadcast_id = broadcasts.publish(everyone(), broadcasts.SMS)
        broadcasts.fill(app, broadcast_id)
        workers = sms_workers(bench)
        bound = slice_size(routes_of(current_config(), Channel.SMS)[0], 1) * workers
        with stage.dispatching():
            wait_for(provider.plain, round(people.total * SHARE))
            with current_database().unit_of_work() as session:
                stop_broadcast(session, broadcast_id)
            stopped = time.perf_counter()
            _wait_until_closed(broadcast_id)
        left = sum(arrived > stopped for arrived in provider.plain)
        states = broadcasts.look(broadcast_id).by_state
    sent = states[DeliveryState.SENT]
    if sent != len(provider.plain):
        raise Unmeasurable(f"the ledger says {sent} were sent, and {len(provider.plain)} came")
    yield Figure(
        f"SMS of {people.total:,} that leave after the stop", "", left, None,
        Target(at_most=bound),
        {"sent": sent, "cancelled": states[DeliveryState.CANCELLED],
         "slice": bound // workers, "workers": workers},
    )  # fmt: skip


def sms_workers(bench: Bench) -> int:
    """How many slices of SMS can be in flight at once in :func:`dispatch_commands`'s processes."""
    if bench.engine is EngineKind.CELERY or bench.database is Kind.SQLITE:
        return 1
    return (current_config().engine_threads + 1) // 2


def _wait_until_closed(broadcast_id: int) -> None:
    """Wait until every message is accounted for."""
    until = time.monotonic() + broadcasts.PATIENCE_SECONDS
    waiting = (DeliveryState.QUEUED, DeliveryState.SENDING)
    while any(broadcasts.look(broadcast_id).by_state[state] for state in waiting):
        if time.monotonic() > until:
            raise Unmeasurable(f"not closed: {broadcasts.look(broadcast_id).by_state}")
        time.sleep(broadcasts.LOOK_SECONDS)


ROW = Row("stop", "Stop in the middle", measure, engines=tuple(EngineKind))
