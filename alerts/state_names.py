"""Names of an alert's states for people; ``alerts.kinds`` has those of the kinds."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from alerts.models import AlertStatus, Outcome, ReleaseKind, Severity

STATUS_NAMES: dict[AlertStatus, Any] = {
    AlertStatus.DRAFT: _l("Udkast"),
    AlertStatus.SCHEDULED: _l("Planlagt"),
    AlertStatus.SENDING: _l("Sendes nu"),
    AlertStatus.ACTIVE: _l("Aktivt"),
    AlertStatus.CLOSED: _l("Afsluttet"),
    AlertStatus.STOPPED: _l("Stoppet"),
    AlertStatus.CANCELLED: _l("Annulleret"),
}
SEVERITY_NAMES: dict[Severity, Any] = {
    Severity.EXTREME: _l("Meget alvorligt"),
    Severity.SEVERE: _l("Alvorligt"),
    Severity.MODERATE: _l("Vær opmærksom"),
    Severity.MINOR: _l("Til orientering"),
}
RELEASE_NAMES: dict[ReleaseKind, Any] = {
    ReleaseKind.INITIAL: _l("Varsel"),
    ReleaseKind.UPDATE: _l("Opdatering"),
    ReleaseKind.CLOSURE: _l("Afslutning"),
}
OUTCOME_NAMES: dict[Outcome, Any] = {
    Outcome.RESOLVED: _l("Afsluttet af politiet"),
    Outcome.EXPIRED: _l("Udløbet"),
}
