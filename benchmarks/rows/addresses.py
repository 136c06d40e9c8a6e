"""Importing the address register of a country, and finding one address in it.

The floor of a search is the raw index look-up: the names of the street, the postcode and the number
are known as they are stored, and one statement joins the three tables by their keys.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from areas.addresses.importing import import_addresses
from areas.addresses.search import find_addresses
from areas.importing.official import load_official
from areas.models import Address, Street, StreetName
from benchmarks.harness import Bench, Figure, Row, Target, Unmeasurable, run_apart
from benchmarks.machine import Memory
from benchmarks.register import ADDRESSES, HOUSES_PER_STREET, Home, Register
from benchmarks.service import opened_app, settings
from database import current_database

SEARCHES = 300
"""Of each way to write an address."""

WRITTEN: dict[str, Callable[[Home], str]] = {
    "in full": lambda home: f"{home.street} {home.number}, st. tv, {home.postcode} {home.town}",
    "abbreviated": lambda home: f"{home.street[:7].lower()} {home.number} {home.postcode}",
    "one slip": lambda home: f"{home.street[:3]}{home.street[4:]} {home.number}, {home.town}",
    "without a town": lambda home: f"{home.street} {home.number}",
    "number missing": lambda home: f"{home.street} {home.number + 700}, {home.town}",
}


class Imported(NamedTuple):
    """What an import took."""

    added: int
    changed: int
    seconds: float
    megabytes: float


def measure(bench: Bench) -> Iterator[Figure]:
    """The first import, the same file again, then searches beside raw look-ups."""
    register = Register(bench.scaled(ADDRESSES, at_least=HOUSES_PER_STREET))
    file = bench.folder / "addresses.csv"
    register.write(file)
    with bench.databases.copy(bench.database, "official areas", _load_areas) as url:
        first = run_apart(import_register, url, file)
        again = run_apart(import_register, url, file)
        file.unlink()
        if first.added != register.addresses or again.added or again.changed:
            raise Unmeasurable(f"the register is not what the file says: {first} {again}")
        size = f"{register.addresses:,} addresses"
        yield Figure(f"first import of {size}", "s", first.seconds, None, Target(at_most=300.0))
        yield Figure("the same file again", "s", again.seconds)
        yield Figure("memory for it", "MB", max(first.megabytes, again.megabytes), None,
                     Target(at_most=300.0))  # fmt: skip
        with opened_app(settings(url)), current_database().unit_of_work(writes=False) as session:
            yield from _searches(session, register, bench.scaled(SEARCHES, at_least=20))


def import_register(url: str, file: Path) -> Imported:
    """Import the file, in a process of its own."""
    with opened_app(settings(url)):
        memory, began = Memory(), time.perf_counter()
        report = import_addresses(current_database(), file)
        seconds = time.perf_counter() - began
        return Imported(report.added, report.changed, seconds, memory.growth())


def _searches(session: Session, register: Register, searches: int) -> Iterator[Figure]:
    homes = register.homes(searches)
    look_up(session, homes[0])
    is_found(session, homes[0], homes[0].street)
    floors = _timed([partial(look_up, session, home) for home in homes])
    everything: list[float] = []
    for said, write in WRITTEN.items():
        taken = _timed([partial(is_found, session, home, write(home)) for home in homes])
        everything += taken
        yield Figure(
            f"search, {said}: median", "ms", statistics.median(taken), statistics.median(floors),
            None, {"p99_ms": round(_p99(taken), 1)},
        )  # fmt: skip
    yield Figure("search, all of these: 99 of 100 within", "ms", _p99(everything), None,
                 Target(at_most=50.0), {"floor_p99_ms": round(_p99(floors), 1)})  # fmt: skip


def is_found(session: Session, home: Home, written: str) -> bool:
    """Whether the street of a home is among what a text may mean."""
    found = find_addresses(session, written)
    return found.total > len(found.matches) or home.street in {one.street for one in found.matches}


def look_up(session: Session, home: Home) -> tuple[float, float]:
    """The floor: the point of an address that is written as it is stored."""
    point = session.execute(
        select(Address.lon, Address.lat)
        .join(Street, Street.id == Address.street_id)
        .join(StreetName, StreetName.id == Street.name_id)
        .where(
            StreetName.name == home.street,
            Street.postcode == home.postcode,
            Address.number == home.number,
            Address.letter == "",
        )
    ).first()
    if point is None:
        raise Unmeasurable(f"{home} is not in the register")
    return point[0], point[1]


def _timed(works: Sequence[Callable[[], object]]) -> list[float]:
    """Milliseconds that each took."""
    taken = []
    for work in works:
        began = time.perf_counter()
        found = work()
        taken.append(1_000 * (time.perf_counter() - began))
        if not found:
            raise Unmeasurable(f"a search did not find what it should: {work}")
    return taken


def _p99(taken: Sequence[float]) -> float:
    return statistics.quantiles(taken, n=100)[98] if len(taken) > 1 else taken[0]


def _load_areas(url: str) -> None:
    with opened_app(settings(url)), current_database().unit_of_work() as session:
        load_official(session)


ROW = Row("addresses", "Address register", measure)
