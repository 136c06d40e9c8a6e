"""Letting an alert apply for longer."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from alerts.composing.forms import LABELS, Errors, ExpiryForm, errors_of
from alerts.composing.saving import read_alert
from alerts.desk.blueprint import blueprint
from alerts.errors import InvalidAlert
from alerts.releasing.extending import extend_alert, may_be_extended
from database import session
from staff.access import requires
from staff.actor import current_actor, require_districts
from staff.permissions import Permission
from web.http.forms import load_form, typed_values


@blueprint.route("/<code>/extend", methods=["GET", "POST"])
@requires(Permission.ALERT_PUBLISH)
def extend(code: str) -> ResponseReturnValue:
    """Ask until when it applies, beginning with the time that is agreed now."""
    alert = read_alert(session, current_actor(), code)
    require_districts(current_actor(), alert.district_codes)
    errors: Errors = {}
    values: dict[str, Any] = {"expires_at": alert.expires_at}
    if request.method == "POST":
        data, errors = load_form(ExpiryForm())
        try:
            if not errors:
                extend_alert(session, current_actor(), alert, data["expires_at"])
                return redirect(url_for("alerts_staff.show", code=code))
        except InvalidAlert as problem:
            errors = errors_of(problem)
        values = typed_values(ExpiryForm())
    elif not may_be_extended(alert):
        return redirect(url_for("alerts_staff.show", code=code))
    page = render_template(
        "alerts/extend.html", alert=alert, values=values, errors=errors, labels=LABELS
    )
    return page, 422 if errors else 200
