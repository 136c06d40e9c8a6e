"""One scheduler at a time: whoever holds the lease row. Another waits and takes over.

``fence`` grows with each holder. Beside it, what the scheduler writes is guarded by the rows
it is about (the expansion's cursor, the batch's owner), so that a holder that slept through
its lease does no harm when it wakes.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from database import utcnow
from dispatch.models import Lease

log = structlog.get_logger(__name__)

SCHEDULER = "scheduler"
SECONDS = 15.0


def hold_lease(session: Session, name: str, owner: str, seconds: float = SECONDS) -> int | None:
    """Take or renew a lease: its fence, or None while somebody else has it."""
    now = utcnow()
    insert: Any = (
        sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    )
    session.execute(
        insert(Lease.__table__)
        .values(name=name, owner="", until=now, fence=0)
        .on_conflict_do_nothing(index_elements=["name"])
    )
    lease = session.scalars(
        select(Lease)
        .where(Lease.name == name)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if lease.owner != owner:
        if lease.until > now:
            return None
        log.info("lease_taken", lease=name, owner=owner, before=lease.owner)
        lease.owner, lease.fence = owner, lease.fence + 1
    lease.until = now + timedelta(seconds=seconds)
    session.flush()
    return lease.fence


def give_up_lease(session: Session, name: str, owner: str) -> None:
    """Let the next one begin at once."""
    session.execute(
        update(Lease)
        .where(Lease.name == name, Lease.owner == owner)
        .values(until=utcnow())
        .execution_options(synchronize_session=False)
    )
