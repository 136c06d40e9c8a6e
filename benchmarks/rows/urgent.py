"""An urgent alert while a bulk one to a million is being sent, against an idle system."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks import broadcasts
from benchmarks.harness import Bench, Figure, Row, Target
from benchmarks.population import Population, nearest
from benchmarks.sending import everyone, staged, wait_for, warm_up
from benchmarks.sinks import Recorder
from config import EngineKind
from database import current_database
from dispatch.models import Priority

SEGMENTS_PER_SECOND = 200
SLICE_SECONDS = 1.0
"""What an urgent message may have to wait for: a slice in flight."""
BULK_BEFORE = 300
"""Bulk messages sent before the urgent alert is published; most are not in the ledger yet."""
POSTCODES = 2


@dataclass(frozen=True)
class Urgent:
    """Seconds from commit to the first and to the last of its messages, and their number."""

    first: float
    last: float
    recipients: int
    bulk_meanwhile: int


def measure(bench: Bench) -> Iterator[Figure]:
    """The urgent one goes to the two postcodes in the middle: some 2,000 people."""
    people = Population(
        phones=bench.scaled(800_000, at_least=2_000), mailboxes=bench.scaled(200_000)
    )
    idle = _publish(bench, people, beside_bulk=False)
    busy = _publish(bench, people, beside_bulk=True)
    notes: dict[str, float | int | str] = {"bulk_meanwhile": busy.bulk_meanwhile}
    yield Figure(
        f"first of {busy.recipients:,} urgent SMS", "s", busy.first, None,
        Target(at_most=idle.first + SLICE_SECONDS), {"idle_seconds": round(idle.first, 2)},
    )  # fmt: skip
    yield Figure(
        f"last of {busy.recipients:,} urgent SMS", "s", busy.last, None,
        Target(at_most=idle.last + 2 * SLICE_SECONDS),
        {"idle_seconds": round(idle.last, 2), **notes},
    )  # fmt: skip


def _publish(bench: Bench, people: Population, *, beside_bulk: bool) -> Urgent:
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
        if beside_bulk:
            broadcasts.publish(everyone(), broadcasts.SMS, priority=Priority.BULK)
            wait_for(provider.plain, min(BULK_BEFORE, people.phones // 4))
        bulk_before = len(provider.plain)
        with current_database().unit_of_work(writes=False) as session:
            audience = nearest(session, POSTCODES)
        urgent = broadcasts.publish(audience, broadcasts.URGENT_SMS, priority=Priority.URGENT)
        committed = time.perf_counter()
        wait_for(provider.marked, 1)
        while not broadcasts.look(urgent).expanded:
            time.sleep(broadcasts.LOOK_SECONDS)
        recipients = broadcasts.look(urgent).total
        wait_for(provider.marked, recipients)
        return Urgent(
            provider.marked[0] - committed,
            provider.marked[-1] - committed,
            recipients,
            len(provider.plain) - bulk_before,
        )


ROW = Row("urgent", "Urgent beside bulk", measure, engines=tuple(EngineKind))
