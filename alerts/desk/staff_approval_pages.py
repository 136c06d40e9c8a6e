"""Approval by a second person: asking for it, deciding, and sending without it in an emergency."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import Schema

from alerts.approving.schemas import (
    ApprovalForm,
    SubmissionSchema,
    VerdictSchema,
    WithoutApprovalForm,
)
from alerts.approving.steps import (
    approve_alert,
    reject_alert,
    return_alert,
    submit_alert,
    take_back_alert,
)
from alerts.composing.saving import read_alert
from alerts.desk.blueprint import blueprint
from alerts.desk.check_page import TOO_LATE, check_page, errors_by, sent_key
from alerts.lifecycle import EDITABLE
from alerts.models import Alert
from alerts.releasing.publishing import publish_alert
from database import session
from staff.access import requires
from staff.actor import NotAllowed, current_actor
from staff.permissions import Permission
from web.http.forms import load_form
from web.http.receipts import receipt
from web.problems.errors import Problem

Act = Callable[[Alert, dict[str, Any]], Alert]


@blueprint.post("/<code>/submit")
@requires(Permission.ALERT_COMPOSE)
def submit(code: str) -> ResponseReturnValue:
    """Ask for approval of what was read."""
    seen = request.form.get("fingerprint", "")
    return _take(
        code,
        SubmissionSchema(),
        lambda alert, said: submit_alert(
            session, current_actor(), alert, said["comment"], seen=seen
        ),
    )


@blueprint.post("/<code>/take-back")
@requires(Permission.ALERT_COMPOSE)
def take_back(code: str) -> ResponseReturnValue:
    """Make a draft again of what waits for approval, or has it."""
    return _take(
        code, Schema(), lambda alert, _said: take_back_alert(session, current_actor(), alert)
    )


@blueprint.post("/<code>/approve")
@requires(Permission.ALERT_APPROVE)
def approve(code: str) -> ResponseReturnValue:
    """Approve what was read, once the approver has confirmed having read it."""
    return _take(
        code,
        ApprovalForm(),
        lambda alert, said: approve_alert(
            session, current_actor(), alert, said["comment"], seen=said["fingerprint"]
        ),
    )


@blueprint.post("/<code>/return")
@requires(Permission.ALERT_APPROVE)
def give_back(code: str) -> ResponseReturnValue:
    """Return it to its author, with what should be changed."""
    return _take(
        code,
        VerdictSchema(),
        lambda alert, said: return_alert(
            session, current_actor(), alert, said["comment"], seen=said["fingerprint"]
        ),
    )


@blueprint.post("/<code>/reject")
@requires(Permission.ALERT_APPROVE)
def reject(code: str) -> ResponseReturnValue:
    """Decide that it is never sent, and say why."""
    return _take(
        code,
        VerdictSchema(),
        lambda alert, said: reject_alert(
            session, current_actor(), alert, said["comment"], seen=said["fingerprint"]
        ),
    )


@blueprint.post("/<code>/publish-without-approval")
@requires(Permission.ALERT_PUBLISH_UNAPPROVED)
def publish_without_approval(code: str) -> ResponseReturnValue:
    """Send it although nobody has approved it, for a reason that is kept and shown."""
    key, seen = sent_key(request.form.get("key", "")), request.form.get("fingerprint", "")
    return _take(
        code,
        WithoutApprovalForm(),
        lambda alert, said: publish_alert(
            session,
            current_actor(),
            alert,
            key,
            seen=seen,
            without_approval=said["reason"],
            wording_reason=said["wording_reason"],
            confirmed_size=said["confirmed_size"],
        ),
    )


def _take(code: str, schema: Schema, act: Act) -> ResponseReturnValue:
    """Take a step; if it can't be taken, the page as it is now says why, with what was typed."""
    alert = read_alert(session, current_actor(), code)
    said, errors = load_form(schema)
    status = 422
    if not errors:
        try:
            with session.begin_nested():
                act(alert, said)
            return redirect(url_for("alerts_staff.show", code=code))
        except NotAllowed:
            raise
        except Problem as problem:
            errors = errors_by(problem, *schema.fields)
            status = problem.status
    alert = read_alert(session, current_actor(), code)
    if alert.status not in EDITABLE:
        return redirect(url_for("alerts_staff.show", code=code, said=receipt(code, TOO_LATE)))
    return check_page(alert, errors, values=request.form), status
