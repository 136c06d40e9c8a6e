"""SMS from the ledger to the recorded outcome, against a bare HTTP client."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from benchmarks import ledger, sinks
from benchmarks.floors.sms_client import post_messages
from benchmarks.harness import Bench, Figure, Row, Target, run_apart
from benchmarks.population import Population
from benchmarks.sending import send_all
from config import EngineKind

IN_FLIGHT = 64


def measure(bench: Bench) -> Iterator[Figure]:
    """The floor before and after the product, whose processes start on a filled ledger."""
    people = Population(phones=bench.scaled(50_000, at_least=1_000))
    with sinks.nginx(bench.folder) as url:
        load = (url, ledger.SMS.body, people.total // 2, IN_FLIGHT)
        before = run_apart(post_messages, *load)
        sent = send_all(bench, people, ledger.SMS, twilio_api_url=url, sms_in_flight=IN_FLIGHT)
        after = run_apart(post_messages, *load)
    yield Figure(
        f"{people.total:,} SMS, one process", "/s", sent.per_second,
        statistics.mean([before, after]), Target(at_least=0.6),
        {"floor_before": round(before), "floor_after": round(after), "in_flight": IN_FLIGHT},
    )  # fmt: skip


ROW = Row("sms", "SMS out", measure, engines=tuple(EngineKind))
