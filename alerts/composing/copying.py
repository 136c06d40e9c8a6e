"""An alert as the beginning of another: what is taken over from it, and what is asked about."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from alerts.composing.forms import form_values
from alerts.models import Alert
from cases.errors import CaseNotFound, SeveralCases
from cases.lookup import find_case_by_reference
from cases.models import CaseStatus
from staff.actor import Actor


def copied_values(session: Session, alert: Alert) -> dict[str, Any]:
    """The compose form filled from an alert: kind, severity, texts and target.

    Times belong to what has happened, and the case to one incident: neither is taken over.
    """
    fresh = {"case_reference": "", "when": "now", "send_at": "", "expires_at": ""}
    return {**form_values(session, alert), **fresh}


def offered_case(session: Session, actor: Actor, alert: Alert) -> str | None:
    """The number of the alert's case, if it is open and one of the actor's districts has it."""
    if alert.case_reference is None:
        return None
    try:
        case = find_case_by_reference(session, actor, alert.case_reference)
    except (CaseNotFound, SeveralCases):
        return None
    is_own = actor.overlaps(case.district_codes)
    return case.reference if is_own and case.status is CaseStatus.OPEN else None
