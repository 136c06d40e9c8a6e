"""The scheduler's steps. Each step opens its own units of work."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from flask import Flask
from sqlalchemy.orm import Session

from database import Database, current_database, is_away
from dispatch.forgetting import forget_old
from dispatch.hooks import Job, hooks_of
from dispatch.incoming.messages import retry_unhandled
from dispatch.incoming.receipts import CHUNK, apply_receipts
from dispatch.ledger.expansion import Expander, priorities_to_expand, start_due
from dispatch.models import Priority
from dispatch.providers.directory import PROVIDERS
from dispatch.scheduling import sweepers
from dispatch.scheduling.missed_messages import collect_missed
from dispatch.scheduling.overdue_receipts import chase_receipts
from dispatch.scheduling.scheduler_lease import (
    SCHEDULER,
    SECONDS,
    LeaseLost,
    hold_lease,
    release_lease,
    require_fence,
)
from dispatch.scheduling.unknown_deliveries import ask_about_unknown
from dispatch.sending.thread_engine import Engine
from web.problems.faults import describe_fault

log = structlog.get_logger(__name__)

COLLECT_SECONDS = 3600.0
"""How often providers are asked for messages that were missed, if nothing else has happened."""
STEP_SECONDS = 30.0
"""A step that takes longer is logged: others may have waited for it."""
LONG_STEPS = ("expand:",)
"""How the names of those begin that may take long: they fill the ledger."""
RENEWALS = 3
"""How often the lease is renewed within its term."""


class Scheduler:
    """The scheduler's steps, which only the holder of the lease runs.

    Every step returns how many things it changed, and can be repeated at any time. What a step
    writes is committed only if the lease is still ours at that moment.
    """

    def __init__(self, app: Flask, engine: Engine) -> None:
        self._app = app
        self._engine = engine
        self._owner = hooks_of(app).identity
        self._holding = threading.Lock()
        self._fence: int | None = None
        self._renewed = 0.0
        self._collects_at = 0.0
        with app.app_context():
            self._database: Database = current_database()
        self._expanders = {
            priority: Expander(self._database, self._require_lease, [priority])
            for priority in Priority
        }

    # --- The lease -----------------------------------------------------------------------

    def renew(self) -> bool:
        """Take or renew the lease; False while another process holds it."""
        with self._holding:
            began = time.monotonic()
            with self._database.unit_of_work() as session:
                self._fence = hold_lease(session, SCHEDULER, self._owner)
            self._renewed = began
            return self._fence is not None

    def is_holder(self) -> bool:
        """Whether the lease is ours, as far as we know; renews it when due."""
        is_fresh = time.monotonic() - self._renewed < SECONDS / RENEWALS
        return is_fresh if is_fresh and self._fence is not None else self.renew()

    def release(self) -> None:
        """Give up the lease, so that another process can take over at once."""
        for expander in self._expanders.values():
            expander.close()
        with self._holding:
            self._fence = None
            with self._database.unit_of_work() as session:
                release_lease(session, SCHEDULER, self._owner)

    def _require_lease(self, session: Session) -> None:
        fence = self._fence
        if fence is None:
            raise LeaseLost(SCHEDULER)
        require_fence(session, SCHEDULER, self._owner, fence)

    @contextmanager
    def _unit_of_work(self) -> Iterator[Session]:
        """A transaction that is committed only if we still hold the lease."""
        with self._database.unit_of_work() as session:
            yield session
            self._require_lease(session)

    def _do(self, work: Callable[[Session], int]) -> int:
        with self._unit_of_work() as session:
            return work(session)

    # --- Running steps -------------------------------------------------------------------

    def take(self, step: Callable[[], int]) -> int:
        """Run one step if we hold the lease; returns how many things it changed."""
        with self._app.app_context():
            return step() if self.is_holder() else 0

    def run(self, name: str, step: Callable[[], int]) -> int:
        """Like :meth:`take`, but a step that fails is logged, and repeated at its next time."""
        began = time.monotonic()
        try:
            return self.take(step)
        except LeaseLost:
            log.warning("lease_lost", step=name)
            self._fence = None
        except Exception as error:
            if is_away(error):
                self._collects_at = 0.0
                log.error("database_unavailable", step=name, fault=describe_fault(error))
            else:
                log.error("step_failed", step=name, fault=describe_fault(error))
        finally:
            took = time.monotonic() - began
            if took > STEP_SECONDS and not name.startswith(LONG_STEPS):
                log.warning("step_slow", step=name, seconds=round(took))
        return 0

    # --- The steps -----------------------------------------------------------------------

    def find_expansions(self) -> set[Priority]:
        """The priorities with broadcasts to expand, or snapshots to drop."""
        begun = {priority for priority, each in self._expanders.items() if each.has_begun}
        return begun | set(self._to_expand())

    def _to_expand(self) -> list[Priority]:
        with self._database.unit_of_work(writes=False) as session:
            return priorities_to_expand(session)

    def expand(self, priority: Priority) -> int:
        """Start the broadcasts of a priority that are due, and fill the ledger for them.

        The priorities are expanded in parallel: an audience of a million takes seconds to look
        up, and an urgent broadcast must not wait for that. While there is one, the others pause
        between two chunks, for the sake of databases with a single writer.
        """
        moved = self._do(lambda session: start_due(session, [priority]))
        while self.is_holder():
            written = self._expanders[priority].expand_next()
            if written is None:
                break
            moved += 1
            if written:
                self._engine.offer()
                self._engine.wake()
            if any(other.rank < priority.rank for other in self._to_expand()):
                break
        return moved

    def apply_receipts(self) -> int:
        """Apply the delivery reports received so far."""
        moved = 0
        while applied := self._do(apply_receipts):
            moved += applied
            if applied < CHUNK:
                break
        return moved

    def close(self) -> int:
        """Close the queued deliveries of broadcasts that were stopped or have expired."""
        with self._database.unit_of_work(writes=False) as session:
            ended = sweepers.find_ended(session)
        moved = 0
        for broadcast_id in ended:
            while closed := self._do(lambda session: sweepers.close_ended(session, broadcast_id)):  # noqa: B023 (used at once)
                moved += closed
        return moved

    def offer(self) -> int:
        """Make batches of retries and later deliveries that are due, and offer what waits."""
        moved = self._do(sweepers.offer_timed)
        self._engine.offer()
        if moved:
            self._engine.wake()
        return moved

    def settle(self) -> int:
        """Settle complete broadcasts, each in its own transaction."""
        with self._database.unit_of_work(writes=False) as session:
            complete = sweepers.find_settled(session)
        moved = 0
        for broadcast_id in complete:
            try:
                with self._unit_of_work() as session:
                    moved += sweepers.settle(session, broadcast_id)
            except LeaseLost:
                raise
            except Exception as error:
                # A listener that fails is called again later; other broadcasts do not wait.
                log.error("settling_failed", broadcast=broadcast_id, fault=describe_fault(error))
        return moved

    def sweep(self) -> int:
        """Repair what is stuck, and ask about unknown deliveries."""
        moved = self._do(sweepers.sweep_expired_leases) + self._do(sweepers.mend_holes)
        for provider in PROVIDERS:
            moved += ask_about_unknown(provider, self._unit_of_work)
        while self._do(retry_unhandled):
            moved += 1
        return moved

    def watch(self) -> int:
        """Ask about overdue delivery reports, and log broadcasts that have stalled."""
        for provider in PROVIDERS:
            chase_receipts(provider, self._unit_of_work)
        return self._do(sweepers.note_stalled)

    def collect(self) -> int:
        """Take in messages that nobody could take when they came: every hour, or after a fault."""
        now = time.monotonic()
        if now < self._collects_at:
            return 0
        self._collects_at = now + COLLECT_SECONDS
        taken = [collect_missed(provider, self._unit_of_work) for provider in PROVIDERS]
        if None in taken:
            self._collects_at = 0.0
        return sum(filter(None, taken))

    def forget(self) -> int:
        """Delete what need not be kept any longer."""
        return self._do(forget_old)

    def run_job(self, job: Job) -> int:
        """Run another room's job."""
        with self._unit_of_work() as session:
            job.function(session)
        return 0
