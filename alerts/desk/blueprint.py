"""The blueprint of all staff pages about alerts, and the names in their templates."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from alerts.state_names import (
    OUTCOME_NAMES,
    RELEASE_NAMES,
    SEVERITY_NAMES,
    STATUS_KINDS,
    STATUS_NAMES,
    STEP_KINDS,
    STEP_NAMES,
)

blueprint = Blueprint(
    "alerts_staff", __name__, url_prefix="/staff/alerts", template_folder="../templates"
)


@blueprint.app_context_processor
def names() -> dict[str, Any]:
    """The names that this room's templates use."""
    return {
        "severity_names": SEVERITY_NAMES,
        "status_names": STATUS_NAMES,
        "status_kinds": STATUS_KINDS,
        "step_names": STEP_NAMES,
        "step_kinds": STEP_KINDS,
        "release_names": RELEASE_NAMES,
        "outcome_names": OUTCOME_NAMES,
    }
