"""Delivery reports: stored as they arrive, applied to the ledger in bulk.

They arrive late, twice and in any order, one by one or together: the strongest report on a
delivery counts, also against a final state, so that all orders end in the same one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import structlog
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from database import among, utcnow
from dispatch.broadcasts import pause_broadcast
from dispatch.contacts import note_opt_out
from dispatch.incoming.receipt_box import receipt_box
from dispatch.ledger.changes import Change, Locked, lock_deliveries, write_changes
from dispatch.models import (
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


@dataclass(frozen=True)
class ReportedCode:
    """An error code as reported, whatever the report does to its delivery."""

    delivery_id: int
    attempt: int
    provider: str
    code: str

    @classmethod
    def of(cls, receipt: Receipt) -> Self:
        """The code of a report that has one."""
        return cls(receipt.delivery_id, receipt.attempt, receipt.provider, receipt.error_code or "")


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
    codes: list[ReportedCode] = []
    for receipt in receipts:
        state = PROVIDERS[receipt.provider].state_of(receipt.status, receipt.error_code)
        if state is not None:
            reports[receipt.delivery_id].append(
                Reported(receipt.attempt, state, receipt.provider, receipt.provider_ref,
                     receipt.error_code)
            )  # fmt: skip
        if receipt.error_code is not None:
            codes.append(ReportedCode.of(receipt))
    rows = lock_deliveries(session, {receipt.delivery_id for receipt in receipts})
    changes = [
        change
        for delivery_id, row in rows.items()
        if (change := merge_reports(row, reports.get(delivery_id, ()))) is not None
    ]
    write_changes(session, changes)
    session.execute(
        delete(Receipt)
        .where(among(session, Receipt.id, [receipt.id for receipt in receipts]))
        .execution_options(synchronize_session=False)
    )
    _act_on_codes(session, rows, codes)
    log.info("receipts_applied", receipts=len(receipts), deliveries=len(changes))
    return len(receipts)


def merge_reports(row: Locked, reports: Sequence[Reported]) -> Change | None:
    """The change that reports make to a delivery; None if they change nothing.

    A report on an earlier attempt counts only if it says that the message was delivered.
    """
    telling = [
        report
        for report in reports
        if report.attempt == row.attempts or report.state is DeliveryState.DELIVERED
    ]
    best = max(telling, key=_strength, default=None)
    if best is None or _STRENGTH[best.state] <= _STRENGTH.get(row.state, 0):
        return None
    return Change(
        row,
        best.state,
        provider=best.provider,
        provider_ref=best.provider_ref,
        error_code=best.error_code,
    )


def _strength(report: Reported) -> tuple[int, str]:
    return _STRENGTH[report.state], report.error_code or ""


def _act_on_codes(
    session: Session, rows: Mapping[int, Locked], codes: Sequence[ReportedCode]
) -> None:
    """Suppress contacts reported as opted out, and pause broadcasts with a configuration error.

    An opt-out counts whatever else is reported about its delivery. One that the delivery already
    has was acted on: a person who has signed up again since then stays signed up.
    """
    opted_out: list[int] = []
    faulty: dict[int, PauseReason] = {}
    for said in codes:
        row = rows.get(said.delivery_id)
        if row is None or row.error_code == said.code:
            continue
        kind = PROVIDERS[said.provider].meaning_of(said.code)
        if kind is ResultKind.OPTED_OUT:
            opted_out.append(row.id)
        elif kind is ResultKind.CONFIGURATION and said.attempt == row.attempts:
            faulty[row.broadcast_id] = PauseReason.configuration(said.provider, said.code)
    if opted_out:
        contacts = session.scalars(
            select(Contact)
            .join(Delivery, Delivery.contact_id == Contact.id)
            .where(among(session, Delivery.id, opted_out))
        )
        for contact in contacts.all():
            note_opt_out(session, contact, SuppressionReason.PROVIDER_OPT_OUT)
    for broadcast_id in sorted(faulty):
        pause_broadcast(session, broadcast_id, faulty[broadcast_id])
