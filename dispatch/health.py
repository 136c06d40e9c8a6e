"""Whether messages are getting out: for load balancers, monitors and the pages of staff.

It says nothing about anybody: times, and how many.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, jsonify
from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from database import session, utcnow
from dispatch.ledger.batches import may_send
from dispatch.models import Batch, BatchStatus, Broadcast, BroadcastStatus, Channel, Lease, Tally
from web.http import access

LATE_AFTER = timedelta(minutes=1)
"""A broadcast that is due this long and has not begun is late; so is a lease not renewed."""
STALLED_AFTER = timedelta(minutes=5)
"""Longer than any sender is paused (a minute), shorter than staff take to notice."""

blueprint = Blueprint("dispatch_health", __name__, url_prefix="/health")


@dataclass(frozen=True)
class Health:
    """How sending is at a moment. ``scheduler_until`` is None if there never was one."""

    at: datetime
    scheduler_until: datetime | None
    waiting_since: datetime | None
    stalled: int

    @property
    def is_unattended(self) -> bool:
        """Whether no dispatcher has held the schedule for a while."""
        return self.scheduler_until is None or self.scheduler_until < self.at - LATE_AFTER

    @property
    def is_late(self) -> bool:
        """Whether a broadcast that is due has not begun."""
        return self.waiting_since is not None and self.waiting_since < self.at - LATE_AFTER

    @property
    def faults(self) -> list[str]:
        """What is wrong, in a word each."""
        found = {
            "no_dispatcher": self.is_unattended,
            "broadcast_late": self.is_late,
            "broadcast_stalled": self.stalled > 0,
        }
        return [word for word, is_so in found.items() if is_so]

    @property
    def numbers(self) -> dict[str, int | None]:
        """What the faults were judged by: seconds, and how many."""
        held, waiting = self.scheduler_until, self.waiting_since
        return {
            "seconds_without_dispatcher": None if held is None else self._seconds_since(held),
            "seconds_oldest_waits": 0 if waiting is None else self._seconds_since(waiting),
            "broadcasts_stalled": self.stalled,
        }

    def _seconds_since(self, moment: datetime) -> int:
        return max(0, round((self.at - moment).total_seconds()))


def look(session: Session) -> Health:
    """How sending is now."""
    now = utcnow()
    return Health(
        at=now,
        scheduler_until=session.scalar(select(func.max(Lease.until))),
        waiting_since=session.scalar(select(func.min(_due())).where(*_is_waiting(now))),
        stalled=len({row.id for row in session.execute(select_stalled(now))}),
    )


def is_held_up(session: Session, broadcast_ids: list[int]) -> bool:
    """Whether one of these is due for a while, and no dispatcher is there to send it."""
    now = utcnow()
    until = session.scalar(select(func.max(Lease.until)))
    if until is not None and until >= now - LATE_AFTER:
        return False
    return bool(
        session.scalar(
            select(
                exists().where(
                    Broadcast.id.in_(broadcast_ids),
                    Broadcast.settled_at.is_(None),
                    _due() < now - LATE_AFTER,
                )
            )
        )
    )


def select_stalled(now: datetime) -> Select[int, Channel]:
    """Broadcasts, by channel, that have not moved for a while although they could."""
    moving = aliased(Tally)
    return (
        select(Broadcast.id, Tally.channel)
        .join(Tally, Tally.broadcast_id == Broadcast.id)
        .where(
            may_send(now),
            Tally.queued > 0,
            exists().where(
                Batch.broadcast_id == Broadcast.id,
                Batch.channel == Tally.channel,
                Batch.status != BatchStatus.DONE,
            ),
            Broadcast.started_at < now - STALLED_AFTER,
            ~exists().where(
                moving.channel == Tally.channel, moving.moved_at >= now - STALLED_AFTER
            ),
        )
        .order_by(Broadcast.id)
    )


def _due() -> Any:
    return func.coalesce(Broadcast.not_before, Broadcast.created_at)


def _is_waiting(now: datetime) -> tuple[Any, ...]:
    return (
        Broadcast.status == BroadcastStatus.WAITING,
        or_(Broadcast.not_before.is_(None), Broadcast.not_before <= now),
        or_(Broadcast.expires_at.is_(None), Broadcast.expires_at > now),
    )


@blueprint.get("/live")
@access.public
def show_live() -> Response:
    """This process answers; nothing else is asked."""
    return jsonify(status="ok")


@blueprint.get("/ready")
@access.public
def show_ready() -> Response:
    """The database answers, and messages get out; else 503, with what is wrong."""
    health = look(session)
    response = jsonify(
        status="failing" if health.faults else "ok", faults=health.faults, **health.numbers
    )
    response.status_code = 503 if health.faults else 200
    return response
