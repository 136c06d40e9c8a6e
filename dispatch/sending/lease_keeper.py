"""Renews a batch's lease while its worker waits for the network, so that leases can be short.

With a short lease, another process continues soon after one has died.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from database import Database, current_database
from dispatch.ledger.batches import renew_lease
from dispatch.models import Batch
from web.problems.faults import describe_fault

log = structlog.get_logger(__name__)

RENEWALS = 4
"""How often a lease is renewed within its term."""


@contextmanager
def lease_kept(batch: Batch, seconds: float) -> Iterator[None]:
    """Renew the lease, for so many seconds each time, until the block ends."""
    done = threading.Event()
    arguments = (current_database(), batch, seconds, done)
    thread = threading.Thread(target=_keep, args=arguments, name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _keep(database: Database, batch: Batch, seconds: float, done: threading.Event) -> None:
    while not done.wait(seconds / RENEWALS):
        try:
            with database.unit_of_work() as session:
                renew_lease(session, batch, seconds)
        except Exception as error:
            # The lease has not expired yet: the next renewal may succeed.
            log.warning("lease_not_renewed", batch=batch.id, fault=describe_fault(error))
