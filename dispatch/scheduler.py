"""What the one scheduler does, step by step. Each step opens its own units of work."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from flask import Flask
from sqlalchemy.orm import Session

from database import Database, current_database
from dispatch import sweepers
from dispatch.carriers import CARRIERS
from dispatch.expansion import expand_chunk, next_to_expand, release_due
from dispatch.inbound import retry_unhandled
from dispatch.leases import SCHEDULER, give_up_lease, hold_lease
from dispatch.receipts import CHUNK, fold_receipts
from dispatch.registry import Job, registry_of
from dispatch.unknowns import ask_about_unknown
from web.faults import describe_fault

log = structlog.get_logger(__name__)


class Scheduler:
    """The scheduler's steps, which only the holder of the lease takes.

    Every step returns how many things it moved, and can be taken again at any time.
    """

    def __init__(self, app: Flask, wake_engine: Callable[[], None]) -> None:
        self._app = app
        self._wake_engine = wake_engine
        self._owner = registry_of(app).identity
        with app.app_context():
            self._database: Database = current_database()

    def is_holder(self) -> bool:
        """Take or keep the lease; False while another process has it."""
        with self._database.unit_of_work() as session:
            return hold_lease(session, SCHEDULER, self._owner) is not None

    def give_up(self) -> None:
        """Let another process take over at once."""
        with self._database.unit_of_work() as session:
            give_up_lease(session, SCHEDULER, self._owner)

    def take(self, step: Callable[[], int]) -> int:
        """Take one step if we hold the lease: what it moved."""
        with self._app.app_context():
            return step() if self.is_holder() else 0

    def run(self, name: str, step: Callable[[], int]) -> int:
        """The same by the clock: a step that fails is logged and taken again in its time."""
        try:
            return self.take(step)
        except Exception as error:
            log.error("step_failed", step=name, fault=describe_fault(error))
            return 0

    def expand(self) -> int:
        """Start what is due and fill the ledger, the most urgent broadcast first."""
        moved = self._do(release_due)
        while True:
            with self._database.unit_of_work() as session:
                broadcast_id = next_to_expand(session)
                if broadcast_id is None:
                    break
                chunk = expand_chunk(session, broadcast_id)
            moved += 1
            if chunk.inserted:
                self._wake_engine()
            if not self.is_holder():
                break
        return moved

    def close(self) -> int:
        """Close what was stopped or has expired."""
        with self._database.unit_of_work(writes=False) as session:
            over = sweepers.find_over(session)
        moved = 0
        for broadcast_id in over:
            while closed := self._do(lambda session: sweepers.close_over(session, broadcast_id)):  # noqa: B023 (used at once)
                moved += closed
        return moved

    def fold(self) -> int:
        """Fold the receipts that have come."""
        moved = 0
        while folded := self._do(fold_receipts):
            moved += folded
            if folded < CHUNK:
                break
        return moved

    def settle(self) -> int:
        """Settle what is complete, each broadcast by itself."""
        with self._database.unit_of_work(writes=False) as session:
            complete = sweepers.find_settled(session)
        moved = 0
        for broadcast_id in complete:
            try:
                with self._database.unit_of_work() as session:
                    moved += sweepers.settle(session, broadcast_id)
            except Exception as error:
                # A listener that fails is called again; the other broadcasts do not wait.
                log.error("settling_failed", broadcast=broadcast_id, fault=describe_fault(error))
        return moved

    def offer(self) -> int:
        """Offer again what is due again."""
        moved = self._do(sweepers.offer_retries)
        if moved:
            self._wake_engine()
        return moved

    def sweep(self) -> int:
        """Mend what is stuck, and ask about what is unknown."""
        moved = self._do(sweepers.sweep_expired_leases) + self._do(sweepers.mend_holes)
        for provider in CARRIERS:
            moved += ask_about_unknown(provider)
        while self._do(retry_unhandled):
            moved += 1
        return moved

    def forget(self) -> int:
        """Delete what need not be kept."""
        return self._do(sweepers.forget_old)

    def run_job(self, job: Job) -> int:
        """Run another room's job."""
        with self._database.unit_of_work() as session:
            job.function(session)
        return 0

    def _do(self, work: Callable[[Session], int]) -> int:
        with self._database.unit_of_work() as session:
            return work(session)
