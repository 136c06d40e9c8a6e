"""The dispatcher: scheduler and engine together, run step by step (tests) or by the clock."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask

from config import EngineKind, current_config
from database import current_database
from dispatch.hooks import hooks_of
from dispatch.models import Channel, Priority
from dispatch.providers.directory import close_providers
from dispatch.providers.smtp.client import SmtpProvider
from dispatch.scheduling.scheduler import RENEWALS, Scheduler
from dispatch.scheduling.scheduler_lease import SECONDS
from dispatch.scheduling.unknown_deliveries import ask_about_lost
from dispatch.sending.celery_engine import CeleryEngine
from dispatch.sending.send_batch import send_next
from dispatch.sending.thread_engine import EmbeddedEngine, Engine
from web.problems.faults import describe_fault

log = structlog.get_logger(__name__)

LOOK_SECONDS = 0.25
"""How often the dispatcher checks for broadcasts created by other processes."""
TICK_SECONDS = 1.0
SWEEP_SECONDS = 10.0
WATCH_SECONDS = 60.0
FORGET_SECONDS = 3600.0
THREADS = 20
"""More than there are jobs, so that none waits for another."""
LOOK, EXPAND, TICK, OFFER = "look", "expand", "tick", "offer"


def open_engine(app: Flask) -> Engine:
    """The engine that the settings name."""
    with app.app_context():
        if current_config().engine is EngineKind.CELERY:
            return CeleryEngine(current_config(), current_database())
    return EmbeddedEngine(app)


class Dispatcher:
    """Sends the broadcasts of one app."""

    def __init__(self, app: Flask, engine: Engine | None = None) -> None:
        self._app = app
        self._engine: Engine = engine or open_engine(app)
        self._scheduler = Scheduler(app, self._engine)
        self._clock: BackgroundScheduler | None = None
        self._threads: ThreadPoolExecutor | None = None

    def tick(self) -> int:
        """Run the steps of a tick once, and return how many things changed.

        Broadcasts that are due are started, ledgers are filled, batches offered, receipts
        applied, stopped and expired broadcasts closed, and complete ones settled.
        """
        steps = [*self._expansions().values(), *self._steps().values(), self._scheduler.offer]
        return sum(self._scheduler.take(step) for step in steps)

    def _expansions(self) -> dict[str, Callable[[], int]]:
        return {
            f"{EXPAND}:{priority}": partial(self._scheduler.expand, priority)
            for priority in Priority
        }

    def _steps(self) -> dict[str, Callable[[], int]]:
        steps = self._scheduler
        return {
            "apply_receipts": steps.apply_receipts,
            "close": steps.close,
            "settle": steps.settle,
        }

    def sweep(self) -> int:
        """Run once what the clock runs every ten seconds; returns how many things were repaired."""
        return self._scheduler.take(self._scheduler.sweep)

    def watch(self) -> int:
        """Run once what the clock runs every minute; returns how many things were found."""
        return self._scheduler.take(self._scheduler.watch)

    def collect(self) -> int:
        """Run once what the clock runs after a start, a fault and an hour; returns how many."""
        return self._scheduler.take(self._scheduler.collect)

    def drain(self) -> None:
        """Send in this thread until nothing due now is left; for tests and commands."""
        while True:
            moved = self.tick() + self.sweep()
            sent = self._send_waiting()
            if not moved and not sent:
                break
        self._scheduler.release()

    def _send_waiting(self) -> int:
        owner = f"{hooks_of(self._app).identity}:drain"
        sent = 0
        with self._app.app_context():
            for channel in Channel:
                while send_next(channel, owner):
                    sent += 1
        return sent

    # --- By the clock --------------------------------------------------------------------

    def start(self) -> None:
        """Start scheduler and engine; returns at once."""
        # It warns about overlapping runs, which are skipped, as intended.
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        self._threads = ThreadPoolExecutor(THREADS)
        clock = BackgroundScheduler(
            timezone=UTC,
            executors={"default": self._threads},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        steps = self._scheduler
        # Filling the ledger takes long, so it runs beside the other steps.
        for name, step in self._expansions().items():
            clock.add_job(
                partial(steps.run, name, step), "interval", days=1, id=name, next_run_time=None
            )
        self._every(clock, LOOK, LOOK_SECONDS, partial(steps.run, LOOK, self._begin_expanding))
        self._every(clock, TICK, TICK_SECONDS, self._run_steps)
        # A broker that hangs must hold up nothing else.
        self._every(clock, OFFER, TICK_SECONDS, partial(steps.run, OFFER, steps.offer))
        # A step may take long, so the lease is renewed beside it.
        self._every(clock, "lease", SECONDS / RENEWALS, partial(steps.run, "lease", lambda: 0))
        self._every(clock, "sweep", SWEEP_SECONDS, partial(steps.run, "sweep", steps.sweep))
        self._every(clock, "lost", SWEEP_SECONDS, self._ask_about_lost)
        self._every(clock, "watch", WATCH_SECONDS, partial(steps.run, "watch", steps.watch))
        self._every(clock, "collect", WATCH_SECONDS, partial(steps.run, "collect", steps.collect))
        self._every(clock, "forget", FORGET_SECONDS, partial(steps.run, "forget", steps.forget))
        for job in hooks_of(self._app).jobs.values():
            work = partial(steps.run, job.name, partial(steps.run_job, job))
            self._every(clock, f"job:{job.name}", job.seconds, work)
        self._clock = clock
        self._engine.start()
        clock.start()
        hooks_of(self._app).wake_callbacks.append(self.wake)
        log.info("dispatcher_started", owner=hooks_of(self._app).identity)

    def _begin_expanding(self) -> int:
        found = self._scheduler.find_expansions()
        for priority in found:
            self._run_now(f"{EXPAND}:{priority}")
        return len(found)

    def _run_now(self, job: str) -> None:
        if self._clock is not None:
            with suppress(JobLookupError):
                self._clock.modify_job(job, next_run_time=datetime.now(UTC))

    def _ask_about_lost(self) -> None:
        """Runs with or without the lease: only this host can read its processes' journals."""
        try:
            with self._app.app_context():
                ask_about_lost(SmtpProvider.name)
        except Exception as error:
            log.error("step_failed", step="lost", fault=describe_fault(error))

    def _run_steps(self) -> None:
        for name, step in self._steps().items():
            self._scheduler.run(name, step)

    @staticmethod
    def _every(
        clock: BackgroundScheduler, name: str, seconds: float, work: Callable[[], object]
    ) -> None:
        first = datetime.now(UTC) + timedelta(seconds=min(seconds, TICK_SECONDS))
        clock.add_job(work, "interval", seconds=seconds, id=name, next_run_time=first)

    def wake(self) -> None:
        """Run a tick now, because there is something to do."""
        self._engine.wake()
        self._run_now(LOOK)
        self._run_now(TICK)
        self._run_now(OFFER)

    def stop(self) -> None:
        """Finish the slices and steps in progress, and close the connections."""
        callbacks = hooks_of(self._app).wake_callbacks
        if self.wake in callbacks:
            callbacks.remove(self.wake)
        if self._clock is not None:
            # If the clock waited for its jobs, it would hold a lock they need to wake others.
            self._clock.shutdown(wait=False)
            if self._threads is not None:
                self._threads.shutdown(wait=True)
            self._clock = None
        self._engine.stop()
        self._scheduler.release()
        close_providers(self._app)
        log.info("dispatcher_stopped")
