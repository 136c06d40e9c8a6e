"""Correcting an alert that is out: nobody gets the wrong text any more, and nobody is missed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.composing.rules import check_texts
from alerts.draft import AlertDraft, Wording
from alerts.errors import InvalidAlert
from alerts.lifecycle import is_open, lock, refuse
from alerts.models import Alert, AlertRelease, ReleaseKind, ReleaseWave
from alerts.releasing.publishing import start_if_due
from alerts.releasing.releases import (
    Wave,
    area_audience,
    everybody_told,
    find_release_by_key,
    release,
)
from alerts.releasing.steering import unfinished_broadcasts
from dispatch.broadcasts import Audience, stop_broadcast
from dispatch.models import Broadcast
from staff.actor import Actor, require_districts


def correct_alert(
    session: Session,
    actor: Actor,
    alert: Alert,
    texts: Mapping[str, Wording],
    idempotency_key: str,
    wording_reason: str | None = None,
) -> AlertRelease:
    """Replace the title and text of an open alert, and send the new ones, marked as a correction.

    What is queued with the wrong text is stopped. The correction is one broadcast: to all who
    received the alert or news of it, or may have, and to those who were still waiting for it. So
    nobody is missed, and nobody gets it twice. The releases keep what was sent before. The same
    key again gives the same release. Raises IllegalMove, InvalidAlert, WordingReasonMissing,
    NotAllowed.
    """
    lock(session, alert)
    require_districts(actor, alert.district_codes)
    earlier = find_release_by_key(session, alert, f"{ReleaseKind.CORRECTION}:{idempotency_key}")
    if earlier is not None:
        return earlier
    start_if_due(session, alert)
    if not is_open(alert):
        raise refuse(alert)
    texts = corrected_texts(alert, texts)
    audience = correction_audience(session, alert)
    for broadcast_id in unfinished_broadcasts(session, alert):
        stop_broadcast(session, broadcast_id)
    made = release(
        session, actor, alert, ReleaseKind.CORRECTION, texts, [Wave(audience)],
        key=idempotency_key, expires_at=alert.expires_at, wording_reason=wording_reason,
    )  # fmt: skip
    replace(AlertDraft.of(alert), texts=texts).fill(alert)
    session.flush()
    return made


def corrected_texts(alert: Alert, texts: Mapping[str, Wording]) -> dict[str, Wording]:
    """The new texts, tidied. Raises InvalidAlert, also if they are as before."""
    tidied = {
        language: Wording(wording.title.strip(), wording.body.strip())
        for language, wording in texts.items()
    }
    fields = check_texts(tidied)
    if not fields and tidied == AlertDraft.of(alert).texts:
        fields = {"texts.da.body": [_("Teksten er, som den var. Ret det, der er forkert.")]}
    if fields:
        raise InvalidAlert(next(iter(fields.values()))[0], fields=fields)
    return tidied


def correction_audience(session: Session, alert: Alert) -> Audience:
    """Those who were told, or may have been, and those who still wait for the alert itself."""
    told = everybody_told(session, alert)
    if not _waits(session, unfinished_broadcasts(session, alert)):
        return told
    both = [told, area_audience(session, alert)]
    return Audience(
        "any", {"audiences": [{"kind": each.kind, "params": each.params} for each in both]}
    )


def _waits(session: Session, unfinished: Collection[int]) -> bool:
    """Whether any of these sends the alert to those in its area who have not got it."""
    waits = (
        select(Broadcast.id)
        .join(ReleaseWave, ReleaseWave.broadcast_id == Broadcast.id)
        .join(AlertRelease, AlertRelease.id == ReleaseWave.release_id)
        .where(
            Broadcast.id.in_(unfinished),
            Broadcast.audience_kind != "recipients",
            AlertRelease.kind.in_([ReleaseKind.INITIAL, ReleaseKind.CORRECTION]),
        )
    )
    return session.scalar(select(waits.exists())) or False
