"""Two dispatcher processes on one PostgreSQL, against one."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from typing import Any

from benchmarks import broadcasts, sinks
from benchmarks.databases import Kind
from benchmarks.harness import Bench, Figure, Row, Target
from benchmarks.population import Population
from benchmarks.sending import send_all
from config import EngineKind

ANSWER_SECONDS = 0.1
"""A provider's usual time to answer: a process is then bound by its requests in flight."""
IN_FLIGHT = 16
ROUNDS = 3
"""How often both are measured in turn where the processor is the limit: others may use it too."""


def measure(bench: Bench) -> Iterator[Figure]:
    """Bound by the provider's time to answer, then by the processor alone."""
    people = Population(phones=bench.scaled(10_000, at_least=500))
    with sinks.Recorder(delay=ANSWER_SECONDS) as provider:
        yield _compare(
            bench, people, 1, f"provider answers after {ANSWER_SECONDS * 1000:.0f} ms",
            twilio_api_url=provider.url, sms_in_flight=IN_FLIGHT,
        )  # fmt: skip
    people = Population(phones=bench.scaled(30_000, at_least=1_000))
    with sinks.nginx(bench.folder) as url:
        yield _compare(
            bench, people, bench.rounds(ROUNDS), "provider answers at once", twilio_api_url=url
        )


def _compare(bench: Bench, people: Population, rounds: int, said: str, **changes: Any) -> Figure:
    rates: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(rounds):
        for workers, measured in rates.items():
            sent = send_all(bench, people, broadcasts.SMS, workers=workers, **changes)
            measured.append(sent.per_second)
    return Figure(
        f"{people.total:,} SMS, {said}", "/s", statistics.median(rates[2]),
        statistics.median(rates[1]), Target(at_least=1.6), {"rounds": rounds},
    )  # fmt: skip


ROW = Row(
    "two-processes",
    "Two processes (floor: one)",
    measure,
    databases=(Kind.POSTGRESQL,),
    engines=tuple(EngineKind),
    programs=(sinks.NGINX,),
)
