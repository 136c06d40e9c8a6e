"""Two dispatcher processes upon one PostgreSQL, against one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks import ledger, sinks
from benchmarks.databases import Kind
from benchmarks.harness import Bench, Figure, Row, Target
from benchmarks.population import Population
from benchmarks.sending import send_all
from config import EngineKind

ANSWER_SECONDS = 0.1
"""A provider's usual time to answer: what bounds a process is then its requests under way."""
IN_FLIGHT = 16


def measure(bench: Bench) -> Iterator[Figure]:
    """Bound by the provider's time to answer, then by the processor alone."""
    people = Population(phones=bench.scaled(10_000, at_least=500))
    with sinks.Recorder(delay=ANSWER_SECONDS) as provider:
        yield _compare(
            bench, people, f"provider answers after {ANSWER_SECONDS * 1000:.0f} ms",
            twilio_api_url=provider.url, sms_in_flight=IN_FLIGHT,
        )  # fmt: skip
    people = Population(phones=bench.scaled(50_000, at_least=1_000))
    with sinks.nginx(bench.folder) as url:
        yield _compare(bench, people, "provider answers at once", twilio_api_url=url)


def _compare(bench: Bench, people: Population, said: str, **changes: Any) -> Figure:
    one = send_all(bench, people, ledger.SMS, **changes)
    two = send_all(bench, people, ledger.SMS, workers=2, **changes)
    return Figure(
        f"{people.total:,} SMS, {said}", "/s", two.per_second, one.per_second,
        Target(at_least=1.6),
    )  # fmt: skip


ROW = Row(
    "two-processes",
    "Two processes (floor: one)",
    measure,
    databases=(Kind.POSTGRESQL,),
    engines=tuple(EngineKind),
)
