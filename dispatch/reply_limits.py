"""How many replies one sender gets: another machine may be answering ours.

Counted in the database, so that the limits hold across processes, by the hour of the clock. The
sender is known only by a keyed hash that is different for every hour and found nowhere else.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import CursorResult, LargeBinary, delete, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from database import Base, Domain, UtcDateTime, blind_index, insert_or_ignore, utcnow, whole_hour


class ReplyKind(StrEnum):
    """What a reply is for. All but ordinary ones have a few places of their own."""

    ORDINARY = "ordinary"
    STOPPED = "stopped"
    BEGUN_AGAIN = "begun_again"
    SETTLED = "settled"
    WARNING = "warning"
    LAST = "last"


REPLIES_AN_HOUR = {
    ReplyKind.ORDINARY: 10,
    ReplyKind.STOPPED: 1,
    ReplyKind.BEGUN_AGAIN: 1,
    ReplyKind.SETTLED: 3,
    ReplyKind.WARNING: 3,
    ReplyKind.LAST: 1,
}
"""However much somebody writes, their first STOP and START are confirmed and danger is answered by
112; three times they read what they follow or have deleted, or are asked about it; and once they
are told that what they write now is read, and not answered."""


class ReplyCount(Base):
    """The replies of one kind that a sender got in one hour."""

    __tablename__ = "reply_count"

    sender_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    hour: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    replies: Mapped[int] = mapped_column(default=0)


def may_reply(session: Session, sender: str, kind: ReplyKind) -> bool:
    """Whether one more reply may go to this sender now; if so, it is counted."""
    return _count(session, sender, kind) or _count(session, sender, ReplyKind.ORDINARY)


def _count(session: Session, sender: str, kind: ReplyKind) -> bool:
    hour = whole_hour()
    key = blind_index(Domain.TIPS, f"reply:{kind}:{hour:%Y%m%d%H}:{sender}")
    session.execute(
        insert_or_ignore(session, ReplyCount, "sender_hash").values(
            sender_hash=key, hour=hour, replies=0
        )
    )
    counted: CursorResult[Any] = session.execute(  # type: ignore[assignment]
        update(ReplyCount)
        .where(ReplyCount.sender_hash == key, ReplyCount.replies < REPLIES_AN_HOUR[kind])
        .values(replies=ReplyCount.replies + 1)
        .execution_options(synchronize_session=False)
    )
    return bool(counted.rowcount)


def forget_reply_counts(session: Session) -> None:
    """Delete the counts of hours that are over."""
    session.execute(delete(ReplyCount).where(ReplyCount.hour < utcnow() - timedelta(hours=1)))
