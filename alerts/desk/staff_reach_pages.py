"""Leaving out what a draft only grazes, from the page on which it is read before sending."""

from __future__ import annotations

from collections.abc import Callable

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from alerts.approving.schemas import SeenSchema
from alerts.composing.leaving_out import leave_out_area, take_in_area
from alerts.composing.saving import read_alert
from alerts.desk.blueprint import blueprint
from alerts.desk.check_page import TOO_LATE, check_page, said_by
from alerts.lifecycle import EDITABLE
from alerts.models import Alert
from alerts.schemas import REQUIRED
from database import session
from staff.access import requires
from staff.actor import NotAllowed, current_actor
from staff.permissions import Permission
from web.http.forms import load_form
from web.http.receipts import receipt
from web.http.row_ids import RowId
from web.problems.errors import Problem


class ReachedAreaForm(SeenSchema):
    """Which area, on the page of which draft."""

    area = RowId(required=True, error_messages=REQUIRED)


@blueprint.post("/<code>/leave-out")
@requires(Permission.ALERT_COMPOSE)
def leave_out(code: str) -> ResponseReturnValue:
    """Leave out those who follow this area only."""
    return _change(code, leave_out_area)


@blueprint.post("/<code>/take-in")
@requires(Permission.ALERT_COMPOSE)
def take_in(code: str) -> ResponseReturnValue:
    """Reach them after all."""
    return _change(code, take_in_area)


def _change(code: str, change: Callable[..., Alert]) -> ResponseReturnValue:
    """Change what is left out, and show the page with its new figures where it was read."""
    alert = read_alert(session, current_actor(), code)
    asked, errors = load_form(ReachedAreaForm())
    status = 422
    if not errors:
        try:
            with session.begin_nested():
                change(session, current_actor(), alert, asked["area"], seen=asked["fingerprint"])
            return redirect(url_for("alerts_staff.check", code=code, _anchor="reached"))
        except NotAllowed:
            raise
        except Problem as problem:
            errors, status = {"_schema": said_by(problem)}, problem.status
    alert = read_alert(session, current_actor(), code)
    if alert.status not in EDITABLE:
        return redirect(url_for("alerts_staff.show", code=code, said=receipt(code, TOO_LATE)))
    return check_page(alert, errors), status
