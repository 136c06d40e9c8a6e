"""Delivery reports folded into a young ledger, against the same when PostgreSQL knows its tables.

A statement over a list of ids must not depend on statistics: the first alert of an installation
comes before them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from sqlalchemy import String, cast, func, insert, literal, select, text

from benchmarks.broadcasts import SMS, fill, publish
from benchmarks.databases import Kind
from benchmarks.harness import Bench, Figure, Row, Target
from benchmarks.population import Population
from benchmarks.sending import everyone, staged
from database import UtcDateTime, current_database, utcnow
from dispatch import Dispatcher
from dispatch.models import Delivery, Receipt

ROUNDS = 3
DELIVERED_OF_THREE = ("queued", "sent", "delivered")


def measure(bench: Bench) -> Iterator[Figure]:
    """Three reports for each of 5,000 messages, three times in turn; the best of each counts."""
    people = Population(phones=bench.scaled(5_000, at_least=200))
    rates: dict[bool, list[float]] = {True: [], False: []}
    for analysed in (True, False) * bench.rounds(ROUNDS):
        rates[analysed].append(_fold(bench, people, analysed=analysed))
    yield Figure(
        f"{3 * people.total:,} reports, tables never analysed", "/s",
        max(rates[False]), max(rates[True]), Target(at_least=0.7),
    )  # fmt: skip


def _fold(bench: Bench, people: Population, *, analysed: bool) -> float:
    """Apply three waiting reports for each message; returns reports a second."""
    with staged(bench, people) as stage, stage.app() as app:
        fill(app, publish(everyone(), SMS))
        _store_receipts()
        with current_database().unit_of_work() as session:
            if analysed:
                session.execute(text("ANALYZE"))
        dispatcher = Dispatcher(app)
        began = time.perf_counter()
        while _waiting():
            dispatcher.tick()
        seconds = time.perf_counter() - began
        dispatcher.stop()
    return 3 * people.total / seconds


def _store_receipts() -> None:
    with current_database().unit_of_work() as session:
        for status in DELIVERED_OF_THREE:
            reference = literal("SM").concat(cast(Delivery.id, String))
            session.execute(
                insert(Receipt).from_select(
                    ["delivery_id", "attempt", "provider", "provider_ref", "status", "received_at"],
                    select(
                        Delivery.id, Delivery.attempts, literal("twilio"), reference,
                        literal(status), literal(utcnow(), UtcDateTime),
                    ),
                    include_defaults=False,
                )
            )  # fmt: skip


def _waiting() -> int:
    with current_database().unit_of_work(writes=False) as session:
        return session.scalar(select(func.count(Receipt.id))) or 0


ROW = Row("fold", "Fold delivery reports", measure, databases=(Kind.POSTGRESQL,))
