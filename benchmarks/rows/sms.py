"""SMS from the ledger to the recorded result, against a bare HTTP client."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from benchmarks import broadcasts, sinks
from benchmarks.floors.sms_client import post_messages
from benchmarks.harness import Bench, Figure, Row, Target, run_apart
from benchmarks.population import Population
from benchmarks.sending import send_all
from config import EngineKind

IN_FLIGHT = 64
ROUNDS = 3


def measure(bench: Bench) -> Iterator[Figure]:
    """Alternates with the floor several times, so that other load affects both alike.

    The product's processes start on a filled ledger.
    """
    people = Population(phones=bench.scaled(30_000, at_least=1_000))
    floors: list[float] = []
    rates: list[float] = []
    with sinks.nginx(bench.folder) as url:
        load = (url, broadcasts.SMS.body, people.total // 2, IN_FLIGHT)
        for _ in range(bench.rounds(ROUNDS)):
            floors.append(run_apart(post_messages, *load))
            sent = send_all(
                bench, people, broadcasts.SMS, twilio_api_url=url, sms_in_flight=IN_FLIGHT
            )
            rates.append(sent.per_second)
            floors.append(run_apart(post_messages, *load))
    yield Figure(
        f"{people.total:,} SMS, one process", "/s", statistics.median(rates),
        statistics.median(floors), Target(at_least=0.6),
        {"floors": _listed(floors), "rates": _listed(rates), "in_flight": IN_FLIGHT},
    )  # fmt: skip


def _listed(rates: list[float]) -> str:
    return " ".join(f"{rate:.0f}" for rate in rates)


ROW = Row("sms", "SMS out", measure, engines=tuple(EngineKind), programs=(sinks.NGINX,))
