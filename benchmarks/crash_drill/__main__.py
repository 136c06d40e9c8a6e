"""``python -m benchmarks.crash_drill``: kill everything, often, and count the messages."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from benchmarks.crash_drill.drill import Result, run_drill
from benchmarks.crash_drill.options import DatabaseKind, EngineKind, Options
from benchmarks.crash_drill.processes import DrillError
from benchmarks.crash_drill.service import Service


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the drills: 0 if all of them passed."""
    given = _parse(arguments)
    results = [_carry_out(options) for options in _combinations(given)]
    for result in results:
        sys.stdout.write(tally(result))
    if given.json is not None:
        given.json.write_text(json.dumps([as_json(result) for result in results], indent=1) + "\n")
    return 0 if all(result.is_right for result in results) else 1


def _carry_out(options: Options) -> Result:
    service = Service(options)
    try:
        with service:
            result = run_drill(options, service)
    except BaseException:
        sys.stderr.write(f"The logs are in {service.folder}\n")
        raise
    if result.is_right:
        service.forget()
    else:
        sys.stderr.write(f"[{options.name}] NOT PASSED: the logs are in {service.folder}\n")
    return result


def tally(result: Result) -> str:
    """The result for people."""
    found, options = result.reckoning, result.options
    lines = [
        f"{options.name}: {'passed' if result.is_right else 'NOT PASSED'}",
        f"  recipients {found.recipients:,}, accepted {found.accepted:,}, "
        f"distinct {found.distinct:,}",
        f"  lost {found.lost}, repeated {found.repeated}, left out by a stop {found.excused:,}, "
        f"sent at a later attempt {found.at_second_try:,}",
        f"  not in the ledger {found.unrecorded}, only in the ledger {found.invented}, "
        f"kept counts {'agree' if found.tallies_agree else 'DIFFER'}",
        "  ledger: " + ", ".join(f"{state} {n:,}" for state, n in found.states.items()),
    ]
    for kind, count in result.kills.items():
        note = "" if count.while_waiting >= options.kills else f" OF {options.kills}"
        lines.append(
            f"  killed {kind}: {count.kills}, {count.while_waiting}{note} while there was "
            f"something to send, {count.busy} within a second of a message"
        )
    lines.append("  " + ", ".join(f"{name} {n:,}" for name, n in result.events.items()))
    if result.stop is not None:
        lines.append(
            f"  after the stop {result.stop.after} were accepted (at most {result.stop.allowed}), "
            f"the last {result.stop.last:.1f} s later"
        )
    if not result.is_settled:
        lines.append("  it did NOT settle")
    lines.append(
        f"  {result.seconds:.0f} s at {options.messages_per_second:g} messages/s, "
        f"seed {options.seed}\n\n"
    )
    return "\n".join(lines)


def as_json(result: Result) -> dict[str, object]:
    """The result for programs."""
    return {"passed": result.is_right, **asdict(result)}


def _combinations(given: argparse.Namespace) -> list[Options]:
    one = Options(
        engine=given.engine,
        database=given.database,
        recipients=given.recipients,
        kills=given.kills,
        seed=given.seed,
        rate=given.rate,
        latency=given.latency,
        lost_callbacks=given.lost_callbacks,
        stop_at=given.stop_at,
    )
    if not given.all:
        return [one]
    return [
        replace(one, engine=engine, database=database)
        for engine in EngineKind
        for database in DatabaseKind
    ]


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    usual = Options()
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.crash_drill",
        description="Send a broadcast while kill -9 strikes, and count who got it.",
    )
    add = parser.add_argument
    add("--engine", type=EngineKind, choices=list(EngineKind), default=usual.engine)
    add("--database", type=DatabaseKind, choices=list(DatabaseKind), default=usual.database)
    add("--all", action="store_true", help="both engines, on both databases")
    add("--recipients", type=int, default=usual.recipients)
    add("--kills", type=int, default=usual.kills, help="of each kind")
    add("--rate", type=float, help="messages a second (default: sent while the kills last)")
    add("--latency", type=float, default=usual.latency, help="the provider's, in seconds")
    add("--lost-callbacks", type=float, default=usual.lost_callbacks, metavar="SHARE",
        help="reports of the provider that never come (0 to 1)")  # fmt: skip
    add("--stop-at", type=float, metavar="SHARE", help="stop it when so much is sent (0 to 1)")
    add("--seed", type=int, default=usual.seed, help="the same kill times again")
    add("--json", type=Path, metavar="FILE", help="write the results there as well")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except DrillError as error:
        sys.exit(f"crash drill: {error}")
