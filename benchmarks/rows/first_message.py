"""From publishing to the first message at the provider, while a million are to come."""

from __future__ import annotations

import time
from collections.abc import Iterator

from benchmarks import broadcasts
from benchmarks.harness import Bench, Figure, Row, Target
from benchmarks.population import Population
from benchmarks.sending import everyone, staged, wait_for, warm_up
from benchmarks.sinks import Recorder
from config import EngineKind

SEGMENTS_PER_SECOND = 1_000


def measure(bench: Bench) -> Iterator[Figure]:
    """Everything runs and has sent one message before the broadcast is committed."""
    people = Population(
        phones=bench.scaled(800_000, at_least=8), mailboxes=bench.scaled(200_000, at_least=2)
    )
    with (
        Recorder() as provider,
        staged(
            bench,
            people,
            twilio_api_url=provider.url,
            sms_segments_per_second=SEGMENTS_PER_SECOND,
        ) as stage,
        stage.app(),
        stage.dispatching(),
    ):
        warm_up(provider)
        audience = everyone()
        broadcasts.publish(audience, broadcasts.URGENT_SMS)
        committed = time.perf_counter()
        wait_for(provider.marked, 1)
        seconds = provider.marked[0] - committed
    yield Figure(
        f"{people.total:,} recipients, publish to first SMS", "s", seconds, None,
        Target(at_most=1.0),
    )  # fmt: skip


ROW = Row("first-message", "Publish to first message", measure, engines=tuple(EngineKind))
