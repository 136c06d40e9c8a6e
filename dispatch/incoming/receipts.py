"""Delivery reports: stored as they arrive, applied to the ledger in bulk.

They arrive late, twice and in any order. A final state never changes; of several reports on one
delivery the strongest counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from database import among, utcnow
from dispatch.broadcasts import pause_broadcast
from dispatch.contacts import note_opt_out
from dispatch.incoming.receipt_box import receipt_box
from dispatch.ledger.changes import Change, Locked, lock_deliveries, write_changes
from dispatch.models import (
    FINAL,
    Contact,
    Delivery,
    DeliveryState,
    Receipt,
    SuppressionReason,
)
from dispatch.pause_reasons import PauseReason
from dispatch.providers.base import ResultKind
from dispatch.providers.directory import PROVIDERS
from dispatch.providers.webhook_requests import DeliveryReport

log = structlog.get_logger(__name__)

CHUNK = 2_000
"""Reports applied in one transaction."""

_STRENGTH = {
    DeliveryState.SENT: 1,
    DeliveryState.CANCELLED: 2,
    DeliveryState.EXPIRED: 3,
    DeliveryState.FAILED: 4,
    DeliveryState.DELIVERED: 5,
}


@dataclass(frozen=True)
class Reported:
    """A report translated into a state of the ledger."""

    attempt: int
    state: DeliveryState
    provider: str
    provider_ref: str
    error_code: str | None


def store_receipt(delivery_id: int, attempt: int, provider: str, report: DeliveryReport) -> None:
    """Store a verified report on an attempt of a delivery until it is applied.

    It is committed when this returns, in a transaction shared with concurrent reports.
    """
    receipt_box().put(
        {
            "delivery_id": delivery_id,
            "attempt": attempt,
            "provider": provider,
            "provider_ref": report.provider_ref,
            "status": report.status,
            "error_code": report.error_code,
            "received_at": utcnow(),
        }
    )


def apply_receipts(session: Session, limit: int = CHUNK) -> int:
    """Apply the oldest reports to the ledger, and return how many."""
    receipts = session.scalars(
        select(Receipt).order_by(Receipt.id).limit(limit).with_for_update(skip_locked=True)
    ).all()
    if not receipts:
        return 0
    reports: dict[int, list[Reported]] = defaultdict(list)
    for receipt in receipts:
        state = PROVIDERS[receipt.provider].state_of(receipt.status, receipt.error_code)
        if state is not None:
            reports[receipt.delivery_id].append(
                Reported(receipt.attempt, state, receipt.provider, receipt.provider_ref,
                     receipt.error_code)
            )  # fmt: skip
    rows = lock_deliveries(session, reports.keys())
    changes = [
        change
        for delivery_id, row in rows.items()
        if (change := merge_reports(row, reports[delivery_id])) is not None
    ]
    write_changes(session, changes)
    session.execute(
        delete(Receipt)
        .where(among(session, Receipt.id, [receipt.id for receipt in receipts]))
        .execution_options(synchronize_session=False)
    )
    _act_on_codes(session, changes)
    log.info("receipts_applied", receipts=len(receipts), deliveries=len(changes))
    return len(receipts)


def merge_reports(row: Locked, reports: Sequence[Reported]) -> Change | None:
    """The change that reports make to a delivery; None if they change nothing.

    A report on an earlier attempt counts only if it says that the message was delivered.
    """
    if row.state in FINAL:
        return None
    telling = [
        report
        for report in reports
        if report.attempt == row.attempts or report.state is DeliveryState.DELIVERED
    ]
    if not telling:
        return None
    best = max(telling, key=lambda report: _STRENGTH[report.state])
    if row.state is best.state:
        return None
    return Change(
        row,
        best.state,
        provider=best.provider,
        provider_ref=best.provider_ref,
        error_code=best.error_code,
    )


def _act_on_codes(session: Session, changes: Sequence[Change]) -> None:
    """Suppress contacts reported as opted out, and pause broadcasts with a configuration error."""
    opted_out: list[int] = []
    faulty: dict[int, PauseReason] = {}
    for change in changes:
        if change.state is not DeliveryState.FAILED or change.error_code is None:
            continue
        known = PROVIDERS.get(change.provider or "")
        kind = known.meaning_of(change.error_code) if known is not None else None
        if kind is ResultKind.OPTED_OUT:
            opted_out.append(change.row.id)
        elif kind is ResultKind.CONFIGURATION:
            reason = PauseReason.configuration(change.provider or "", change.error_code)
            faulty[change.row.broadcast_id] = reason
    if opted_out:
        contacts = session.scalars(
            select(Contact)
            .join(Delivery, Delivery.contact_id == Contact.id)
            .where(Delivery.id.in_(opted_out))
        )
        for contact in contacts.all():
            note_opt_out(session, contact, SuppressionReason.PROVIDER_OPT_OUT)
    for broadcast_id in sorted(faulty):
        pause_broadcast(session, broadcast_id, faulty[broadcast_id])
