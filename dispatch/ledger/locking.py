"""The lock under which a broadcast is changed: its own row, always locked first."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.models import Broadcast
from web.problems.errors import NotFound


class BroadcastNotFound(NotFound):
    """There is no broadcast with this id."""

    slug = "broadcast-not-found"


def lock_broadcast(session: Session, broadcast_id: int) -> Broadcast:
    """Lock a broadcast's row and read it again. Raises :class:`BroadcastNotFound`."""
    broadcast = session.scalars(
        select(Broadcast)
        .where(Broadcast.id == broadcast_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if broadcast is None:
        raise BroadcastNotFound()
    return broadcast
