"""One drill, from its start to its result."""

from __future__ import annotations

import math
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from alembic import command
from sqlalchemy.exc import DBAPIError

from benchmarks.crash_drill import people
from benchmarks.crash_drill.killing import Find, Killing, scheduler_among, worker_among
from benchmarks.crash_drill.options import Kind, Options
from benchmarks.crash_drill.processes import POLL_SECONDS
from benchmarks.crash_drill.reckoning import Accepted, Reckoning, read_accepted, reckon
from benchmarks.crash_drill.service import Service
from benchmarks.crash_drill.watching import Sight, look
from cli import alembic_config
from config import Config
from database import Database
from dispatch import stop_broadcast
from dispatch.providers.directory import SETTINGS
from dispatch.sending.send_batch import LARGEST_SLICE, SLICE_SECONDS
from web.http.app import VarskoApp
from wsgi import create_app

LOOK_SECONDS = 0.3
TELL_SECONDS = 15.0
BUSY_SECONDS = 1.0
"""A kill came while messages were being sent if one was accepted this recently."""


@dataclass(frozen=True)
class KillCount:
    """How often one kind was killed. ``busy``: while messages were being sent."""

    kills: int
    busy: int
    while_waiting: int


@dataclass(frozen=True)
class Stop:
    """A stop in the middle. ``after``: messages accepted once it was acknowledged.

    ``allowed``: one slice for each sender. ``last``: how many seconds after the
    acknowledgement the last of them came.
    """

    at: float
    after: int
    allowed: int
    last: float


@dataclass(frozen=True)
class Result:
    """The result of a drill; times in seconds."""

    options: Options
    reckoning: Reckoning
    is_settled: bool
    kills: dict[Kind, KillCount]
    seconds: float
    events: dict[str, int]
    stop: Stop | None

    @property
    def is_right(self) -> bool:
        """Whether the drill passed."""
        stopped_in_time = self.stop is None or self.stop.after <= self.stop.allowed
        return self.reckoning.is_right and self.is_settled and stopped_in_time


def run_drill(options: Options, service: Service) -> Result:
    """Run one drill on a service that is not running yet."""
    service.start_servers()
    app, broadcast_id = _prepare(options, service)
    service.start_service()
    drill = _Drill(options, service, app, broadcast_id)
    drill.go()
    return drill.reckon()


def _prepare(options: Options, service: Service) -> tuple[VarskoApp, int]:
    own_log = {"VARSKO_LOG_FILE": str(service.folder / "drill.log")}
    config = Config.from_environment(service.environment | own_log, SETTINGS)
    command.upgrade(alembic_config(config.database_url), "head")
    app = create_app(config)
    database: Database = app.extensions["varsko_database"]
    with app.app_context():
        with database.unit_of_work() as session:
            audience = people.settle_in(session, options.recipients)
        with database.unit_of_work() as session:
            return app, people.begin(session, audience)


