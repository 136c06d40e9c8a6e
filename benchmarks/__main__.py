"""``python -m benchmarks [row ...]``: measure, print and record."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
from pathlib import Path
from types import FrameType

from benchmarks import report
from benchmarks.databases import Databases, Kind
from benchmarks.harness import QUICK, Run, run_rows
from benchmarks.rows import ROWS
from config import EngineKind


def main() -> int:
    """Run the rows: 0, or 1 if one could not be measured. A missed target is not a failure."""
    options = _options()
    signal.signal(signal.SIGTERM, _end_in_order)
    rows = [row for row in ROWS if not options.rows or row.name in options.rows]
    runs: list[Run] = []
    with tempfile.TemporaryDirectory(prefix="varsko-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # nginx's worker has its own account
        databases = Databases(folder)
        try:
            for run in run_rows(rows, databases, folder, kinds=options.database,
                                engines=options.engine, size=options.size):  # fmt: skip
                runs.append(run)
                print(*report.lines_of(run), sep="\n", flush=True)
                report.write_json(options.json, runs, options.size)
        finally:
            databases.close()
    if options.markdown:
        print(*report.markdown(runs), sep="\n")
    return int(any(run.error for run in runs))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    names = [row.name for row in ROWS]
    parser.add_argument("rows", nargs="*", metavar="row", help=f"{', '.join(names)}; all if none")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--size", type=float, default=1.0, help="a part of the size, such as 0.2")
    size.add_argument(
        "--quick", dest="size", action="store_const", const=QUICK, help="a twentieth of the size"
    )
    parser.add_argument("--database", type=Kind, choices=list(Kind), action="append")
    parser.add_argument("--engine", type=EngineKind, choices=list(EngineKind), action="append")
    parser.add_argument("--json", type=Path, default=Path("build/bench.json"), metavar="FILE")
    parser.add_argument("--markdown", action="store_true", help="print a table, too")
    options = parser.parse_args()
    unknown = set(options.rows) - set(names)
    if unknown:
        parser.error(f"no such row: {', '.join(sorted(unknown))}")
    options.database = options.database or list(Kind)
    options.engine = options.engine or list(EngineKind)
    return options


def _end_in_order(number: int, _frame: FrameType | None) -> None:
    """Let every block clean up after itself."""
    sys.exit(128 + number)


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(main())
