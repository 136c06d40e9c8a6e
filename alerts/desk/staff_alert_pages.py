"""One alert: the preview from which it is sent, then its progress and what can be done."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from alerts.composing.maps import draw_target
from alerts.composing.saving import read_alert
from alerts.desk.blueprint import blueprint
from alerts.desk.check_page import (
    TOO_LATE,
    check_follow_up_page,
    check_page,
    errors_by,
    find_work,
    sent_key,
)
from alerts.desk.steps import left_out_of, place_of, steps_for
from alerts.lifecycle import EDITABLE
from alerts.models import Alert, FollowUp
from alerts.progress.alert_progress import AlertProgress, alert_progress
from alerts.progress.descriptions import announcement, describe, describe_rate
from alerts.releasing.follow_ups import sendable_follow_ups, steps_of_releases
from alerts.releasing.publishing import publish_alert
from alerts.releasing.releases import list_releases
from areas.targets.descriptions import describe_written
from areas.targets.target import Target
from database import session
from staff.access import requires
from staff.actor import NotAllowed, current_actor
from staff.permissions import Permission
from web.http.receipts import read_receipt, receipt
from web.problems.errors import Problem
from web.texts.cleaning import clean


@blueprint.get("/<code>/preview")
@blueprint.get("/<code>/follow-ups/<int:follow_up_id>")
@requires(Permission.ALERT_READ)
def check(code: str, follow_up_id: int | None = None) -> ResponseReturnValue:
    """The preview: exactly who would get what and when."""
    alert = read_alert(session, current_actor(), code)
    work = find_work(alert, follow_up_id)
    if work.status not in EDITABLE:
        return redirect(url_for("alerts_staff.show", code=code))
    if isinstance(work, FollowUp):
        return check_follow_up_page(work)
    return check_page(alert, said=read_receipt(code, request.args.get("said", "")))


@blueprint.post("/<code>/publish")
@requires(Permission.ALERT_PUBLISH)
def publish(code: str) -> ResponseReturnValue:
    """Send it, once the officer has confirmed having read it."""
    alert = read_alert(session, current_actor(), code)
    key = sent_key(request.form.get("key", ""))
    if request.form.get("read") != "true" and alert.idempotency_key != key:
        errors = {"read": [_("Sæt kryds, når du har læst teksten og tjekket området.")]}
        return check_page(alert, errors, key, request.form), 422
    try:
        with session.begin_nested():
            publish_alert(
                session, current_actor(), alert, key,
                seen=request.form.get("seen", ""),
                wording_reason=clean(request.form.get("wording_reason", "")),
                confirmed_size=request.form.get("confirmed_size"),
            )  # fmt: skip
    except NotAllowed:
        raise
    except Problem as problem:
        alert = read_alert(session, current_actor(), code)
        if alert.status not in EDITABLE:
            return redirect(url_for("alerts_staff.show", code=code, said=receipt(code, TOO_LATE)))
        errors = errors_by(problem, "wording_reason", "confirmed_size")
        return check_page(alert, errors, key, request.form), problem.status
    return redirect(url_for("alerts_staff.show", code=code))


@blueprint.get("/<code>")
@requires(Permission.ALERT_READ)
def show(code: str) -> ResponseReturnValue:
    """One alert: its progress, what was sent, and what can be done."""
    alert = read_alert(session, current_actor(), code)
    if alert.status in EDITABLE:
        return redirect(url_for("alerts_staff.check", code=code))
    return show_page(alert, read_receipt(code, request.args.get("said", "")))


def show_page(alert: Alert, said: str = "", comment: str = "") -> str:
    """The page of an alert; ``comment`` is what was written for a step that came too late."""
    progress = alert_progress(session, alert)
    return render_template(
        "alerts/show.html",
        alert=alert,
        place=place_of(alert),
        left_out=left_out_of(alert),
        was_too_late=said == TOO_LATE,
        comment=comment,
        releases=list_releases(session, alert),
        written=describe_written(session, Target.from_json(alert.target)),
        unsent=sendable_follow_ups(session, current_actor(), alert),
        steps_of=steps_of_releases(session, alert),
        drawing=draw_target(session, Target.from_json(alert.target)),
        steps=steps_for(alert, current_actor(), progress),
        **_shown_progress(alert, progress),
    )


@blueprint.get("/<code>/progress")
@requires(Permission.ALERT_READ)
def show_progress(code: str) -> ResponseReturnValue:
    """The part of the page that refreshes itself every two seconds (htmx)."""
    alert = read_alert(session, current_actor(), code)
    shown = _shown_progress(alert, alert_progress(session, alert))
    page = render_template("alerts/_progress.html", alert=alert, is_part=True, **shown)
    if request.args.get("state") != shown["state"]:
        # The buttons and texts around the progress bar have changed with the state.
        return page, 200, {"HX-Refresh": "true"}
    return page


def _shown_progress(alert: Alert, progress: AlertProgress) -> dict[str, Any]:
    """What the progress part shows. ``state``: what the rest of the page depends on."""
    key, said = announcement(progress)
    steps = [progress.may_be_paused, progress.may_be_resumed, progress.may_be_stopped]
    return {
        "progress": progress,
        "state": alert.status.value + "".join(str(int(step)) for step in steps),
        "key": key,
        "said": said,
        "describe": describe,
        "describe_rate": describe_rate,
    }
