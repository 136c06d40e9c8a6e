"""Saving a draft: its content, its target and the messages made from it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import structlog
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.codes import new_code
from alerts.composing.messages import MessageParts, require_fitting
from alerts.composing.rules import require_no_gaps, require_valid
from alerts.composing.senders import sender_names
from alerts.draft import AlertDraft, Wording
from alerts.errors import AlertNotFound, DraftChanged
from alerts.lifecycle import EDITABLE, PUBLISHED, lock, move, refuse
from alerts.models import (
    Alert,
    AlertDistrict,
    AlertStatus,
    ReleaseKind,
)
from areas.targets.descriptions import describe_target
from areas.targets.input import parse_target
from areas.targets.target import Target
from areas.targets.touched_areas import district_codes
from audit.trail import record
from cases.references import parse_case_reference
from staff.actor import Actor, require_districts
from web.languages.choice import LANGUAGES, speaking
from web.problems.errors import Problem

log = structlog.get_logger(__name__)

EXAMPLE_CODE = "XXXXXX"
"""Stands for the code that an alert gets when it is stored."""


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


def draft_alert(
    session: Session,
    actor: Actor,
    draft: AlertDraft,
    origin: Mapping[str, Any] = MappingProxyType({}),
) -> Alert:
    """Save a new draft; ``origin`` tells the trail what it was begun with.

    Raises InvalidAlert, TargetError, AreaNotFound, AmbiguousArea, or NotAllowed when the
    target reaches outside the actor's police districts.
    """
    alert = Alert(code=_unused_code(session), status=AlertStatus.DRAFT, created_by=actor.staff_id)
    _fill(session, actor, alert, draft)
    session.add(alert)
    session.flush()
    record(session, actor, "alert.drafted", "alert", alert.id, code=alert.code, **origin)
    log.info("alert_drafted", alert=alert.id, kind=alert.kind.value)
    return alert


def update_draft(
    session: Session, actor: Actor, alert: Alert, draft: AlertDraft, *, seen: str | None = None
) -> Alert:
    """Replace the content of a draft.

    ``seen`` is the fingerprint of the draft that the change was made to. A change makes a draft
    of it again, whatever was said about it before. Raises IllegalMove if it can no longer be
    changed, and DraftChanged if somebody else has changed it since.
    """
    lock(session, alert)
    if alert.status not in EDITABLE:
        raise refuse(alert)
    require_districts(actor, alert.district_codes)
    before = AlertDraft.of(alert)
    _fill(session, actor, alert, draft)
    after = AlertDraft.of(alert)
    if after != before:
        if seen not in (None, before.fingerprint()):
            raise DraftChanged(_("En anden har rettet udkastet, mens du skrev."))
        alert.edited_by = actor.staff_id
        if alert.status is not AlertStatus.DRAFT:
            changed = after.changed_since(before.version())
            move(session, alert, AlertStatus.DRAFT, actor, changed=changed)
    session.flush()
    record(session, actor, "alert.redrafted", "alert", alert.id, code=alert.code)
    return alert


def require_ready(session: Session, actor: Actor, alert: Alert) -> None:
    """Repeat the checks made when it was saved: time has passed, areas may have changed.

    A draft may have gaps, what is sent may not. Raises InvalidAlert or NotAllowed.
    """
    draft = AlertDraft.of(alert)
    require_valid(draft)
    require_no_gaps(draft.texts)
    require_districts(actor, district_codes(session, Target.from_json(alert.target)))


def faults_of(session: Session, actor: Actor, draft: AlertDraft) -> list[Problem]:
    """Everything that keeps a draft from being saved: what each check of it raises."""
    draft = draft.fitting_its_kind()
    found: list[Problem] = []

    def check_rules() -> None:
        require_valid(draft)

    def check_target() -> None:
        target = parse_target(session, dict(draft.target))
        require_districts(actor, district_codes(session, target))

    def check_length() -> None:
        require_fitting(message_parts(session, sketch_alert(draft)))

    for check in (check_rules, check_target, check_length):
        try:
            check()
        except Problem as problem:
            found.append(problem)
    return found


def sketch_alert(
    draft: AlertDraft, target: Target | None = None, districts: frozenset[str] = frozenset()
) -> Alert:
    """An alert that is not stored, for what its messages would be; not checked at all."""
    alert = Alert(code=EXAMPLE_CODE)
    dataclasses.replace(draft, target=target.to_json() if target else {}).fill(alert)
    _set_districts(alert, districts)
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
    own = AlertDraft.of(alert).texts
    return MessageParts(
        code=alert.code,
        kind=alert.kind,
        severity=alert.severity,
        release=release,
        case_reference=alert.case_reference,
        senders=sender_names(session, alert.district_codes),
        places=places,
        expires_at=alert.expires_at,
        texts=texts or own,
        titles={language: text.title for language, text in own.items()},
    )
