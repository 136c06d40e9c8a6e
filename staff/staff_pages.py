"""The staff front page, one's own profile, and the audit trail."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask_login import current_user

from audit import trail
from database import session, writes
from staff import accounts
from staff.access import requires
from staff.actor import current_actor
from staff.dashboard import cards_for
from staff.districts import list_districts
from staff.permissions import Permission
from staff.profile_rows import rows_for
from staff.schemas import AuditQuerySchema
from web.http.access import signed_in
from web.http.forms import load_form

blueprint = Blueprint("staff", __name__, url_prefix="/staff", template_folder="templates")


@blueprint.get("/")
@signed_in
def home() -> str:
    """The cards of the person signed in."""
    actor = current_actor()
    return render_template(
        "staff/home.html",
        actor=actor,
        cards=cards_for(session, actor),
        recovery_codes_left=len(current_user.mf_recovery_codes or ()),
    )


@blueprint.get("/profile")
@signed_in
def profile() -> str:
    """One's own account."""
    names = dict(list_districts(session))
    return render_template(
        "staff/profile.html",
        account=current_user,
        roles=[role.row.name for role in sorted(current_user.role_set)],
        districts=[names.get(code, code) for code in sorted(current_user.district_codes)],
        recovery_codes_left=len(current_user.mf_recovery_codes or ()),
        rows=rows_for(session, current_actor()),
    )


@blueprint.get("/audit")
@requires(Permission.AUDIT_READ)
@writes
def audit_trail() -> tuple[str, int]:
    """Who did what, filtered; viewing it is audited too."""
    asked, errors = load_form(AuditQuerySchema(), request.args)
    entries = [] if errors else trail.find_entries(session, **asked)
    filters: dict[str, Any] = {
        name: value
        for name, value in request.args.items()
        if value and name in AuditQuerySchema().fields and name != "before"
    }
    older = None
    if len(entries) == trail.PAGE_SIZE:
        older = url_for("staff.audit_trail", **filters, before=entries[-1].id)
    if not errors:
        trail.record(session, current_actor(), "audit.read", "audit", None, **_named(filters))
    page = render_template(
        "staff/audit.html",
        entries=entries,
        people=[(person.id, person.name) for person in accounts.list_staff(session)],
        actions=[(action, action) for action in trail.known_actions(session)],
        values=request.args,
        errors=errors,
        older_url=older,
        newest_url=url_for("staff.audit_trail", **filters) if asked.get("before") else None,
    )
    return page, 422 if errors else 200


def _named(filters: dict[str, Any]) -> dict[str, Any]:
    return {"filters": filters} if filters else {}
