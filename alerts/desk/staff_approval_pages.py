"""Approval by a second person: asking for it, deciding, and sending without it in an emergency."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import Schema

from alerts.approving.calling import call_approvers
from alerts.approving.schemas import (
    ApprovalForm,
    SendingForm,
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
from alerts.desk.check_page import (
    TOO_LATE,
    address_of,
    check_follow_up_page,
    check_page,
    errors_by,
    find_work,
    sent_key,
)
from alerts.desk.staff_alert_pages import show_page
from alerts.lifecycle import EDITABLE
from alerts.models import Alert, FollowUp, Work
from alerts.releasing.follow_ups import drop_follow_up, send_follow_up
from alerts.releasing.publishing import publish_alert
from database import session
from staff.access import requires
from staff.actor import NotAllowed, current_actor
from staff.permissions import Permission
from web.http.forms import load_form
from web.http.receipts import receipt
from web.problems.errors import Problem
from web.texts.cleaning import clean

Act = Callable[[Work, dict[str, Any]], object]


@blueprint.post("/<code>/submit")
@blueprint.post("/<code>/follow-ups/<int:follow_up_id>/submit")
@requires(Permission.ALERT_COMPOSE)
def submit(code: str, follow_up_id: int | None = None) -> ResponseReturnValue:
    """Ask for approval of what was read: of an alert, or of what follows it."""
    seen = request.form.get("fingerprint", "")
    return _take(
        code,
        follow_up_id,
        SubmissionSchema(),
        lambda work, said: submit_alert(
            session,
            current_actor(),
            work,
            said["comment"],
            seen=seen,
            wording_reason=said["wording_reason"],
        ),
    )


@blueprint.post("/<code>/take-back")
@blueprint.post("/<code>/follow-ups/<int:follow_up_id>/take-back")
@requires(Permission.ALERT_COMPOSE)
def take_back(code: str, follow_up_id: int | None = None) -> ResponseReturnValue:
    """Make a draft again of what waits for approval, or has it."""
    return _take(
        code,
        follow_up_id,
        Schema(),
        lambda work, _said: take_back_alert(session, current_actor(), work),
    )


@blueprint.post("/<code>/call-approvers")
@blueprint.post("/<code>/follow-ups/<int:follow_up_id>/call-approvers")
@requires(Permission.ALERT_COMPOSE)
def call(code: str, follow_up_id: int | None = None) -> ResponseReturnValue:
    """Call those who can approve it by SMS."""
    return _take(
        code,
        follow_up_id,
        Schema(),
        lambda work, _said: call_approvers(session, current_actor(), work),
    )


@blueprint.post("/<code>/approve")
@blueprint.post("/<code>/follow-ups/<int:follow_up_id>/approve")
@requires(Permission.ALERT_APPROVE)
def approve(code: str, follow_up_id: int | None = None) -> ResponseReturnValue:
    """Approve what was read, once the approver has confirmed having read it."""
    return _take(
        code,
        follow_up_id,
        ApprovalForm(),
        lambda work, said: approve_alert(
            session, current_actor(), work, said["comment"], seen=said["fingerprint"]
        ),
    )


@blueprint.post("/<code>/return")
@blueprint.post("/<code>/follow-ups/<int:follow_up_id>/return")
@requires(Permission.ALERT_APPROVE)
def give_back(code: str, follow_up_id: int | None = None) -> ResponseReturnValue:
    """Return it to its author, with what should be changed."""
    return _take(
        code,
        follow_up_id,
        VerdictSchema(),
        lambda work, said: return_alert(
            session, current_actor(), work, said["comment"], seen=said["fingerprint"]
        ),
    )


@blueprint.post("/<code>/reject")
@blueprint.post("/<code>/follow-ups/<int:follow_up_id>/reject")
@requires(Permission.ALERT_APPROVE)
def reject(code: str, follow_up_id: int | None = None) -> ResponseReturnValue:
    """Decide that it is never sent, and say why."""
    return _take(
        code,
        follow_up_id,
        VerdictSchema(),
        lambda work, said: reject_alert(
            session, current_actor(), work, said["comment"], seen=said["fingerprint"]
        ),
    )


@blueprint.post("/<code>/publish-without-approval")
@blueprint.post("/<code>/follow-ups/<int:follow_up_id>/publish-without-approval")
@requires(Permission.ALERT_PUBLISH_UNAPPROVED)
def publish_without_approval(code: str, follow_up_id: int | None = None) -> ResponseReturnValue:
    """Send it although nobody has approved it, for a reason that is kept and shown."""
    key, seen = sent_key(request.form.get("key", "")), request.form.get("fingerprint", "")
    return _take(
        code,
        follow_up_id,
        WithoutApprovalForm(),
        lambda work, said: _send(work, key, seen, said),
    )


@blueprint.post("/<code>/follow-ups/<int:follow_up_id>/publish")
@requires(Permission.ALERT_READ)
def publish_follow_up(code: str, follow_up_id: int) -> ResponseReturnValue:
    """Send what was kept, once it has been approved and read again."""
    key, seen = sent_key(request.form.get("key", "")), request.form.get("seen", "")
    return _take(code, follow_up_id, SendingForm(), lambda work, said: _send(work, key, seen, said))


@blueprint.post("/<code>/follow-ups/<int:follow_up_id>/drop")
@requires(Permission.ALERT_READ)
def drop(code: str, follow_up_id: int) -> ResponseReturnValue:
    """Give up what was written: it is never sent."""

    def give_up(work: Work, _said: dict[str, Any]) -> None:
        if isinstance(work, FollowUp):
            drop_follow_up(session, current_actor(), work)

    return _take(code, follow_up_id, Schema(), give_up)


def _send(work: Work, key: str, seen: str, said: dict[str, Any]) -> None:
    actor = current_actor()
    why = {"without_approval": said.get("reason"), "wording_reason": said["wording_reason"]}
    if isinstance(work, Alert):
        confirmed_size = said["confirmed_size"]
        publish_alert(session, actor, work, key, seen=seen, confirmed_size=confirmed_size, **why)
    else:
        send_follow_up(session, actor, work, key, seen=seen, **why)


def _take(code: str, follow_up_id: int | None, schema: Schema, act: Act) -> ResponseReturnValue:
    """Take a step; if it can't be taken, the page as it is now says why, with what was typed."""
    alert = read_alert(session, current_actor(), code)
    work = find_work(alert, follow_up_id)
    said, errors = load_form(schema)
    status = 422
    if not errors:
        try:
            with session.begin_nested():
                act(work, said)
            return redirect(address_of(work))
        except NotAllowed:
            raise
        except Problem as problem:
            errors = errors_by(problem, *schema.fields)
            status = problem.status
    alert = read_alert(session, current_actor(), code)
    work = find_work(alert, follow_up_id)
    if work.status not in EDITABLE:
        written = clean(request.form.get("comment") or request.form.get("reason") or "").strip()
        if written:
            return show_page(alert, TOO_LATE, written), 409
        return redirect(url_for("alerts_staff.show", code=code, said=receipt(code, TOO_LATE)))
    if isinstance(work, FollowUp):
        return check_follow_up_page(work, errors, values=request.form), status
    return check_page(work, errors, values=request.form), status
