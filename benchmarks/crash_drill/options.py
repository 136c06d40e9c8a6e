"""The options of one drill."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class EngineKind(StrEnum):
    """What carries batches to workers."""

    EMBEDDED = "embedded"
    CELERY = "celery"


class DatabaseKind(StrEnum):
    """Where the ledger is."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


class Kind(StrEnum):
    """What is killed.

    With the embedded engine every process is scheduler and worker: the one that holds the
    scheduler's lease counts as scheduler, another as worker.
    """

    WORKER = "worker"
    SCHEDULER = "scheduler"
    RABBITMQ = "rabbitmq"
    POSTGRESQL = "postgresql"


TURN_SECONDS = 21.0
"""How long a kill of each kind takes: a new scheduler waits 15 seconds for the lease."""

BUSY_SHARE = 0.7
"""The share of time that a worker has messages in flight."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """One drill. Times in seconds, the rate in segments (here: messages) a second.

    ``latency``: how long the provider takes to answer. ``lost_callbacks``: the share of its
    reports (0 to 1) that never come, so that it must be asked. ``pauses``: the shortest and
    longest time before a process that works again is killed again; ``longer``: how much longer
    for all but the scheduler, whose successor waits for the lease. ``restarts``: the shortest
    and longest time that a killed process stays down. ``patience``: how long the end may take
    once nothing is killed any more. ``stop_at``: the share of the recipients (0 to 1) after
    which the broadcast is stopped; None lets it run to its end.
    """

    engine: EngineKind = EngineKind.EMBEDDED
    database: DatabaseKind = DatabaseKind.SQLITE
    recipients: int = 50_000
    kills: int = 30
    seed: int = 1
    rate: float | None = None
    latency: float = 0.1
    lost_callbacks: float = 0.7
    stop_at: float | None = None
    pauses: tuple[float, float] = (1.0, 15.0)
    longer: float = 10.0
    restarts: tuple[float, float] = (0.0, 2.0)
    patience: float = 1200.0

    @property
    def name(self) -> str:
        """The combination: "embedded, sqlite"."""
        return f"{self.engine}, {self.database}"

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What can be killed."""
        kinds = [Kind.WORKER, Kind.SCHEDULER]
        if self.engine is EngineKind.CELERY:
            kinds.append(Kind.RABBITMQ)
        if self.database is DatabaseKind.POSTGRESQL:
            kinds.append(Kind.POSTGRESQL)
        return tuple(kinds)

    def pauses_of(self, kind: Kind) -> tuple[float, float]:
        """The shortest and longest time between kills of a kind."""
        shortest, longest = self.pauses
        longer = 0.0 if kind is Kind.SCHEDULER else self.longer
        return shortest + longer, longest + longer

    @property
    def messages_per_second(self) -> float:
        """The sender's rate; by default sending lasts about as long as the kills."""
        return self.rate or max(1.0, self.recipients / (self.kills * TURN_SECONDS))

    @property
    def in_flight(self) -> int:
        """Concurrent requests: few enough that most kills come while a slice is in flight."""
        return max(1, round(self.messages_per_second * self.latency / BUSY_SHARE))
