"""Sending an alert's messages to oneself alone, before anybody else gets them."""

from __future__ import annotations

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from alerts.composing.saving import read_alert
from alerts.desk.blueprint import blueprint
from alerts.desk.check_page import check_page, said_by, trial_receipt
from alerts.lifecycle import EDITABLE
from alerts.releasing.trial import send_trial
from database import session
from staff.access import requires
from staff.actor import NotAllowed, current_actor
from staff.permissions import Permission
from web.http.sent_forms import once
from web.problems.errors import Problem


@blueprint.post("/<code>/trial")
@requires(Permission.ALERT_COMPOSE)
@once
def trial(code: str) -> ResponseReturnValue:
    """Send the officer what recipients would get."""
    actor = current_actor()
    alert = read_alert(session, actor, code)
    if alert.status not in EDITABLE:
        return redirect(url_for("alerts_staff.show", code=code))
    try:
        with session.begin_nested():
            sent = send_trial(session, actor, alert)
    except NotAllowed:
        raise
    except Problem as problem:
        return check_page(alert, {"_schema": said_by(problem)}), problem.status
    return redirect(url_for("alerts_staff.check", code=code, said=trial_receipt(code, sent)))