class _Drill:
    def __init__(
        self, options: Options, service: Service, app: VarskoApp, broadcast_id: int
    ) -> None:
        self._options = options
        self._service = service
        self._app = app
        self._database: Database = app.extensions["varsko_database"]
        self._broadcast_id = broadcast_id
        self._killing = Killing(options, {kind: self._find(kind) for kind in options.kinds})
        self._began = time.monotonic()
        self._sight: Sight | None = None
        self._stopped_at: float | None = None
        self._drained_at: float | None = None

    def go(self) -> None:
        """Kill until every kind was killed often enough, then wait until everything has settled."""
        calm_since: float | None = None
        looked = told = 0.0
        while True:
            now = time.monotonic()
            if now - looked >= LOOK_SECONDS:
                self._sight = look(self._database, [self._broadcast_id]) or self._sight
                looked = now
            if now - told >= TELL_SECONDS:
                self._tell()
                told = now
            if self._is_settled:
                break
            if self._killing.is_done:
                calm_since = calm_since or now
                if now - calm_since > self._options.patience:
                    break
            self._killing.step()
            self._stop_if_due()
            time.sleep(POLL_SECONDS)
        self._killing.end()
        self._tell()

    def reckon(self) -> Result:
        """Compare the provider's record with the ledger."""
        with self._app.app_context(), self._database.unit_of_work(writes=False) as session:
            accepted = list(read_accepted(self._service.accepted_log))
            reckoning = reckon(session, [self._broadcast_id], self._options.recipients, accepted)
        return Result(
            self._options,
            reckoning,
            self._is_settled,
            self._count_kills(accepted),
            time.monotonic() - self._began,
            _count_events(self._service.log_lines()),
            self._judge_stop(accepted),
        )

    @property
    def _is_settled(self) -> bool:
        return self._sight is not None and self._sight.unsettled == 0

    def _find(self, kind: Kind) -> Find:
        processes = partial(self._service.of_kind, kind)
        if kind is Kind.SCHEDULER:
            return lambda: scheduler_among(processes(), self._scheduler)
        return lambda: worker_among(processes(), self._scheduler)

    @property
    def _scheduler(self) -> int | None:
        return self._sight.scheduler_pid if self._sight else None

    def _stop_if_due(self) -> None:
        share = self._options.stop_at
        if share is None or self._stopped_at is not None or self._sight is None:
            return
        if self._sight.handed_over < share * self._options.recipients:
            return
        try:
            with self._app.app_context(), self._database.unit_of_work() as session:
                stop_broadcast(session, self._broadcast_id)
        except DBAPIError:  # the database is down: at the next step
            return
        self._stopped_at = time.time()

    def _judge_stop(self, accepted: Sequence[Accepted]) -> Stop | None:
        if self._stopped_at is None:
            return None
        after = [message.at for message in accepted if message.at > self._stopped_at]
        last = max(after, default=self._stopped_at) - self._stopped_at
        one_slice = min(self._options.messages_per_second * SLICE_SECONDS, LARGEST_SLICE)
        allowed = self._service.senders * math.ceil(one_slice)
        return Stop(self._stopped_at, len(after), allowed, last)

    def _count_kills(self, accepted: Sequence[Accepted]) -> dict[Kind, KillCount]:
        times = sorted(message.at for message in accepted)
        last = times[-1] if times else 0.0
        return {
            kind: KillCount(
                len(kills),
                sum(_any_between(times, kill - BUSY_SECONDS, kill) for kill in kills),
                sum(kill <= last for kill in kills),
            )
            for kind, kills in self._killing.kills.items()
        }

    def _tell(self) -> None:
        kills = " ".join(f"{kind}={len(times)}" for kind, times in self._killing.kills.items())
        sight = self._sight
        far = f"handed over {sight.handed_over}, waiting {sight.waiting}" if sight else "no sight"
        seconds = time.monotonic() - self._began
        sys.stderr.write(f"[{self._options.name}] {seconds:5.0f} s: {far}; killed {kills}\n")


def _any_between(times: Sequence[float], start: float, end: float) -> bool:
    return any(start <= moment <= end for moment in times)


def _count_events(lines: Iterable[dict[str, object]]) -> dict[str, int]:
    """How often each kind of crash recovery was needed, from the logs."""
    counted: Counter[str] = Counter()
    for line in lines:
        match line:
            case {"event": "unknown_asked", "asked": int(asked), "settled": int(settled)}:
                counted["asked"] += asked
                counted["settled_by_asking"] += settled
            case {"event": "batch_lease_expired" | "lease_taken" | "worker_failed" as event}:
                counted[event] += 1
            case {"event": "step_failed" | "holes_mended" | "provider_failed" as event}:
                counted[event] += 1
            case {"event": "receipts_applied", "deliveries": int(number)}:
                counted["folded"] += number
    return dict(sorted(counted.items()))
