"""The ledger's counts during the drill, while the database answers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from database import Database, utcnow
from dispatch.models import Broadcast, Lease, Tally
from dispatch.scheduling.scheduler_lease import SCHEDULER

_OWNER = re.compile(r":(\d+):[0-9a-f]+$")


@dataclass(frozen=True)
class Sight:
    """The scheduler, and the progress of the broadcasts, at one moment.

    ``handed_over`` counts what was sent or may have been; ``waiting`` what is queued, being sent
    or unknown.
    """

    scheduler_pid: int | None
    waiting: int
    handed_over: int
    unsettled: int


def look(database: Database, broadcasts: Sequence[int]) -> Sight | None:
    """Read the ledger's counts; None while the database is unavailable."""
    try:
        with database.unit_of_work(writes=False) as session:
            return _look(session, broadcasts)
    except DBAPIError:
        return None


def _look(session: Session, broadcasts: Sequence[int]) -> Sight:
    handed_over = Tally.sending + Tally.sent + Tally.delivered + Tally.unknown
    waiting, handed = session.execute(
        select(
            func.coalesce(func.sum(Tally.queued + Tally.sending + Tally.unknown), 0),
            func.coalesce(func.sum(handed_over), 0),
        ).where(Tally.broadcast_id.in_(broadcasts))
    ).one()
    unsettled = session.scalar(
        select(func.count()).where(Broadcast.id.in_(broadcasts), Broadcast.settled_at.is_(None))
    )
    owner = session.scalar(
        select(Lease.owner).where(Lease.name == SCHEDULER, Lease.until > utcnow())
    )
    found = _OWNER.search(owner or "")
    return Sight(int(found[1]) if found else None, int(waiting), int(handed), unsettled or 0)
