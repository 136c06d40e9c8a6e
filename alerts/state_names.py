"""Names of an alert's states for people; ``alerts.kinds`` has those of the kinds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext as _l

from alerts.models import AlertStatus, Outcome, ReleaseKind, Severity, StepKind

STATUS_NAMES: dict[AlertStatus, Any] = {
    AlertStatus.DRAFT: _l("Udkast"),
    AlertStatus.SUBMITTED: _l("Venter på godkendelse"),
    AlertStatus.APPROVED: _l("Godkendt"),
    AlertStatus.RETURNED: _l("Sendt retur"),
    AlertStatus.REJECTED: _l("Afvist"),
    AlertStatus.SCHEDULED: _l("Planlagt"),
    AlertStatus.SENDING: _l("Sendes nu"),
    AlertStatus.ACTIVE: _l("Aktivt"),
    AlertStatus.CLOSED: _l("Afsluttet"),
    AlertStatus.STOPPED: _l("Stoppet"),
    AlertStatus.CANCELLED: _l("Annulleret"),
    AlertStatus.WITHDRAWN: _l("Trukket tilbage"),
}
STATUS_KINDS: dict[AlertStatus, str] = {
    AlertStatus.SUBMITTED: "info",
    AlertStatus.APPROVED: "success",
    AlertStatus.RETURNED: "warning",
    AlertStatus.SCHEDULED: "info",
    AlertStatus.SENDING: "info",
    AlertStatus.ACTIVE: "success",
    AlertStatus.STOPPED: "warning",
    AlertStatus.WITHDRAWN: "warning",
}
"""The kinds of the marks that show a state; those of the others are neutral."""
SEVERITY_NAMES: dict[Severity, Any] = {
    Severity.EXTREME: _l("Meget alvorligt"),
    Severity.SEVERE: _l("Alvorligt"),
    Severity.MODERATE: _l("Vær opmærksom"),
    Severity.MINOR: _l("Til orientering"),
}
STEP_NAMES: dict[StepKind, Any] = {
    StepKind.SUBMITTED: _l("Sendt til godkendelse"),
    StepKind.TAKEN_BACK: _l("Taget tilbage"),
    StepKind.APPROVED: _l("Godkendt"),
    StepKind.RETURNED: _l("Sendt retur"),
    StepKind.REJECTED: _l("Afvist"),
    StepKind.UNAPPROVED: _l("Sendt uden godkendelse"),
}
STEP_KINDS: dict[StepKind, str] = {
    StepKind.APPROVED: "success",
    StepKind.RETURNED: "warning",
    StepKind.REJECTED: "error",
    StepKind.UNAPPROVED: "warning",
}
FIELD_NAMES: dict[str, Any] = {
    "kind": _l("type"),
    "severity": _l("alvorsgrad"),
    "target": _l("område"),
    "texts": _l("titel og tekst"),
    "case_reference": _l("sagsnummer"),
    "send_at": _l("hvornår det sendes"),
    "expires_at": _l("hvor længe det gælder"),
    "follow_up": _l("hvad det er"),
    "alert": _l("varslet, det handler om"),
    "sent": _l("det, der er sendt om varslet"),
}
"""The fields of a draft or a follow-up, as parts of a sentence."""
RELEASE_NAMES: dict[ReleaseKind, Any] = {
    ReleaseKind.INITIAL: _l("Varsel"),
    ReleaseKind.UPDATE: _l("Opdatering"),
    ReleaseKind.CORRECTION: _l("Rettelse"),
    ReleaseKind.CLOSURE: _l("Afslutning"),
    ReleaseKind.WITHDRAWAL: _l("Tilbagetrækning"),
}
OUTCOME_NAMES: dict[Outcome, Any] = {
    Outcome.RESOLVED: _l("Afsluttet af politiet"),
    Outcome.EXPIRED: _l("Udløbet"),
    Outcome.WITHDRAWN: _l("Trukket tilbage"),
}


def name_fields(fields: Iterable[str]) -> str:
    """Fields of a draft in words: "område, titel og tekst"."""
    return ", ".join(str(FIELD_NAMES[name]) for name in fields)
