"""What is killed and when: each kind by its own seeded clock, as often as asked."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from benchmarks.crash_drill.options import EngineKind, Kind, Options
from benchmarks.crash_drill.processes import Process

Find = Callable[[], Process | None]
"""A process of the kind that is working now, or None."""


@dataclass
class Turn:
    """One kind's clock. ``kills``: the Unix times at which one of it was killed."""

    find: Find
    chance: random.Random
    kills: list[float] = field(default_factory=list)
    due_at: float | None = None
    down: Process | None = None
    up_at: float = 0.0


class Killing:
    """Kills and restarts processes, one step at a time."""

    def __init__(self, options: Options, find: Mapping[Kind, Find]) -> None:
        self._options = options
        # A clock of its own for each kind: a delay of one does not move the others'.
        self._turns = {
            kind: Turn(finder, random.Random(f"{options.seed}:{kind}"))
            for kind, finder in find.items()
        }

    @property
    def kills(self) -> dict[Kind, list[float]]:
        """When one of each kind was killed."""
        return {kind: turn.kills for kind, turn in self._turns.items()}

    @property
    def is_done(self) -> bool:
        """Whether each kind was killed often enough."""
        return all(len(turn.kills) >= self._options.kills for turn in self._turns.values())

    def step(self) -> None:
        """Kill what is due, and restart what has been down long enough."""
        now = time.monotonic()
        for kind, turn in self._turns.items():
            if turn.down is not None:
                if now >= turn.up_at:
                    turn.down.start()
                    turn.down = None
            elif len(turn.kills) < self._options.kills:
                self._take(kind, turn, now)

    def _take(self, kind: Kind, turn: Turn, now: float) -> None:
        victim = turn.find()
        if victim is None:
            return
        if turn.due_at is None:
            turn.due_at = now + turn.chance.uniform(*self._options.pauses_of(kind))
        elif now >= turn.due_at:
            turn.kills.append(time.time())
            self._strike(kind, turn, victim)
            turn.down, turn.due_at = victim, None
            turn.up_at = time.monotonic() + turn.chance.uniform(*self._options.restarts)

    def _strike(self, kind: Kind, turn: Turn, victim: Process) -> None:
        """Kill a Celery worker with its children, or without them, or one of its children."""
        if kind is Kind.WORKER and self._options.engine is EngineKind.CELERY:
            turn.chance.choice((victim.kill, victim.behead, victim.maim))()
        else:
            victim.kill()

    def end(self) -> None:
        """Restart what is down, and stop killing."""
        for turn in self._turns.values():
            if turn.down is not None:
                turn.down.start()
                turn.down = None


def scheduler_among(processes: Iterable[Process], pid: int | None) -> Process | None:
    """The process that holds the scheduler's lease, if it is running."""
    return next((process for process in processes if process.pid == pid and process.is_ready), None)


def worker_among(processes: Iterable[Process], scheduler_pid: int | None) -> Process | None:
    """The process, other than the scheduler, that was killed least often."""
    running = [p for p in processes if p.pid != scheduler_pid and p.is_ready]
    return min(running, key=lambda process: process.lives, default=None)
