"""Stopping, cancelling and pausing an alert; all but pausing ask for confirmation."""

from __future__ import annotations

from collections.abc import Callable

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from alerts.composing.saving import read_alert
from alerts.desk.blueprint import blueprint
from alerts.desk.steps import steps_for
from alerts.models import Alert
from alerts.progress.alert_progress import alert_progress
from alerts.progress.descriptions import describe
from alerts.releasing.steering import cancel_alert, pause_alert, resume_alert, stop_alert
from database import session
from staff.access import requires
from staff.actor import Actor, current_actor
from staff.permissions import Permission


@blueprint.route("/<code>/stop", methods=["GET", "POST"])
@requires(Permission.ALERT_STOP)
def stop(code: str) -> ResponseReturnValue:
    """Stop the sending, after a confirmation."""
    return _ask_first(code, "stop", stop_alert)


@blueprint.route("/<code>/cancel", methods=["GET", "POST"])
@requires(Permission.ALERT_PUBLISH)
def cancel(code: str) -> ResponseReturnValue:
    """Cancel a draft or a scheduled alert, after a confirmation."""
    return _ask_first(code, "cancel", cancel_alert)


@blueprint.post("/<code>/pause")
@requires(Permission.ALERT_STOP)
def pause(code: str) -> ResponseReturnValue:
    """Pause the sending at once: the quick reaction when something is wrong."""
    return _do_at_once(code, "resume", pause_alert)


@blueprint.post("/<code>/resume")
@requires(Permission.ALERT_STOP)
def resume(code: str) -> ResponseReturnValue:
    """Resume what was paused."""
    return _do_at_once(code, "pause", resume_alert)


def _do_at_once(
    code: str, opposite: str, take: Callable[[Session, Actor, Alert], Alert]
) -> ResponseReturnValue:
    """Do it, unless a colleague already has: then there is nothing to do."""
    actor = current_actor()
    alert = read_alert(session, actor, code)
    steps = steps_for(alert, actor, alert_progress(session, alert))
    if steps[opposite] and not steps[{"pause": "resume", "resume": "pause"}[opposite]]:
        return redirect(url_for("alerts_staff.show", code=code))
    take(session, actor, alert)
    return redirect(url_for("alerts_staff.show", code=code))


def _ask_first(
    code: str, step: str, take: Callable[[Session, Actor, Alert], Alert]
) -> ResponseReturnValue:
    alert = read_alert(session, current_actor(), code)
    if request.method == "POST":
        take(session, current_actor(), alert)
        return redirect(url_for("alerts_staff.show", code=code))
    progress = alert_progress(session, alert)
    if not steps_for(alert, current_actor(), progress)[step]:
        return redirect(url_for("alerts_staff.show", code=code))
    unfinished = [release for release in progress.releases if release.is_unfinished]
    return render_template(
        "alerts/confirm.html",
        alert=alert,
        step=step,
        unfinished=unfinished,
        describe=describe,
    )
