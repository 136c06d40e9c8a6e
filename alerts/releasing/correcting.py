"""Correcting an alert that is out: nobody gets the wrong text any more, and nobody is missed."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.composing.rules import check_texts
from alerts.draft import AlertDraft, Wording
from alerts.errors import InvalidAlert
from alerts.models import Alert, AlertRelease, ReleaseKind, ReleaseWave
from alerts.releasing.releases import area_audience, everybody_told
from alerts.releasing.steering import unfinished_broadcasts
from dispatch.broadcasts import Audience, stop_broadcast
from dispatch.models import Broadcast


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


def stop_what_waits(session: Session, alert: Alert) -> list[int]:
    """Stop the broadcasts that still have something to send, and return their ids."""
    unfinished = list(unfinished_broadcasts(session, alert))
    for broadcast_id in unfinished:
        stop_broadcast(session, broadcast_id)
    return unfinished


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
