"""Writes to the ledger: deliveries change state, and the tallies with them.

Locks are always taken in the same order, so that transactions cannot deadlock: the broadcast's
row, then deliveries by id, then tallies.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple, cast

import orjson
from sqlalchemy import (
    JSON,
    BigInteger,
    CursorResult,
    DateTime,
    FromClause,
    SmallInteger,
    String,
    Table,
    Text,
    bindparam,
    case,
    column,
    func,
    literal,
    null,
    select,
    update,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from database import UtcDateTime, among, is_sqlite, utcnow
from dispatch.models import FINAL, Batch, BatchStatus, Channel, Delivery, DeliveryState, Tally

CLOSING_BATCHES = 200
"""Batches whose queued deliveries are closed in one transaction."""
CLOSING_TIMED = 100_000
"""Deliveries with a time of their own (retries, due later) closed in one transaction."""


class Locked(NamedTuple):
    """A ledger row as it was found and locked."""

    id: int
    broadcast_id: int
    channel: Channel
    state: DeliveryState
    attempts: int
    deferrals: int
    error_code: str | None = None


class Change(NamedTuple):
    """The new state of a locked row. Provider, reference, code and segments: None keeps them."""

    row: Locked
    state: DeliveryState
    next_attempt_at: datetime | None = None
    provider: str | None = None
    provider_ref: str | None = None
    error_code: str | None = None
    segments: int | None = None
    deferred: bool = False


def lock_deliveries(session: Session, ids: Collection[int]) -> dict[int, Locked]:
    """Lock rows in the order of their ids, and return them by id."""
    rows = session.execute(
        select(
            Delivery.id, Delivery.broadcast_id, Delivery.channel, Delivery.state,
            Delivery.attempts, Delivery.deferrals, Delivery.error_code,
        )
        .where(among(session, Delivery.id, ids))
        .order_by(Delivery.id)
        .with_for_update()
    )  # fmt: skip
    return {row[0]: Locked._make(row) for row in rows}


def write_changes(session: Session, changes: Collection[Change]) -> None:
    """Write the new states of locked rows in one statement, and update the tallies."""
    if not changes:
        return
    rows = _as_rows(session, [_to_json(session, change) for change in changes])
    session.execute(
        update(Delivery)
        .where(Delivery.id == rows.c.id)
        .values(
            state=rows.c.state,
            next_attempt_at=rows.c.next_attempt_at,
            provider=func.coalesce(rows.c.provider, Delivery.provider),
            provider_ref=func.coalesce(rows.c.provider_ref, Delivery.provider_ref),
            error_code=case(
                (rows.c.state.in_(_FINE), null()),
                else_=func.coalesce(rows.c.error_code, Delivery.error_code),
            ),
            segments=func.coalesce(rows.c.segments, Delivery.segments),
            deferrals=Delivery.deferrals + rows.c.deferred,
            settled_at=case(
                (rows.c.state.in_(_FINAL), literal(utcnow(), _TIME)),
                else_=Delivery.settled_at,
            ),
        )
        .execution_options(synchronize_session=False)
    )
    count_moved(session, changes)


_FINAL = [state.value for state in FINAL]
_FINE = [DeliveryState.SENT.value, DeliveryState.DELIVERED.value]
# Made once: a statement with a new type object would be compiled again each time.
_JSON, _TEXT, _TIME = JSON(), Text(), UtcDateTime()
_COLUMNS: dict[str, TypeEngine[Any]] = {
    "id": BigInteger(),
    "state": String(),
    "next_attempt_at": DateTime(timezone=True),
    "provider": String(),
    "provider_ref": String(),
    "error_code": String(),
    "segments": SmallInteger(),
    "deferred": SmallInteger(),
}


def _as_rows(session: Session, values: list[dict[str, Any]]) -> FromClause:
    """A list of JSON objects as a table: a single bound value, however many rows."""
    payload = literal(orjson.dumps(values).decode(), _TEXT)
    if is_sqlite(session):
        each = func.json_each(payload).table_valued("value", name="each")
        return select(
            *(
                func.json_extract(each.c.value, f"$.{name}", type_=kind).label(name)
                for name, kind in _COLUMNS.items()
            )
        ).subquery("changed")
    columns = (column(name, kind) for name, kind in _COLUMNS.items())
    return (
        func.json_to_recordset(sql_cast(payload, _JSON))
        .table_valued(*columns)
        .render_derived(name="changed", with_types=True)
    )


def _to_json(session: Session, change: Change) -> dict[str, Any]:
    return {
        "id": change.row.id,
        "state": change.state.value,
        "next_attempt_at": _stored_time(session, change.next_attempt_at),
        "provider": change.provider,
        "provider_ref": change.provider_ref,
        "error_code": change.error_code,
        "segments": change.segments,
        "deferred": int(change.deferred),
    }


def _stored_time(session: Session, moment: datetime | None) -> str | None:
    """A time as the database stores it (SQLite: text without a zone)."""
    if moment is None:
        return None
    if is_sqlite(session):
        return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"
    return moment.isoformat()


# --- Whole ranges ------------------------------------------------------------------------


def close_queued(
    session: Session, broadcast_id: int, state: DeliveryState, code: str | None = None
) -> int:
    """Move queued deliveries of a locked broadcast to a final state; returns how many.

    At most those of :data:`CLOSING_BATCHES` batches and :data:`CLOSING_TIMED` others per channel,
    to keep the transaction short: call it again until nothing is left.
    """
    closed = 0
    for channel in session.scalars(
        select(Tally.channel).where(Tally.broadcast_id == broadcast_id).order_by(Tally.channel)
    ).all():
        number = _close_retries(session, broadcast_id, channel, state, code)
        number += _close_batches(session, broadcast_id, channel, state, code)
        _change_tally(
            session, broadcast_id, channel, Counter({"queued": -number, state.value: number})
        )
        closed += number
    return closed


def _close_retries(
    session: Session, broadcast_id: int, channel: Channel, state: DeliveryState, code: str | None
) -> int:
    some = (
        select(Delivery.id)
        .where(
            Delivery.broadcast_id == broadcast_id,
            Delivery.channel == channel,
            Delivery.state == DeliveryState.QUEUED,
            Delivery.next_attempt_at.is_not(None),
        )
        .order_by(Delivery.id)
        .limit(CLOSING_TIMED)
    )
    return _close(session, state, code, Delivery.id.in_(some))


def _close_batches(
    session: Session, broadcast_id: int, channel: Channel, state: DeliveryState, code: str | None
) -> int:
    first_ones = (
        select(Batch.id, Batch.first_id, Batch.last_id)
        .where(
            Batch.broadcast_id == broadcast_id,
            Batch.channel == channel,
            Batch.status == BatchStatus.WAITING,
        )
        .order_by(Batch.id)
        .limit(CLOSING_BATCHES)
        .subquery()
    )
    first, last, last_batch = session.execute(
        select(
            func.min(first_ones.c.first_id),
            func.max(first_ones.c.last_id),
            func.max(first_ones.c.id),
        )
    ).one()
    if first is None:
        return 0
    number = _close(
        session, state, code,
        Delivery.broadcast_id == broadcast_id,
        Delivery.channel == channel,
        Delivery.id.between(first, last),
    )  # fmt: skip
    session.execute(
        update(Batch)
        .where(
            Batch.broadcast_id == broadcast_id,
            Batch.channel == channel,
            Batch.status == BatchStatus.WAITING,
            Batch.id <= last_batch,
        )
        .values(status=BatchStatus.DONE)
        .execution_options(synchronize_session=False)
    )
    return number


def _close(session: Session, state: DeliveryState, code: str | None, *which: Any) -> int:
    closed: CursorResult[Any] = session.execute(  # type: ignore[assignment]
        update(Delivery)
        .where(Delivery.state == DeliveryState.QUEUED, *which)
        .values(state=state, error_code=code, next_attempt_at=None, settled_at=utcnow())
        .execution_options(synchronize_session=False)
    )
    return closed.rowcount


# --- Counting ----------------------------------------------------------------------------


def count_new(session: Session, broadcast_id: int, numbers: Mapping[Channel, int]) -> None:
    """Add new queued deliveries, by channel, to the tallies."""
    for channel in sorted(numbers):
        _change_tally(session, broadcast_id, channel, Counter(queued=numbers[channel]))


def note_later(
    session: Session, broadcast_id: int, channel: Channel, number: int, last_due_at: datetime
) -> None:
    """Record on the tally how many new deliveries are due later, and when the last one is."""
    latest = case((Tally.last_due_at > last_due_at, Tally.last_due_at), else_=last_due_at)
    session.execute(
        update(Tally)
        .where(Tally.broadcast_id == broadcast_id, Tally.channel == channel)
        .values(later=Tally.later + number, last_due_at=latest)
        .execution_options(synchronize_session=False)
    )


def count_taken(session: Session, broadcast_id: int, channel: Channel, number: int) -> None:
    """Move so many deliveries from queued to sending in the tally."""
    _change_tally(session, broadcast_id, channel, Counter(queued=-number, sending=number))


def count_moved(session: Session, changes: Iterable[Change]) -> None:
    """Update the tallies for changed states and segments sent."""
    kinds = Counter(
        (change.row.broadcast_id, change.row.channel, change.row.state, change.state,
         change.segments or 0)
        for change in changes
    )  # fmt: skip
    sums: dict[tuple[int, Channel], Counter[str]] = defaultdict(Counter)
    for (broadcast_id, channel, before, after, segments), number in kinds.items():
        counter = sums[broadcast_id, channel]
        counter[before.value] -= number
        counter[after.value] += number
        counter["segments"] += number * segments
    for broadcast_id, channel in sorted(sums):
        _change_tally(session, broadcast_id, channel, sums[broadcast_id, channel])


def _change_tally(
    session: Session, broadcast_id: int, channel: Channel, change: Counter[str]
) -> None:
    if not any(change.values()):
        return
    counted = {f"more_{name}": change[name] for name in _COUNTED}
    session.execute(
        _COUNT,
        {"of_broadcast": broadcast_id, "of_channel": channel, "now": utcnow(), **counted},
    )


_TALLY = cast("Table", Tally.__table__)
_COUNTED = (*(state.value for state in DeliveryState), "segments")
_COUNT = (
    update(_TALLY)
    .where(
        _TALLY.c.broadcast_id == bindparam("of_broadcast"),
        _TALLY.c.channel == bindparam("of_channel"),
    )
    .values(
        {
            "moved_at": bindparam("now", type_=_TIME),
            **{name: _TALLY.c[name] + bindparam(f"more_{name}") for name in _COUNTED},
        }
    )
)
"""Built once: it runs twice for each slice."""
