"""Display names of the states of cases."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from cases.models import CaseChangeKind, CaseStatus

CASE_STATUS_NAMES: dict[CaseStatus, Any] = {
    CaseStatus.OPEN: _l("Åben"),
    CaseStatus.CLOSED: _l("Lukket"),
}
CHANGE_NAMES: dict[CaseChangeKind, Any] = {
    CaseChangeKind.REFERENCE: _l("Nummeret rettet"),
    CaseChangeKind.DISTRICTS: _l("Politikredsene rettet"),
    CaseChangeKind.APPEAL_LEFT: _l("Et varsel flyttet herfra"),
    CaseChangeKind.APPEAL_JOINED: _l("Et varsel flyttet hertil"),
}
