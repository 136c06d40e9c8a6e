"""The agreed rate of each sender, shared by all workers through one row.

The row holds the moment from which the sender is free. Whoever wants to send takes the next
stretch of time and waits for it to begin: no worker needs to know of another.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from database import utcnow
from dispatch.models import SenderPace


def reserve(
    session: Session, sender: str, units: float, rate: float, *, at_once: bool = False
) -> float:
    """Take the time that ``units`` need at ``rate`` a second; how many seconds to wait for it.

    With ``at_once`` there is no wait: the others wait the longer.
    """
    now = utcnow()
    free_at = max(_locked(session, sender), now)
    _set(session, sender, free_at + timedelta(seconds=units / rate))
    return 0.0 if at_once else (free_at - now).total_seconds()


def give_back(session: Session, sender: str, units: float, rate: float) -> None:
    """Return time that was taken and not used."""
    if units > 0:
        _set(session, sender, _locked(session, sender) - timedelta(seconds=units / rate))


def hold_sender(session: Session, sender: str, seconds: float) -> None:
    """Send nothing by this sender for so long: it asked for it, or it cannot be reached."""
    free_at = max(_locked(session, sender), utcnow() + timedelta(seconds=seconds))
    _set(session, sender, free_at)


def _locked(session: Session, sender: str) -> Any:
    row = select(SenderPace.free_at).where(SenderPace.sender == sender).with_for_update()
    found = session.scalar(row)
    if found is not None:
        return found
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    insert: Any = sqlite.insert if is_sqlite else postgresql.insert
    session.execute(
        insert(SenderPace.__table__)
        .values(sender=sender, free_at=utcnow())
        .on_conflict_do_nothing(index_elements=["sender"])
    )
    return session.scalars(row).one()


def _set(session: Session, sender: str, free_at: Any) -> None:
    session.execute(
        update(SenderPace)
        .where(SenderPace.sender == sender)
        .values(free_at=free_at)
        .execution_options(synchronize_session=False)
    )
