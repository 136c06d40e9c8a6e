"""Control of what was published: cancelling, stopping, pausing and resuming."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.errors import NotBeingSent, NotPaused
from alerts.lifecycle import allows, lock, move, refuse
from alerts.models import Alert, AlertRelease, AlertStatus, ReleaseWave
from alerts.releasing.publishing import start_if_due
from alerts.releasing.releases import list_releases
from audit.trail import record
from dispatch.broadcasts import (
    PauseReason,
    pause_broadcast,
    resume_broadcast,
    stop_broadcast,
)
from dispatch.models import Broadcast, BroadcastStatus
from staff.actor import Actor, require_districts


def cancel_alert(session: Session, actor: Actor, alert: Alert) -> Alert:
    """Cancel a draft, or a scheduled alert that is not due yet. Nobody is notified."""
    _begin(session, actor, alert)
    move(session, alert, AlertStatus.CANCELLED, actor)
    for made in list_releases(session, alert):
        for broadcast_id in made.broadcast_ids:
            stop_broadcast(session, broadcast_id)
    return alert


def stop_alert(session: Session, actor: Actor, alert: Alert) -> Alert:
    """Stop what is being sent: those not yet written to will not be.

    An alert still being sent becomes stopped. One already sent keeps its state when an update or
    its closure is stopped. Raises IllegalMove if nothing is being sent.
    """
    _begin(session, actor, alert)
    unfinished = unfinished_broadcasts(session, alert)
    if allows(alert.status, AlertStatus.STOPPED):
        move(session, alert, AlertStatus.STOPPED, actor)
    elif not unfinished or alert.status is AlertStatus.SCHEDULED:
        raise refuse(alert)
    else:
        _note(session, actor, alert, "alert.release_stopped", list(unfinished))
    for broadcast_id in unfinished:
        stop_broadcast(session, broadcast_id)
    return alert


def pause_alert(session: Session, actor: Actor, alert: Alert) -> Alert:
    """Pause everything of it that is being sent, until it is resumed or stopped.

    Raises :class:`NotBeingSent` if nothing could be paused, or NotAllowed.
    """
    _begin(session, actor, alert)
    unfinished = unfinished_broadcasts(session, alert)
    if alert.status is AlertStatus.SCHEDULED:
        raise _not_being_sent(
            alert, _("Varslet er planlagt og bliver ikke sendt endnu. Du kan annullere det.")
        )
    reason = PauseReason.staff(actor.staff_id)
    held = [
        broadcast_id
        for broadcast_id, status in unfinished.items()
        if status is not BroadcastStatus.PAUSED
        and pause_broadcast(session, broadcast_id, reason).status is BroadcastStatus.PAUSED
    ]
    if held:
        _note(session, actor, alert, "alert.paused", held)
        return alert
    if BroadcastStatus.PAUSED in unfinished.values():
        raise _not_being_sent(
            alert, _("Udsendelsen er allerede sat på pause. Du kan genoptage eller stoppe den.")
        )
    if unfinished:
        raise _not_being_sent(
            alert, _("Udsendelsen er ikke begyndt. Prøv igen om et øjeblik, eller stop den.")
        )
    raise _not_being_sent(alert, _("Der bliver ikke sendt noget om varslet lige nu."))


def resume_alert(session: Session, actor: Actor, alert: Alert) -> Alert:
    """Resume everything of it that was paused, by an officer or by the system.

    Raises :class:`NotPaused` if nothing was paused, or NotAllowed.
    """
    _begin(session, actor, alert)
    held = _held(session, alert)
    if not held:
        raise NotPaused(
            _("Udsendelsen er ikke sat på pause, så der er intet at genoptage."),
            state=alert.status.value,
        )
    for broadcast_id in held:
        resume_broadcast(session, broadcast_id)
    reasons = dict.fromkeys(reason for reason in held.values() if reason)
    _note(
        session, actor, alert, "alert.resumed", list(held),
        reasons=[reason.to_json() for reason in reasons],
    )  # fmt: skip
    return alert


def _begin(session: Session, actor: Actor, alert: Alert) -> None:
    lock(session, alert)
    require_districts(actor, alert.district_codes)
    start_if_due(session, alert)


def unfinished_broadcasts(session: Session, alert: Alert) -> dict[int, BroadcastStatus]:
    """The alert's broadcasts with something still to send, and their states."""
    rows = session.execute(
        select(Broadcast.id, Broadcast.status)
        .join(ReleaseWave, ReleaseWave.broadcast_id == Broadcast.id)
        .join(AlertRelease, AlertRelease.id == ReleaseWave.release_id)
        .where(
            AlertRelease.alert_id == alert.id,
            Broadcast.settled_at.is_(None),
            Broadcast.status != BroadcastStatus.STOPPED,
        )
        .order_by(Broadcast.id)
    )
    return {row.id: row.status for row in rows}


def _held(session: Session, alert: Alert) -> dict[int, PauseReason | None]:
    """The alert's paused broadcasts, and why they are paused."""
    rows = session.execute(
        select(Broadcast.id, Broadcast.reason)
        .join(ReleaseWave, ReleaseWave.broadcast_id == Broadcast.id)
        .join(AlertRelease, AlertRelease.id == ReleaseWave.release_id)
        .where(AlertRelease.alert_id == alert.id, Broadcast.status == BroadcastStatus.PAUSED)
        .order_by(Broadcast.id)
    )
    return {row.id: row.reason for row in rows}


def _not_being_sent(alert: Alert, detail: str) -> NotBeingSent:
    return NotBeingSent(detail, state=alert.status.value)


def _note(
    session: Session,
    actor: Actor,
    alert: Alert,
    action: str,
    broadcasts: list[int],
    **detail: object,
) -> None:
    record(
        session, actor, action, "alert", alert.id,
        code=alert.code, broadcasts=broadcasts, **detail,
    )  # fmt: skip
