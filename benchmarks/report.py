"""Results for people (one line each, or Markdown) and for programs (JSON)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.harness import Figure, Run, as_json
from benchmarks.machine import describe_machine

HEADER = ("row", "what", "database", "engine", "floor", "product", "ratio", "target", "met")


def lines_of(run: Run) -> Iterator[str]:
    """A run as text for a terminal."""
    yield f"{run.title} on {run.database}, {run.engine} ({run.seconds:.0f} s, load {run.load:.1f})"
    for figure in run.figures:
        _title, what, _database, _engine, floor, product, ratio, target, met = _cells(run, figure)
        yield (
            f"  {what:<44} floor {floor:>11}  product {product:>11}  "
            f"ratio {ratio:>6}  {target:<8} {met}"
        )
        if figure.notes:
            yield "    " + ", ".join(f"{name} {value}" for name, value in figure.notes.items())
    if run.error:
        yield f"  could not be measured: {run.error.strip().splitlines()[-1]}"


def write_json(path: Path, runs: Sequence[Run], size: float) -> None:
    """Write all results, and the machine they were measured on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    found = {
        "machine": describe_machine(),
        "size": size,
        "runs": [as_json(run) for run in runs],
    }
    path.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n")


def markdown(runs: Sequence[Run]) -> Iterator[str]:
    """The lines of a table."""
    yield "| " + " | ".join(HEADER) + " |"
    yield "| " + " | ".join("---" for _ in HEADER) + " |"
    for run in runs:
        for figure in run.figures:
            yield "| " + " | ".join(_cells(run, figure)) + " |"


def _cells(run: Run, figure: Figure) -> tuple[str, ...]:
    ratio = figure.ratio
    return (
        run.title,
        figure.what,
        run.database,
        run.engine,
        _value(figure.floor, figure.unit),
        _value(figure.product, figure.unit),
        "" if ratio is None else f"{ratio:.2f}",
        str(figure.target or ""),
        {True: "yes", False: "NO", None: ""}[figure.is_met],
    )


def _value(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:,.{digits}f} {unit}".replace(" /s", "/s")
