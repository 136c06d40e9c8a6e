"""Saving a draft: its content, its target and the messages made from it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import structlog
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.codes import new_code
from alerts.composing.messages import MessageParts, require_fitting
from alerts.composing.rules import require_valid
from alerts.draft import AlertDraft, Wording
from alerts.errors import AlertNotFound
from alerts.lifecycle import PUBLISHED, lock, refuse
from alerts.models import (
    Alert,
    AlertDistrict,
    AlertStatus,
    ReleaseKind,
)
from areas.kinds import AreaKind
from areas.models import Area
from areas.targets.descriptions import describe_target
from areas.targets.input import parse_target
from areas.targets.target import Target
from areas.targets.touched_areas import district_codes
from audit.trail import record
from cases.references import parse_case_reference
from staff.actor import Actor, require_districts
from web.languages.choice import LANGUAGES, speaking

log = structlog.get_logger(__name__)


def find_alert(session: Session, code: str) -> Alert:
    """The alert with this code, in any state; raises :class:`AlertNotFound`."""
    alert = session.scalars(select(Alert).where(Alert.code == code)).one_or_none()
    if alert is None:
        raise AlertNotFound(_("Der er intet varsel med koden %(code)s.", code=code))
    return alert


def read_alert(session: Session, actor: Actor, code: str) -> Alert:
    """The alert with this code, if this person may read it; raises :class:`AlertNotFound`.

    All staff can read what is published, anything else only in their own districts.
    """
    alert = find_alert(session, code)
    if alert.status not in PUBLISHED and not actor.overlaps(alert.district_codes):
        raise AlertNotFound(_("Der er intet varsel med koden %(code)s.", code=code))
    return alert


def draft_alert(session: Session, actor: Actor, draft: AlertDraft) -> Alert:
    """Save a new draft.

    Raises InvalidAlert, TargetError, AreaNotFound, AmbiguousArea, or NotAllowed when the
    target reaches outside the actor's police districts.
    """
    alert = Alert(code=_unused_code(session), status=AlertStatus.DRAFT, created_by=actor.staff_id)
    _fill(session, actor, alert, draft)
    session.add(alert)
    session.flush()
    record(session, actor, "alert.drafted", "alert", alert.id, code=alert.code)
    log.info("alert_drafted", alert=alert.id, kind=alert.kind.value)
    return alert


def update_draft(session: Session, actor: Actor, alert: Alert, draft: AlertDraft) -> Alert:
    """Replace the content of a draft. Raises IllegalMove if it is no longer a draft."""
    lock(session, alert)
    if alert.status is not AlertStatus.DRAFT:
        raise refuse(alert)
    require_districts(actor, alert.district_codes)
    _fill(session, actor, alert, draft)
    session.flush()
    record(session, actor, "alert.redrafted", "alert", alert.id, code=alert.code)
    return alert


def _fill(session: Session, actor: Actor, alert: Alert, draft: AlertDraft) -> None:
    draft = draft.fitting_its_kind()
    require_valid(draft)
    target = parse_target(session, dict(draft.target))
    districts = district_codes(session, target)
    require_districts(actor, districts)
    tidied = dataclasses.replace(
        draft,
        target=target.to_json(),
        case_reference=parse_case_reference(draft.case_reference or ""),
        texts={
            language: Wording(text.title.strip(), text.body.strip())
            for language, text in draft.texts.items()
        },
    )
    tidied.fill(alert)
    _set_districts(alert, districts)
    require_fitting(message_parts(session, alert))


def _set_districts(alert: Alert, codes: frozenset[str]) -> None:
    kept = [district for district in alert.districts if district.district_code in codes]
    new = codes - {district.district_code for district in kept}
    alert.districts = kept + [AlertDistrict(district_code=code) for code in sorted(new)]


def _unused_code(session: Session) -> str:
    while True:
        code = new_code()
        if session.scalar(select(Alert.id).where(Alert.code == code)) is None:
            return code


def sender_name(session: Session, codes: list[str]) -> str:
    """Who the messages are from: the police district, or the police when there are several."""
    names = session.scalars(
        select(Area.name).where(Area.kind == AreaKind.POLICE_DISTRICT, Area.code.in_(codes))
    ).all()
    return names[0] if len(names) == 1 else "Politiet"


def message_parts(
    session: Session,
    alert: Alert,
    release: ReleaseKind = ReleaseKind.INITIAL,
    texts: Mapping[str, Wording] | None = None,
) -> MessageParts:
    """What the messages of a release are composed from; ``texts`` replace the alert's own."""
    target = Target.from_json(alert.target)
    places = {}
    for language in LANGUAGES:
        with speaking(language):
            places[language] = describe_target(session, target)
    return MessageParts(
        code=alert.code,
        kind=alert.kind,
        severity=alert.severity,
        release=release,
        case_reference=alert.case_reference,
        sender=sender_name(session, alert.district_codes),
        places=places,
        expires_at=alert.expires_at,
        texts=texts or AlertDraft.of(alert).texts,
    )
