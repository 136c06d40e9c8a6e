"""Filling the ledger, against one raw ``INSERT ... SELECT`` of the same audience."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, MetaData, Table, func, insert, literal, null, select
from sqlalchemy.sql.elements import quoted_name

from benchmarks import broadcasts
from benchmarks.harness import Bench, Figure, Row, Target, Unmeasurable, run_apart
from benchmarks.machine import Memory
from benchmarks.population import Population, everyone_near_first, plug_all_contacts
from benchmarks.service import opened_app, settings
from database import current_database
from dispatch import Audience
from dispatch.audiences import resolve
from dispatch.models import Contact, Delivery, DeliveryState
from web.http.app import VarskoApp

AUDIENCES = {"near": "nearest first", "plain": "no distance"}


@dataclass(frozen=True)
class Filled:
    """The cost of filling: seconds, and megabytes of memory at the peak."""

    recipients: int
    seconds: float
    megabytes: float


def measure(bench: Bench) -> Iterator[Figure]:
    """Each audience by hand and by the product, twice in turn; the better of each counts."""
    people = Population(
        phones=bench.scaled(800_000, at_least=8), mailboxes=bench.scaled(200_000, at_least=2)
    )
    for audience, said in AUDIENCES.items():
        floors: list[Filled] = []
        products: list[Filled] = []
        for work, found in ((fill_by_hand, floors), (fill_ledger, products)) * 2:
            with bench.databases.copy(bench.database, people, people.build) as url:
                found.append(run_apart(work, url, audience))
        if {filled.recipients for filled in floors + products} != {people.total}:
            raise Unmeasurable(f"not everybody is in the ledger: {floors} {products}")
        floor = min(floors, key=lambda filled: filled.seconds)
        product = min(products, key=lambda filled: filled.seconds)
        yield Figure(
            f"{people.total:,} recipients, {said}", "s", product.seconds, floor.seconds,
            Target(at_most=2.0), {"recipients": people.total},
        )  # fmt: skip
        grown = max(filled.megabytes for filled in products)
        yield Figure(
            f"memory for it, {said}", "MB", grown, None, Target(at_most=200.0),
            {"floor_mb": round(max(filled.megabytes for filled in floors), 1)},
        )  # fmt: skip


def fill_ledger(url: str, audience: str) -> Filled:
    """From a committed broadcast to a complete ledger."""
    with opened_app(settings(url)) as app:
        broadcast_id = broadcasts.publish(_audience(app, audience), broadcasts.SMS, broadcasts.MAIL)
        memory, began = Memory(), time.perf_counter()
        recipients = broadcasts.fill(app, broadcast_id)
        return Filled(recipients, time.perf_counter() - began, memory.growth())


def fill_by_hand(url: str, audience: str) -> Filled:
    """The same rows in the same order, into a table like the ledger."""
    with opened_app(settings(url)) as app:
        with current_database().unit_of_work() as session:
            table = _table_like_the_ledger()
            table.create(session.connection())
        memory, began = Memory(), time.perf_counter()
        with current_database().unit_of_work() as session:
            found = resolve(session, _audience(app, audience))
            values: dict[str, ColumnElement[Any]] = {
                "broadcast_id": literal(1),
                "contact_id": found.c.contact_id,
                "content_id": literal(1),
                "channel": Contact.__table__.c.channel,
                "distance_m": found.c.distance_m,
                "state": literal(DeliveryState.QUEUED.value),
            }
            # The defaults of the other columns: 0 for numbers, empty for the rest.
            for column in table.columns:
                if column.name not in {"id", *values}:
                    values[column.name] = null() if column.nullable else literal(0)
            rows = (
                select(*(value.label(name) for name, value in values.items()))
                .join(Contact, Contact.id == found.c.contact_id)
                .order_by(found.c.distance_m, found.c.contact_id)
            )
            session.execute(insert(table).from_select(list(values), rows, include_defaults=False))
        seconds, grown = time.perf_counter() - began, memory.growth()
        with current_database().unit_of_work(writes=False) as session:
            number = session.scalar(select(func.count()).select_from(table)) or 0
        return Filled(number, seconds, grown)


def _audience(app: VarskoApp, name: str) -> Audience:
    if name == "plain":
        return plug_all_contacts(app)
    with current_database().unit_of_work(writes=False) as session:
        return everyone_near_first(session)


def _table_like_the_ledger() -> Table:
    ledger_table = Delivery.metadata.tables[Delivery.__tablename__]
    table = ledger_table.to_metadata(MetaData(), name="delivery_floor")
    for index in table.indexes:
        index.name = quoted_name(f"{index.name}_floor", quote=None)
    for constraint in table.constraints:
        constraint.name = None
    return table


ROW = Row("fill", "Fill the ledger", measure)
