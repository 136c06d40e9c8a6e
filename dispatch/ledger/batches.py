"""Batches: leased to one worker at a time, and claimed slice by slice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Row,
    Select,
    SmallInteger,
    and_,
    bindparam,
    exists,
    or_,
    select,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased, defer

from database import Unopenable, UtcDateTime, among, utcnow
from dispatch.ledger.changes import Change, Locked, count_taken, write_changes
from dispatch.models import (
    RUNNING,
    Batch,
    BatchStatus,
    Broadcast,
    BroadcastContent,
    Channel,
    Contact,
    Delivery,
    DeliveryState,
    Priority,
)
from dispatch.outbox import OUTBOX, OutboxMessage
from dispatch.providers.base import OutgoingMessage, Text

LEAVE_SECONDS = 30.0
"""How long before its lease ends a worker stops handing messages over."""
SUPPRESSED = "suppressed"
"""The code of a delivery that was cancelled because its contact had opted out."""
UNOPENABLE = "unopenable"
"""The code of a delivery that failed because its address or its text could not be opened."""


class Hold(StrEnum):
    """Whether a worker may go on with its batch."""

    GO = "go"
    OVERTAKEN = "overtaken"
    HALTED = "halted"
    LOST = "lost"


@dataclass(frozen=True)
class Claim:
    """A claimed slice: messages to hand over, each with its locked row."""

    hold: Hold
    messages: tuple[OutgoingMessage, ...] = ()
    rows: tuple[Locked, ...] = ()
    units: int = 0
    is_exhausted: bool = False


def may_send(now: Any = None) -> ColumnElement[bool]:
    """The broadcasts whose messages may be sent now."""
    return and_(
        Broadcast.status.in_(RUNNING),
        or_(
            Broadcast.expires_at.is_(None),
            Broadcast.expires_at > (utcnow() if now is None else now),
        ),
    )


def waiting_batches(channel: Any, now: Any = None) -> Select[Batch]:
    """The batches that may be taken on a channel, the next one first.

    Retries keep their place in the order of ids: the nearest people do not wait behind everybody
    else because their first attempt failed.
    """
    now = utcnow() if now is None else now
    return (
        select(Batch)
        .join(Broadcast, Broadcast.id == Batch.broadcast_id)
        .where(
            Batch.status == BatchStatus.WAITING,
            Batch.channel == channel,
            may_send(now),
            ~_goes_first(channel, Batch.rank, now),
        )
        .order_by(Batch.rank, Batch.first_id)
    )


def _goes_first(channel: Any, rank: Any, now: Any) -> Any:
    """Whether a worker holds a batch of a more urgent rank, so that this rank must wait.

    Otherwise the two would share the sender, and the urgent one would take twice as long.
    Messages to a single contact take no time, and delay nobody.
    """
    held = aliased(Batch)
    return exists().where(
        held.status == BatchStatus.HELD,
        held.channel == channel,
        held.rank > Priority.TRANSACTIONAL.rank,
        held.rank < rank,
        held.lease_until > now,
    )


def _overtaken() -> Select[bool]:
    channel, rank = (
        bindparam("channel", type_=Batch.channel.type),
        bindparam("rank", type_=SmallInteger()),
    )
    now = bindparam("now", type_=UtcDateTime())
    waits = waiting_batches(channel, now).with_only_columns(Batch.id).where(Batch.rank < rank)
    return select(or_(waits.exists(), _goes_first(channel, rank, now)))


_OVERTAKEN = _overtaken()
"""Built once: it runs before every slice."""


def next_batch_id(session: Session, channel: Channel, before: int | None = None) -> int | None:
    """The next batch on a channel: the most urgent, then the oldest.

    With ``before``, only one of a more urgent rank than that.
    """
    waiting = waiting_batches(channel).with_only_columns(Batch.id).limit(1)
    return session.scalar(waiting if before is None else waiting.where(Batch.rank < before))


def has_more_urgent(session: Session, rank: int) -> bool:
    """Whether a batch of a more urgent rank is still to be sent, on any channel."""
    unsent = [BatchStatus.WAITING, BatchStatus.HELD]
    return bool(session.scalar(select(exists().where(Batch.status.in_(unsent), Batch.rank < rank))))


def rank_of(session: Session, batch_id: int) -> int | None:
    """The rank of a batch; None if it is gone."""
    return session.scalar(select(Batch.rank).where(Batch.id == batch_id))


def hold_next_batch(session: Session, channel: Channel, owner: str, seconds: float) -> Batch | None:
    """Lease the next batch on a channel for so many seconds; None if there is none.

    Workers that ask at the same time get different batches.
    """
    found = waiting_batches(channel).limit(1).with_for_update(skip_locked=True, of=Batch)
    return _hold(session, session.scalars(found).one_or_none(), owner, seconds)


def hold_batch(session: Session, batch_id: int, owner: str, seconds: float) -> Batch | None:
    """Lease a given batch for so many seconds; None if it is not waiting or may not be sent."""
    found = (
        select(Batch)
        .join(Broadcast, Broadcast.id == Batch.broadcast_id)
        .where(
            Batch.id == batch_id,
            Batch.status == BatchStatus.WAITING,
            may_send(),
        )
        .with_for_update(of=Batch)
    )
    return _hold(session, session.scalars(found).one_or_none(), owner, seconds)


def _hold(session: Session, batch: Batch | None, owner: str, seconds: float) -> Batch | None:
    if batch is not None:
        batch.status, batch.owner = BatchStatus.HELD, owner
        batch.lease_until = utcnow() + timedelta(seconds=seconds)
        session.flush()
    return batch


def hand_back_batch(session: Session, batch: Batch, *, is_done: bool) -> None:
    """Release a batch: for another worker to continue, or as done."""
    session.execute(
        update(Batch)
        .where(Batch.id == batch.id, Batch.owner == batch.owner, Batch.status == BatchStatus.HELD)
        .values(
            status=BatchStatus.DONE if is_done else BatchStatus.WAITING,
            owner=None,
            lease_until=None,
            offered_at=None,
        )
        .execution_options(synchronize_session=False)
    )


def is_overtaken(session: Session, batch: Batch) -> bool:
    """Whether a more urgent batch waits on the same channel, or is being sent."""
    if batch.rank == Priority.TRANSACTIONAL.rank:
        return False
    given = {"channel": batch.channel, "rank": batch.rank, "now": utcnow()}
    return bool(session.scalar(_OVERTAKEN, given))


def claim_slice(session: Session, batch: Batch, limit: int, seconds: float, provider: str) -> Claim:
    """Claim the next deliveries of a held batch, and renew its lease for so many seconds.

    The broadcast's row is locked in shared mode, so that a stop is either seen here or waits
    until this slice has been claimed. Deliveries to contacts that have opted out are cancelled;
    one whose sealed address or text cannot be opened fails without affecting the others.
    """
    broadcast = session.scalars(
        select(Broadcast)
        .where(Broadcast.id == batch.broadcast_id)
        .options(defer(Broadcast.audience_params))
        .with_for_update(read=True)
        .execution_options(populate_existing=True)
    ).one()
    now = utcnow()
    leave_by = now + timedelta(seconds=seconds - LEAVE_SECONDS)
    if not renew_lease(session, batch, seconds):
        return Claim(Hold.LOST)
    if broadcast.status not in RUNNING or is_expired(broadcast):
        return Claim(Hold.HALTED)
    found = session.execute(_due(batch, limit, broadcast)).all()
    opted_out = _opted_out(session, broadcast, found)
    texts = _texts(session, broadcast, {row.content_id for row in found})
    taken: list[Locked] = []
    messages: list[OutgoingMessage] = []
    refused: list[Change] = []
    for number, contact_id, content_id, attempts, deferrals, address in found:
        row = Locked(number, broadcast.id, batch.channel, DeliveryState.QUEUED, attempts, deferrals)
        if address is None or contact_id in opted_out:
            refused.append(Change(row, DeliveryState.CANCELLED, error_code=SUPPRESSED))
            continue
        text = texts.get(content_id)
        if isinstance(address, Unopenable) or text is None:
            refused.append(Change(row, DeliveryState.FAILED, error_code=UNOPENABLE))
            continue
        taken.append(row)
        messages.append(
            OutgoingMessage(number, attempts + 1, contact_id, address, text,
                    broadcast.expires_at, leave_by)
        )  # fmt: skip
    _take(session, batch, taken, now, provider)
    write_changes(session, refused)
    units = sum(message.text.segments for message in messages)
    is_exhausted = len(found) < limit or found[-1].id == batch.last_id
    return Claim(Hold.GO, tuple(messages), tuple(taken), units, is_exhausted)


def _opted_out(session: Session, broadcast: Broadcast, found: Sequence[Row[Any]]) -> set[int]:
    """The contacts among locked deliveries that must not be written to.

    Read after the rows are locked: an opt-out from then on waits for them to be handed over
    (:func:`dispatch.contacts.finish_handover`).
    """
    if broadcast.reaches_suppressed or broadcast.audience_kind == OUTBOX:
        return set()
    contacts = among(session, Contact.id, [row.contact_id for row in found])
    opted_out = select(Contact.id).where(contacts, Contact.suppressed_at.is_not(None))
    return set(session.scalars(opted_out))


def _take(
    session: Session, batch: Batch, taken: Sequence[Locked], now: datetime, provider: str
) -> None:
    """Mark these deliveries as being sent."""
    if not taken:
        return
    session.execute(
        update(Delivery)
        .where(among(session, Delivery.id, [row.id for row in taken]))
        .values(
            state=DeliveryState.SENDING,
            attempts=Delivery.attempts + 1,
            attempted_at=now,
            next_attempt_at=None,
            batch_id=batch.id,
            # If this worker dies, this is the provider to ask what became of them.
            provider=provider,
        )
        .execution_options(synchronize_session=False)
    )
    count_taken(session, batch.broadcast_id, batch.channel, len(taken))


def is_expired(broadcast: Broadcast) -> bool:
    """Whether a broadcast has expired."""
    return broadcast.expires_at is not None and broadcast.expires_at <= utcnow()


def renew_lease(session: Session, batch: Batch, seconds: float) -> bool:
    """Renew the lease of a batch for so many seconds; False if another worker has it now."""
    renewed: CursorResult[Any] = session.execute(  # type: ignore[assignment]
        update(Batch)
        .where(Batch.id == batch.id, Batch.owner == batch.owner, Batch.status == BatchStatus.HELD)
        .values(lease_until=utcnow() + timedelta(seconds=seconds))
        .execution_options(synchronize_session=False)
    )
    return renewed.rowcount == 1


def _due(batch: Batch, limit: int, broadcast: Broadcast) -> Any:
    """The next queued deliveries of a batch, with what is needed to send them."""
    again = Delivery.next_attempt_at
    which = again <= utcnow() if batch.is_retry else again.is_(None)
    address: InstrumentedAttribute[Any] = Contact.address
    recipient = Contact.id == Delivery.contact_id
    if broadcast.audience_kind == OUTBOX:
        address = OutboxMessage.address
        recipient = OutboxMessage.broadcast_id == Delivery.broadcast_id
    return (
        select(
            Delivery.id, Delivery.contact_id, Delivery.content_id, Delivery.attempts,
            Delivery.deferrals, address,
        )
        .outerjoin(address.class_, recipient)
        .where(
            Delivery.broadcast_id == batch.broadcast_id,
            Delivery.channel == batch.channel,
            Delivery.id.between(batch.first_id, batch.last_id),
            Delivery.state == DeliveryState.QUEUED,
            which,
        )
        .order_by(Delivery.id)
        .limit(limit)
        .with_for_update(of=Delivery)
    )  # fmt: skip


def _texts(session: Session, broadcast: Broadcast, ids: set[int | None]) -> dict[int | None, Text]:
    """The texts of deliveries by content id; None is the text in the outbox.

    Texts that cannot be opened are left out.
    """
    if broadcast.audience_kind == OUTBOX:
        return _outbox_text(session, broadcast)
    is_bulk = broadcast.priority is not Priority.TRANSACTIONAL
    texts: dict[int | None, Text] = {}
    for row in session.scalars(select(BroadcastContent).where(BroadcastContent.id.in_(ids))):
        body, subject, html = row.body, row.subject, row.html
        if (
            isinstance(body, Unopenable)
            or isinstance(subject, Unopenable)
            or isinstance(html, Unopenable)
        ):
            continue
        texts[row.id] = Text(row.id, row.language, body, subject, html, row.segments, is_bulk)
    return texts


def _outbox_text(session: Session, broadcast: Broadcast) -> dict[int | None, Text]:
    row = session.scalars(
        select(OutboxMessage).where(OutboxMessage.broadcast_id == broadcast.id)
    ).one()
    body, subject = row.body, row.subject
    if isinstance(body, Unopenable) or isinstance(subject, Unopenable):
        return {}
    return {None: Text(0, row.language, body or "", subject, None, row.segments, is_bulk=False)}
