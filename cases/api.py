"""Correcting cases in JSON, for administrators."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from cases.correction import (
    change_districts,
    change_reference,
    find_to_correct,
    history_of,
    move_appeal,
)
from cases.hooks import count_tips
from cases.lookup import any_case
from cases.models import Case
from cases.schemas import (
    CaseQuerySchema,
    CorrectedCaseListSchema,
    CorrectedCaseSchema,
    CorrectionSchema,
    MoveAppealSchema,
)
from database import session
from staff.access import requires
from staff.actor import current_actor
from staff.permissions import Permission
from web.http.rest import ApiBlueprint

blueprint = ApiBlueprint(
    "cases_api", __name__, url_prefix="/api/v1/case-corrections", description="Correcting cases"
)


@blueprint.get("")
@blueprint.arguments(CaseQuerySchema, location="query")
@blueprint.response(200, CorrectedCaseListSchema)
@requires(Permission.CASE_CORRECT)
def find(query: dict[str, Any]) -> dict[str, Any]:
    """Every case with this number, in any district."""
    cases = find_to_correct(session, query["reference"])
    return {"cases": [_shown(session, case) for case in cases]}


@blueprint.patch("/<int:case_id>")
@blueprint.arguments(CorrectionSchema)
@blueprint.response(200, CorrectedCaseSchema)
@requires(Permission.CASE_CORRECT)
def correct(data: dict[str, Any], case_id: int) -> dict[str, Any]:
    """Change a case's reference, its districts, or both."""
    actor = current_actor()
    if "reference" in data:
        change_reference(session, actor, case_id, data["reference"], data["reason"])
    if "districts" in data:
        change_districts(session, actor, case_id, data["districts"], data["reason"])
    return _shown(session, any_case(session, case_id))


@blueprint.post("/appeals/<alert_code>")
@blueprint.arguments(MoveAppealSchema)
@blueprint.response(200, CorrectedCaseSchema)
@requires(Permission.CASE_CORRECT)
def move(data: dict[str, Any], alert_code: str) -> dict[str, Any]:
    """Move an appeal, and the tips received on it, to the case with this number."""
    return _shown(session, move_appeal(session, current_actor(), alert_code, **data))


def _shown(session: Session, case: Case) -> dict[str, Any]:
    return {
        "id": case.id,
        "reference": case.reference,
        "title": case.title,
        "status": case.status,
        "districts": sorted(case.district_codes),
        "appeals": [appeal.alert_code for appeal in case.appeals],
        "tips": count_tips(session, case.id),
        "history": history_of(session, case),
    }
