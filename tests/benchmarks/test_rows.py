"""Every row of the benchmarks runs, at a size that says nothing about speed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.databases import Databases, Kind
from benchmarks.harness import Bench, Figure, Row, Run, SentAtOnce, Target, as_json
from benchmarks.report import lines_of, markdown
from benchmarks.rows import ROWS
from config import EngineKind
from tests.conftest import missing

TINY = 0.001
SMALL = 0.1


@pytest.fixture
def databases(tmp_path: Path) -> Iterator[Databases]:
    """Databases that are gone after the test."""
    tmp_path.chmod(0o755)
    made = Databases(tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(
            row,
            id=row.name,
            marks=[pytest.mark.postgresql] if row.databases[0] is Kind.POSTGRESQL else [],
        )
        for row in ROWS
    ],
)
def test_row_finds_what_it_measures(
    row: Row, databases: Databases, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    for program in row.programs:
        if shutil.which(program) is None:
            missing(program)
    kind = row.databases[0]
    if kind is Kind.POSTGRESQL:
        request.getfixturevalue("postgresql_server")

    try:
        figures = list(row.measure(Bench(kind, EngineKind.EMBEDDED, TINY, tmp_path, databases)))
    except SentAtOnce:  # The machine was too busy to look in between.
        figures = list(row.measure(Bench(kind, EngineKind.EMBEDDED, SMALL, tmp_path, databases)))

    assert figures
    for figure in figures:
        assert figure.product >= 0
        assert figure.floor is None or figure.floor > 0


def test_target_holds_for_the_ratio_to_the_floor() -> None:
    slow = Figure("SMS", "/s", product=500, floor=1000, target=Target(at_least=0.6))
    quick = Figure("SMS", "/s", product=700, floor=1000, target=Target(at_least=0.6))

    assert (slow.is_met, quick.is_met) == (False, True)


def test_target_holds_for_the_product_where_there_is_no_floor() -> None:
    assert Figure("first message", "s", product=0.4, target=Target(at_most=1)).is_met
    assert Figure("receipts folded", "/s", product=1000).is_met is None


def test_report_names_what_was_missed() -> None:
    run = Run("sms", "SMS out", Kind.SQLITE, EngineKind.EMBEDDED)
    run.figures.append(Figure("SMS", "/s", product=500, floor=1000, target=Target(at_least=0.6)))

    table = list(markdown([run]))

    assert table[-1] == (
        "| SMS out | SMS | sqlite | embedded | 1,000/s | 500/s | 0.50 | ≥ 0.6 | NO |"
    )
    assert "ratio   0.50" in "\n".join(lines_of(run))
    assert as_json(run)["figures"][0]["met"] is False  # type: ignore[index]
