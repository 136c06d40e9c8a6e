"""What publishing would do: to whom, how many, when, and the exact texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from alerts.approving.approval import Approval, approval_of, content_of, reason_for_wording
from alerts.composing.messages import compose, find_too_long, name_costly, require_fitting
from alerts.composing.rules import check_gaps, require_valid
from alerts.composing.saving import message_parts
from alerts.composing.wording_check import check_texts_of
from alerts.draft import AlertDraft, texts_of
from alerts.errors import InvalidAlert
from alerts.models import Alert, FollowUp, ReleaseKind
from alerts.releasing.follow_ups import audience_of
from alerts.releasing.reach import ReachedArea, reached_areas
from alerts.releasing.releases import area_audience
from alerts.releasing.timetable import Timetable, timetable
from alerts.releasing.usual_size import Size, size_of
from alerts.wording.check import Finding
from areas.lookup import district_names
from areas.targets.target import Target
from areas.targets.touched_areas import is_approximate
from cases.preview import CasePreview, preview_case
from config import Price, current_config
from database import utcnow
from dispatch.broadcasts import (
    AudienceCount,
    Content,
    count_audience,
    estimate,
    name_left_out,
)
from dispatch.models import Channel
from dispatch.segments import Segments, count_segments
from staff.actor import Actor
from web.languages.choice import current_language
from web.texts.filters import format_datetime


@dataclass(frozen=True)
class Message:
    """One message as it would be sent, and to how many; ``segments`` is for SMS only."""

    content: Content
    recipients: int
    segments: Segments | None


@dataclass(frozen=True)
class LeftOut:
    """How many do not get it for one reason; ``name`` is the reason in the reader's language."""

    reason: str
    name: str
    number: int


@dataclass(frozen=True)
class Preview:
    """The answer to "what happens if I send this?".

    ``segments`` is the sum over all recipients.
    ``problems`` keep the alert from being published; ``warnings`` do not, nor do ``findings``,
    which are about the wording. ``fingerprint`` is of the content that this is the preview of.
    """

    counts: Sequence[AudienceCount]
    areas: Sequence[ReachedArea]
    left_out: Sequence[LeftOut]
    recipients: int
    segments: int
    times: Timetable
    messages: Sequence[Message]
    districts: Sequence[str]
    place: str
    size: Size
    cost: Price | None
    case: CasePreview | None
    problems: Sequence[str]
    warnings: Sequence[str]
    approval: Approval
    fingerprint: str
    findings: Sequence[Finding]
    reason: str | None


def preview(session: Session, actor: Actor, alert: Alert) -> Preview:
    """Count and compose as publishing would, with the same queries, but send nothing.

    About the case, the actor is told only what concerns their own districts.
    """
    now = utcnow()
    parts = message_parts(session, alert, ReleaseKind.INITIAL)
    contents = compose(parts)
    audience = area_audience(session, alert)
    size = count_audience(session, audience)
    counts = size.counts
    messages = _messages(contents, counts)
    figures = estimate(counts, contents)
    times = timetable(session, alert, counts, contents, now)
    problems = _problems(alert, now) + _gaps(alert)
    problems += [
        _("Sms'en fylder %(segments)s dele. Kort teksten med mindst %(excess)s tegn.",
          segments=long.segments, excess=long.excess)
        for long in find_too_long(parts)[:1]
    ]  # fmt: skip
    if not figures.recipients:
        problems.append(_("Ingen modtagere: der er endnu ingen, der har tilmeldt sig i området."))
    case = _preview_case(session, actor, alert)
    return Preview(
        counts=counts,
        areas=reached_areas(session, Target.from_json(alert.target), audience),
        left_out=[
            LeftOut(reason, name_left_out(audience, reason), number)
            for reason, number in size.left_out.items()
        ],
        recipients=figures.recipients,
        segments=figures.segments,
        times=times,
        messages=messages,
        districts=_district_names(session, alert),
        place=parts.places[current_language()],
        size=size_of(session, alert, figures.recipients),
        cost=_cost(figures.segments),
        case=case,
        problems=[*problems, *(case.problems if case else ())],
        warnings=[
            *(case.warnings if case else ()),
            *_warnings(session, alert, messages, times.finishes_at),
            *costly_characters(messages),
        ],
        approval=approval_of(session, alert, figures.recipients),
        fingerprint=AlertDraft.of(alert).fingerprint(),
        findings=check_texts_of(
            session, alert, AlertDraft.of(alert).texts, segments=_segments(messages)
        ),
        reason=reason_for_wording(session, alert),
    )


