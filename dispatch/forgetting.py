"""What the ledger forgets, so that it does not tell for ever who was written to.

Tallies stay: how many messages were sent, delivered and lost is known as long as the broadcast is.
That of an alert goes with the alert, one to a single person as the settings say.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, exists, func, select, update
from sqlalchemy.orm import Session

from database import among, for_row, utcnow, whole_hour
from dispatch.models import (
    Batch,
    Broadcast,
    BroadcastContent,
    Delivery,
    InboundRecord,
    Tally,
)
from dispatch.outbox import OUTBOX, OutboxMessage
from dispatch.reply_limits import forget_reply_counts

KEPT_INBOUND = timedelta(days=30)
"""How long inbound ids are kept, to recognise a message that the provider repeats."""
KEPT_CONTENTS = timedelta(days=7)
"""How long the text of a message to one contact is kept: it can hold a code or a link."""
KEPT_REPLIES = timedelta(days=2)
"""How long it is kept when a reply was sent: longer than providers are asked about it."""
AT_ONCE = 10_000
"""Rows forgotten in one transaction."""
BROADCASTS_AT_ONCE = 500
MESSAGES_AT_ONCE = 2_000


def forget_old(session: Session) -> int:
    """Forget what is too old, a bounded number of rows; returns how many."""
    forget_reply_counts(session)
    return (
        _forget_inbound(session)
        + _blank_personal_texts(session)
        + _forget_replies(session)
        + forget_recipients(
            session,
            (Broadcast.audience_kind == "contact")
            & (Broadcast.settled_at < utcnow() - KEPT_CONTENTS),
        )
    )


def forget_recipients(session: Session, which: ColumnElement[bool]) -> int:
    """Forget whom these settled broadcasts were sent to; returns how many rows are gone.

    Of many rows, some are left for the next time. A delivery report that comes later is dropped.
    """
    settled = session.scalars(
        select(Broadcast.id)
        .where(
            which,
            Broadcast.settled_at.is_not(None),
            exists().where(Delivery.broadcast_id == Broadcast.id),
        )
        .limit(BROADCASTS_AT_ONCE)
    ).all()
    ids = session.scalars(
        select(Delivery.id).where(Delivery.broadcast_id.in_(settled)).limit(AT_ONCE)
    ).all()
    if not ids:
        return 0
    for table, rows in (
        (Delivery, among(session, Delivery.id, ids)),
        (Batch, Batch.broadcast_id.in_(settled)),
    ):
        session.execute(delete(table).where(rows).execution_options(synchronize_session=False))
    return len(ids)


def count_recipients(session: Session, which: ColumnElement[bool]) -> int:
    """How many rows say to whom these settled broadcasts were sent."""
    settled = select(Broadcast.id).where(which, Broadcast.settled_at.is_not(None))
    rows = select(func.count(Delivery.id)).where(Delivery.broadcast_id.in_(settled))
    return session.scalar(rows) or 0


def count_messages(session: Session, before: datetime) -> int:
    """How many messages to a single person were settled before a time."""
    return session.scalar(select(func.count(Broadcast.id)).where(_is_old_message(before))) or 0


def forget_messages(session: Session, before: datetime) -> int:
    """Delete some messages to single persons that were settled before a time; returns how many."""
    ids = session.scalars(
        select(Broadcast.id)
        .where(
            _is_old_message(before),
            # Its recipient is forgotten sooner, and by itself.
            ~exists().where(Delivery.broadcast_id == Broadcast.id),
        )
        .order_by(Broadcast.settled_at)
        .limit(MESSAGES_AT_ONCE)
    ).all()
    forget_broadcasts(session, ids)
    return len(ids)


def _is_old_message(before: datetime) -> ColumnElement[bool]:
    return Broadcast.audience_kind.in_(["contact", OUTBOX]) & (Broadcast.settled_at < before)


def forget_broadcasts(session: Session, ids: Collection[int]) -> None:
    """Delete broadcasts whose recipients have been forgotten, with their texts and tallies."""
    if ids:
        session.execute(
            delete(Broadcast)
            .where(among(session, Broadcast.id, ids))
            .execution_options(synchronize_session=False)
        )


def _forget_inbound(session: Session) -> int:
    ids = session.scalars(
        select(InboundRecord.id)
        .where(
            InboundRecord.handled_at.is_not(None),
            InboundRecord.received_at < utcnow() - KEPT_INBOUND,
        )
        .order_by(InboundRecord.id)
        .limit(AT_ONCE)
    ).all()
    if ids:
        session.execute(
            delete(InboundRecord)
            .where(among(session, InboundRecord.id, ids))
            .execution_options(synchronize_session=False)
        )
    return len(ids)


def _blank_personal_texts(session: Session) -> int:
    personal = select(Broadcast.id).where(
        Broadcast.audience_kind == "contact", Broadcast.settled_at < utcnow() - KEPT_CONTENTS
    )
    texts = session.execute(
        select(BroadcastContent.id, BroadcastContent.broadcast_id)
        .where(
            BroadcastContent.broadcast_id.in_(personal),
            BroadcastContent.page_url.is_distinct_from(""),
        )
        .order_by(BroadcastContent.id)
        .limit(AT_ONCE)
    ).all()
    if texts:
        # A sealed value is bound to its row, the empty text too.
        session.execute(
            update(BroadcastContent),
            [
                {
                    "id": text.id, "body": for_row("", text.id), "subject": None, "html": None,
                    "page_url": "",
                }
                for text in texts
            ],
        )  # fmt: skip
        session.execute(
            update(Broadcast)
            .where(among(session, Broadcast.id, {text.broadcast_id for text in texts}))
            .values(audience_params={})
            .execution_options(synchronize_session=False)
        )
    return len(texts)


def _forget_replies(session: Session) -> int:
    """Forget the ids that providers gave to replies, and when exactly they left."""
    old = session.execute(
        select(Broadcast.id, Broadcast.settled_at)
        .join(OutboxMessage, OutboxMessage.broadcast_id == Broadcast.id)
        .where(Broadcast.audience_kind == OUTBOX, Broadcast.settled_at < utcnow() - KEPT_REPLIES)
        .order_by(Broadcast.id)
        .limit(AT_ONCE)
    ).all()
    if not old:
        return 0
    ids = [row.id for row in old]
    for table in (Delivery, Batch, OutboxMessage):
        session.execute(
            delete(table)
            .where(among(session, table.broadcast_id, ids))
            .execution_options(synchronize_session=False)
        )
    session.execute(
        update(Tally)
        .where(among(session, Tally.broadcast_id, ids))
        .values(moved_at=None)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(Broadcast),
        [
            {
                "id": row.id, "created_at": hour, "started_at": hour, "expanded_at": hour,
                "settled_at": hour, "expires_at": None,
            }
            for row in old
            if (hour := whole_hour(row.settled_at))
        ],
    )  # fmt: skip
    return len(ids)
