"""One scheduler at a time: the process that holds the lease row. Others wait to take over.

``fence`` grows with each new holder, and every transaction of the scheduler checks it last: a
holder that was suspended past the end of its lease can commit nothing when it resumes.
"""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from database import insert_or_ignore, utcnow
from dispatch.models import Lease

log = structlog.get_logger(__name__)

SCHEDULER = "scheduler"
SECONDS = 15.0


class LeaseLost(Exception):
    """Another process holds the lease: what was done under it must not be committed."""


def hold_lease(session: Session, name: str, owner: str, seconds: float = SECONDS) -> int | None:
    """Take or renew a lease; returns its fence, or None while another process holds it."""
    now = utcnow()
    session.execute(
        insert_or_ignore(session, Lease.__table__, "name").values(
            name=name, owner="", until=now, fence=0
        )
    )
    lease = session.scalars(
        select(Lease)
        .where(Lease.name == name)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if lease.owner != owner:
        # One that ends later than any can was written by a clock that is wrong: it holds up nobody.
        if now < lease.until <= now + timedelta(seconds=2 * seconds):
            return None
        log.info("lease_taken", lease=name, owner=owner, before=lease.owner)
        lease.owner, lease.fence = owner, lease.fence + 1
    lease.until = now + timedelta(seconds=seconds)
    session.flush()
    return lease.fence


def require_fence(session: Session, name: str, owner: str, fence: int) -> None:
    """Raise :class:`LeaseLost` unless the lease still has this owner and fence.

    The row stays locked until the transaction ends, which should be at once.
    """
    held = session.scalar(
        select(Lease.fence)
        .where(Lease.name == name, Lease.owner == owner, Lease.fence == fence)
        .with_for_update(read=True)
    )
    if held is None:
        raise LeaseLost(name)


def release_lease(session: Session, name: str, owner: str) -> None:
    """End a lease now, so that another process can take it at once."""
    session.execute(
        update(Lease)
        .where(Lease.name == name, Lease.owner == owner)
        .values(until=utcnow())
        .execution_options(synchronize_session=False)
    )
