"""Releases: the broadcasts of something sent about an alert, and their immutable record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alerts.composing.messages import compose, require_fitting
from alerts.composing.rules import require_no_gaps
from alerts.composing.saving import message_parts
from alerts.composing.wording_check import check_texts_of, require_reason
from alerts.draft import Wording
from alerts.models import Alert, AlertRelease, ReleaseKind, ReleaseWave, Severity
from alerts.wording.check import Finding
from areas.targets.target import Target
from areas.targets.touched_areas import touched_areas
from audit.trail import record
from dispatch.broadcasts import Audience, AudienceSize, Content, count_audience, create_broadcast
from dispatch.models import Channel, Priority
from staff.actor import Actor
from subscribers.audience import areas_audience
from web.languages.choice import DEFAULT_LANGUAGE

log = structlog.get_logger(__name__)

REFERENCE = "alert:"
"""The references of alerts' broadcasts are ``alert:CODE:NUMBER``."""


def area_audience(session: Session, alert: Alert) -> Audience:
    """Those who subscribe to anything the target touches: the same for preview and sending."""
    target = Target.from_json(alert.target)
    return areas_audience(target, touched_areas(session, target))


def recipients_audience(session: Session, alert: Alert) -> Audience:
    """Those who received the alert itself, or its correction, by any of its broadcasts."""
    whole = [made for made in list_releases(session, alert) if made.kind.is_whole]
    return Audience(
        "recipients", {"broadcast_ids": [id_ for made in whole for id_ in made.broadcast_ids]}
    )


def everybody_told(session: Session, alert: Alert) -> Audience:
    """Those who received anything about the alert, or may have: itself, or news of it."""
    told = [id_ for made in list_releases(session, alert) for id_ in made.broadcast_ids]
    return Audience("recipients", {"broadcast_ids": told})


def find_release(session: Session, alert: Alert, kind: ReleaseKind) -> AlertRelease | None:
    """The first release of a kind."""
    return session.scalars(
        select(AlertRelease)
        .where(AlertRelease.alert_id == alert.id, AlertRelease.kind == kind)
        .order_by(AlertRelease.number)
        .limit(1)
    ).one_or_none()


def find_release_by_key(session: Session, alert: Alert, key: str) -> AlertRelease | None:
    """The release for this key, so that a repeated request gets the same answer."""
    return session.scalars(
        select(AlertRelease).where(AlertRelease.alert_id == alert.id, AlertRelease.key == key)
    ).one_or_none()


def list_releases(session: Session, alert: Alert) -> list[AlertRelease]:
    """What was sent about an alert, oldest first."""
    return list(
        session.scalars(
            select(AlertRelease)
            .where(AlertRelease.alert_id == alert.id)
            .order_by(AlertRelease.number)
        )
    )


def last_number(session: Session, alert: Alert) -> int:
    """The number of the last release; 0 if nothing was sent."""
    last = select(func.max(AlertRelease.number)).where(AlertRelease.alert_id == alert.id)
    return session.scalar(last) or 0


def priority_of(alert: Alert, kind: ReleaseKind) -> Priority:
    """The priority of its messages among competing broadcasts."""
    if kind is ReleaseKind.CLOSURE:
        return Priority.NORMAL
    # Until they hear of its withdrawal, people act on what is wrong.
    is_news = kind in {ReleaseKind.UPDATE, ReleaseKind.CORRECTION, ReleaseKind.WITHDRAWAL}
    if is_news or alert.severity in {Severity.EXTREME, Severity.SEVERE}:
        return Priority.URGENT
    return alert.kind.row.priority


@dataclass(frozen=True)
class Wave:
    """A part of a release's audience, and the earliest time to send to it (None: at once)."""

    audience: Audience
    not_before: datetime | None = None


def release(
    session: Session,
    actor: Actor,
    alert: Alert,
    kind: ReleaseKind,
    texts: Mapping[str, Wording],
    waves: Sequence[Wave],
    *,
    key: str,
    expires_at: datetime | None = None,
    wording_reason: str | None = None,
) -> AlertRelease:
    """Create a broadcast for each wave, and record their texts and audiences.

    Raises InvalidAlert if a text is too long or has a gap, and WordingReasonMissing. The caller
    holds the lock on the alert's row.
    """
    parts = message_parts(session, alert, kind, texts)
    require_fitting(parts)
    require_no_gaps(texts)
    findings = check_texts_of(session, alert, texts, is_follow_up=not kind.is_whole)
    contents = compose(parts)
    sizes = [count_audience(session, wave.audience) for wave in waves]
    made = AlertRelease(
        alert_id=alert.id,
        kind=kind,
        number=last_number(session, alert) + 1,
        key=f"{kind.value}:{key}",
        texts={language: asdict(wording) for language, wording in texts.items()},
        contents=[_as_json(content) for content in contents],
        target=alert.target,
        target_description=parts.places[DEFAULT_LANGUAGE],
        counts=_counts(sizes),
        recipients=sum(size.recipients for size in sizes),
        wording_reason=require_reason(findings, wording_reason),
        created_by=actor.staff_id,
    )
    session.add(made)
    session.flush()
    for place, (wave, size) in enumerate(zip(waves, sizes, strict=True), 1):
        _send_wave(session, alert, made, contents, place, wave, size, expires_at)
    session.flush()
    _note(session, actor, alert, made, findings)
    return made


def _send_wave(
    session: Session,
    alert: Alert,
    made: AlertRelease,
    contents: Sequence[Content],
    place: int,
    wave: Wave,
    size: AudienceSize,
    expires_at: datetime | None,
) -> None:
    """Hand one wave to dispatch, and record to whom it goes."""
    broadcast = create_broadcast(
        session,
        contents=contents,
        audience=wave.audience,
        priority=priority_of(alert, made.kind),
        reference=f"{REFERENCE}{alert.code}:{made.number}",
        not_before=wave.not_before,
        expires_at=expires_at,
    )
    session.add(
        ReleaseWave(
            release_id=made.id,
            number=place,
            broadcast_id=broadcast.id,
            audience={"kind": wave.audience.kind, "params": wave.audience.params},
            counts=_counts([size]),
        )
    )


def _note(
    session: Session, actor: Actor, alert: Alert, made: AlertRelease, findings: Sequence[Finding]
) -> None:
    """Record in the trail what was sent, and why in spite of what the rules of wording say."""
    said = {
        "kind": made.kind.value, "broadcasts": made.broadcast_ids, "recipients": made.recipients,
    }  # fmt: skip
    record(
        session, actor, "alert.released", "alert", alert.id,
        code=alert.code, number=made.number, **said,
    )  # fmt: skip
    if made.wording_reason is not None:
        record(
            session, actor, "alert.sent_despite_wording", "alert", alert.id,
            code=alert.code, number=made.number, reason=made.wording_reason,
            rules=sorted({finding.rule.id for finding in findings if finding.is_hard}),
        )  # fmt: skip
    log.info("alert_released", alert=alert.id, **said)


def _counts(sizes: Iterable[AudienceSize]) -> list[dict[str, Any]]:
    """The recipients of all waves, per channel and language."""
    numbers: Counter[tuple[Channel, str]] = Counter()
    for size in sizes:
        for count in size.counts:
            numbers[count.channel, count.language] += count.recipients
    return [
        {"channel": channel.value, "language": language, "recipients": number}
        for (channel, language), number in sorted(numbers.items())
    ]


def _as_json(content: Content) -> dict[str, Any]:
    return {
        "channel": content.channel.value,
        "language": content.language,
        "subject": content.subject,
        "body": content.body,
        "html": content.html,
    }
