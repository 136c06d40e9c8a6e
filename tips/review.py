"""Reviewing tips: mark, note, take, move. Each change is in the history and the audit trail."""

from __future__ import annotations

import structlog
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from audit.trail import record
from cases.errors import CaseNotFound, SeveralCases
from cases.lookup import find_case_by_reference
from cases.references import parse_case_reference
from staff.actor import Actor
from tips.errors import InvalidMove
from tips.filing import place_on_case
from tips.inbox import find_tip
from tips.models import Placement, Tip, TipEvent, TipEventKind, TipStatus

log = structlog.get_logger(__name__)


def mark_tip(
    session: Session, actor: Actor, tip_id: int, status: TipStatus, note: str | None = None
) -> Tip:
    """Mark how useful a tip is; ``note`` is for colleagues and stored sealed.

    Repeating the same mark without a note changes nothing.
    """
    tip = find_tip(session, actor, tip_id, lock=True)
    if tip.status is status and not note:
        return tip
    before, tip.status = tip.status, status
    _write(session, tip, TipEventKind.MARKED, actor, status=status, note=note)
    record(
        session, actor, "tip.marked", "tip", tip.id,
        before=before.value, after=status.value, noted=bool(note),
    )  # fmt: skip
    log.info("tip_marked", tip=tip.id, before=before.value, after=status.value)
    return tip


def note_tip(session: Session, actor: Actor, tip_id: int, note: str) -> Tip:
    """Write a note for colleagues, stored sealed, without marking the tip."""
    tip = find_tip(session, actor, tip_id, lock=True)
    _write(session, tip, TipEventKind.NOTED, actor, note=note)
    record(session, actor, "tip.noted", "tip", tip.id)
    return tip


def take_tip(session: Session, actor: Actor, tip_id: int) -> Tip:
    """Assign a tip to the actor, so that nobody else does the same work."""
    tip = find_tip(session, actor, tip_id, lock=True)
    if tip.assigned_to != actor.staff_id:
        before, tip.assigned_to = tip.assigned_to, actor.staff_id
        _write(session, tip, TipEventKind.TAKEN, actor)
        record(session, actor, "tip.taken", "tip", tip.id, before=before)
    return tip


def release_tip(session: Session, actor: Actor, tip_id: int) -> Tip:
    """Unassign a tip."""
    tip = find_tip(session, actor, tip_id, lock=True)
    if tip.assigned_to is not None:
        before, tip.assigned_to = tip.assigned_to, None
        _write(session, tip, TipEventKind.RELEASED, actor)
        record(session, actor, "tip.released", "tip", tip.id, before=before)
    return tip


def set_urgency(session: Session, actor: Actor, tip_id: int, urgent: bool) -> Tip:
    """Say whether a tip is urgent, without judging how useful it is."""
    tip = find_tip(session, actor, tip_id, lock=True)
    if tip.urgent is not urgent:
        tip.urgent = urgent
        kind = TipEventKind.CALLED_URGENT if urgent else TipEventKind.CALLED_CALM
        _write(session, tip, kind, actor)
        record(session, actor, f"tip.{kind.value}", "tip", tip.id)
        log.info("tip_urgency_changed", tip=tip.id, urgent=urgent)
    return tip


def move_tip(
    session: Session, actor: Actor, tip_id: int, reference: str, reason: str | None = None
) -> Tip:
    """Move a tip to another case, or from the queue to a case. The actor must have access to both.

    Raises :class:`InvalidMove` if the reference is malformed, matches none of the actor's cases,
    or is the tip's current case. Moving a tip off a case requires a ``reason``.
    """
    tip = find_tip(session, actor, tip_id, lock=True)
    normalised = parse_case_reference(reference)
    if normalised is None:
        raise _refuse(
            "reference",
            _("»%(typed)s« er ikke et sagsnummer. Skriv det som 0900-10161-00018-24.",
              typed=reference.strip()[:40]),
        )  # fmt: skip
    try:
        target = find_case_by_reference(session, actor, normalised)
    except (CaseNotFound, SeveralCases) as error:
        raise _refuse("reference", str(error.detail)) from error
    if tip.case_id == target.id:
        raise _refuse("reference", _("Tippet ligger allerede på den sag."))
    if tip.case_id is not None and not reason:
        raise _refuse("reason", _("Skriv, hvorfor tippet flyttes."))
    before = tip.case_id
    place_on_case(session, tip, target, Placement.STAFF, actor=actor, note=reason)
    record(session, actor, "tip.moved", "tip", tip.id, before=before, after=target.id)
    log.info("tip_moved", tip=tip.id, before=before, after=target.id)
    return tip


def _refuse(name: str, message: str) -> InvalidMove:
    return InvalidMove(message, fields={name: [message]})


def _write(
    session: Session,
    tip: Tip,
    kind: TipEventKind,
    actor: Actor,
    *,
    status: TipStatus | None = None,
    note: str | None = None,
) -> None:
    session.add(
        TipEvent(tip_id=tip.id, kind=kind, staff_id=actor.staff_id, status=status, note=note)
    )
    session.flush()
