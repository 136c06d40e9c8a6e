"""What a row is, its results, and how rows are run one after the other."""

from __future__ import annotations

import dataclasses
import multiprocessing
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import ParamSpec, TypeVar

from benchmarks.databases import Databases, Kind
from benchmarks.machine import load_average
from config import EngineKind

QUICK = 1 / 20
"""A size for a first look."""
Given = ParamSpec("Given")
Found = TypeVar("Found")


class Unmeasurable(Exception):
    """What was measured did not do its work, so its time means nothing."""


class SentAtOnce(Unmeasurable):
    """Everything had left before the first look: measure with more messages."""


@dataclass(frozen=True)
class Target:
    """What a value must be: ``at_least`` or ``at_most``, in the value's own unit."""

    at_least: float | None = None
    at_most: float | None = None

    def is_met(self, value: float) -> bool:
        """Whether the value meets the target."""
        enough = self.at_least is None or value >= self.at_least
        return enough and (self.at_most is None or value <= self.at_most)

    def __str__(self) -> str:
        sides = [(self.at_least, "≥"), (self.at_most, "≤")]
        return " and ".join(f"{sign} {limit:g}" for limit, sign in sides if limit is not None)


@dataclass(frozen=True)
class Figure:
    """One result. The target holds for the ratio to the floor, or the product if there is none.

    ``unit`` is that of floor and product: ``s``, ``/s`` (messages or requests a second), ``MB``.
    """

    what: str
    unit: str
    product: float
    floor: float | None = None
    target: Target | None = None
    notes: dict[str, float | int | str] = field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        """The product divided by the floor."""
        return self.product / self.floor if self.floor else None

    @property
    def is_met(self) -> bool | None:
        """Whether the target is met; None without a target."""
        if self.target is None:
            return None
        return self.target.is_met(self.product if self.ratio is None else self.ratio)


@dataclass(frozen=True)
class Bench:
    """Where and how large a row is measured. ``size`` 1 is the size the targets are set for."""

    database: Kind
    engine: EngineKind
    size: float
    folder: Path
    databases: Databases

    def scaled(self, number: int, *, at_least: int = 1) -> int:
        """A count that is given for full size, scaled to the size."""
        return max(at_least, round(number * self.size))

    def rounds(self, number: int) -> int:
        """How often to measure: so many times, but once where nobody looks at the figures."""
        return number if self.size >= QUICK else 1


@dataclass(frozen=True)
class Row:
    """One benchmark, the databases and engines it makes sense on, and the programs it runs."""

    name: str
    title: str
    measure: Callable[[Bench], Iterable[Figure]]
    databases: Sequence[Kind] = tuple(Kind)
    engines: Sequence[EngineKind] = (EngineKind.EMBEDDED,)
    programs: Sequence[str] = ()


@dataclass
class Run:
    """A row on one database with one engine: its results, or the error that ended it.

    ``load`` is the machine's load average of the last minute when the row began.
    """

    row: str
    title: str
    database: Kind
    engine: EngineKind
    load: float = field(default_factory=load_average)
    seconds: float = 0.0
    figures: list[Figure] = field(default_factory=list)
    error: str | None = None


def run_rows(
    rows: Iterable[Row],
    databases: Databases,
    folder: Path,
    *,
    kinds: Sequence[Kind],
    engines: Sequence[EngineKind],
    size: float,
) -> Iterator[Run]:
    """Measure each row on each database with each engine. An error ends only that run."""
    for row in rows:
        for kind in (kind for kind in row.databases if kind in kinds):
            for engine in (engine for engine in row.engines if engine in engines):
                run = Run(row.name, row.title, kind, engine)
                began = time.perf_counter()
                with _subfolder(folder, f"{row.name}-{kind}-{engine}") as own:
                    try:
                        run.figures.extend(row.measure(Bench(kind, engine, size, own, databases)))
                    except Exception:
                        run.error = traceback.format_exc()
                run.seconds = time.perf_counter() - began
                yield run


@contextmanager
def _subfolder(folder: Path, name: str) -> Iterator[Path]:
    own = folder / name
    own.mkdir()
    yield own


def run_apart(work: Callable[Given, Found], *given: Given.args, **named: Given.kwargs) -> Found:
    """The result of a module's function, run in a process of its own.

    It is forked from one that has only imported the service, which takes seconds.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["wsgi"])
    with ProcessPoolExecutor(1, mp_context=context) as process:
        return process.submit(work, *given, **named).result()


def as_json(run: Run) -> dict[str, object]:
    """A run as JSON, with ratios."""
    figures = [
        {**dataclasses.asdict(figure), "target": str(figure.target or ""), "ratio": figure.ratio,
         "met": figure.is_met}
        for figure in run.figures
    ]  # fmt: skip
    return {**dataclasses.asdict(run), "figures": figures}
