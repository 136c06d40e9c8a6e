"""What people call the states of cases."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from cases.models import CaseStatus

CASE_STATUS_NAMES: dict[CaseStatus, Any] = {
    CaseStatus.OPEN: _l("Åben"),
    CaseStatus.CLOSED: _l("Lukket"),
}