@dataclass(frozen=True)
class FollowUpPreview:
    """The same of what follows an alert. ``reason``: why its texts are so, if it was submitted."""

    messages: Sequence[Message]
    recipients: int
    warnings: Sequence[str]
    findings: Sequence[Finding]
    approval: Approval
    fingerprint: str
    reason: str | None


def preview_follow_up(session: Session, follow_up: FollowUp) -> FollowUpPreview:
    """Count and compose as sending would, but send nothing.

    Raises InvalidAlert if a message is too long.
    """
    alert, kind, texts = follow_up.alert, follow_up.kind, texts_of(follow_up)
    parts = message_parts(session, alert, kind, texts)
    require_fitting(parts)
    size = count_audience(session, audience_of(session, alert, kind))
    messages = _messages(compose(parts), size.counts)
    return FollowUpPreview(
        messages=messages,
        recipients=size.recipients,
        warnings=costly_characters(messages),
        findings=check_texts_of(session, alert, texts, is_follow_up=not kind.is_whole),
        approval=approval_of(session, follow_up, size.recipients),
        fingerprint=content_of(session, follow_up).fingerprint(),
        reason=reason_for_wording(session, follow_up),
    )


def _preview_case(session: Session, actor: Actor, alert: Alert) -> CasePreview | None:
    """The case that the alert would belong to, if it names one."""
    if alert.case_reference is None:
        return None
    return preview_case(session, actor, alert.case_reference, alert.district_codes)


def _messages(contents: Sequence[Content], counts: Sequence[AudienceCount]) -> list[Message]:
    recipients = {(count.channel, count.language): count.recipients for count in counts}
    return [
        Message(
            content,
            recipients.get((content.channel, content.language), 0),
            count_segments(content.body) if content.channel is Channel.SMS else None,
        )
        for content in contents
    ]


def _cost(segments: int) -> Price | None:
    """What so many segments cost; None if no price is set."""
    each = current_config().sms_segment_price
    return None if each is None else Price(each.amount * segments, each.currency)


def _segments(messages: Sequence[Message]) -> dict[str, int]:
    """How many segments the SMS has, by language."""
    return {m.content.language: m.segments.segments for m in messages if m.segments is not None}


def _district_names(session: Session, alert: Alert) -> list[str]:
    return sorted(district_names(session, alert.district_codes).values())


def _problems(alert: Alert, now: datetime) -> list[str]:
    try:
        require_valid(AlertDraft.of(alert), now)
    except InvalidAlert as error:
        return [message for messages in error.fields.values() for message in messages]
    return []


def _gaps(alert: Alert) -> list[str]:
    """What is still to be written, for each text that has gaps."""
    found = check_gaps(AlertDraft.of(alert).texts)
    return list(dict.fromkeys(message for messages in found.values() for message in messages))


def _warnings(
    session: Session, alert: Alert, messages: Sequence[Message], finishes_at: datetime
) -> list[str]:
    found = []
    if is_approximate(session, Target.from_json(alert.target)):
        found.append(
            _("Grænserne her er ikke indlæst: nogle lige uden for det tegnede får også varslet.")
        )
    if alert.expires_at is not None and finishes_at > alert.expires_at:
        found.append(
            _("De sidste beskeder når ikke ud, før varslet udløber %(time)s.",
              time=format_datetime(alert.expires_at))
        )  # fmt: skip
    unread = sum(m.recipients for m in messages if m.content.language not in alert.texts)
    if unread:
        found.append(
            ngettext(
                "%(num)s modtager læser engelsk, men får teksten på dansk.",
                "%(num)s modtagere læser engelsk, men får teksten på dansk.",
                unread,
            )
        )
    return found


def costly_characters(messages: Sequence[Message]) -> list[str]:
    """A sentence that names the characters which make the SMS longer, if there are any."""
    texts = [m.content.body for m in messages if m.content.channel is Channel.SMS]
    named = name_costly("".join(texts))
    return [named] if named else []
