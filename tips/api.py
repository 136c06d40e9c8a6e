"""Cases and tips in JSON, for signed-in investigators: the same actions as the pages."""

from __future__ import annotations

from typing import Any

from cases.lookup import find_case
from database import session, writes
from staff.access import requires
from staff.actor import current_actor, require_permission
from staff.permissions import Permission
from tips.case_lists import CaseCounts, list_cases
from tips.inbox import TipRow, list_tips, read_tip
from tips.models import Tip
from tips.review import mark_tip, move_tip
from tips.schemas import (
    CaseListSchema,
    CaseQuerySchema,
    ReadTipSchema,
    TipChangeSchema,
    TipListSchema,
    TipPageQuerySchema,
    TipSchema,
)
from web.http.rest import ApiBlueprint

blueprint = ApiBlueprint("tips_api", __name__, url_prefix="/api/v1", description="Cases and tips")


@blueprint.get("/cases")
@blueprint.arguments(CaseQuerySchema, location="query")
@blueprint.response(200, CaseListSchema)
@requires(Permission.TIP_READ)
def show_cases(query: dict[str, Any]) -> dict[str, Any]:
    """The cases of the caller's districts, those with urgent or new tips first."""
    rows = list_cases(session, current_actor(), query["q"])
    return {"cases": [_case(row) for row in rows]}


@blueprint.get("/cases/<int:case_id>/tips")
@blueprint.arguments(TipPageQuerySchema, location="query")
@blueprint.response(200, TipListSchema)
@writes
@requires(Permission.TIP_READ)
def show_tips(query: dict[str, Any], case_id: int) -> dict[str, Any]:
    """A page of a case's inbox with the beginning of each tip. The reading is audited."""
    actor = current_actor()
    case = find_case(session, actor, case_id)
    page = list_tips(session, actor, case, query["wanted"], query["page"])
    return {
        "tips": [_row(row) for row in page.rows],
        "total": page.total,
        "page": page.page,
        "pages": page.pages,
    }


@blueprint.get("/tips/<int:tip_id>")
@blueprint.response(200, ReadTipSchema)
@writes
@requires(Permission.TIP_READ)
def show_tip(tip_id: int) -> dict[str, Any]:
    """One tip in full. A new tip is marked as read, and the reading is audited."""
    reading = read_tip(session, current_actor(), tip_id)
    tip = reading.tip
    return _tip(tip) | {
        "text": tip.text,
        "seen": tip.seen,
        "contact_details": tip.contact_details,
        "sender": reading.sender,
        "stated_reference": tip.stated_reference,
    }


@blueprint.patch("/tips/<int:tip_id>")
@blueprint.arguments(TipChangeSchema)
@blueprint.response(200, TipSchema)
@requires(Permission.TIP_REVIEW)
def change_tip(change: dict[str, Any], tip_id: int) -> dict[str, Any]:
    """Mark a tip (``status``, ``note``), move it (``case_reference``, ``reason``), or both."""
    actor = current_actor()
    tip: Tip | None = None
    if "case_reference" in change:
        require_permission(actor, Permission.TIP_MOVE)
        tip = move_tip(session, actor, tip_id, change["case_reference"], change["reason"])
    if "status" in change:
        tip = mark_tip(session, actor, tip_id, change["status"], change["note"])
    assert tip is not None, "the schema asks for one of them"  # noqa: S101
    return _tip(tip)


def _case(row: CaseCounts) -> dict[str, Any]:
    return {
        "id": row.case.id,
        "reference": row.case.reference,
        "title": row.case.title,
        "status": row.case.status,
        "districts": sorted(row.case.district_codes),
        "total": row.total,
        "new": row.new,
        "opened": row.opened,
        "urgent": row.urgent,
        "latest_at": row.latest_at,
    }


def _row(row: TipRow) -> dict[str, Any]:
    return _tip(row.tip) | {"excerpt": row.excerpt, "sender": row.sender}


def _tip(tip: Tip) -> dict[str, Any]:
    return {
        "id": tip.id,
        "case_id": tip.case_id,
        "alert_code": tip.alert_code,
        "channel": tip.channel,
        "language": tip.language,
        "status": tip.status,
        "urgent": tip.urgent,
        "placement": tip.placement,
        "assigned_to": tip.assigned_to,
        "received_at": tip.received_at,
    }
