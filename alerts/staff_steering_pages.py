"""Staff pages that stop, follow up or close an alert; all but pausing ask for confirmation."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from alerts.composing.forms import LABELS, LIMITS, Errors, FollowUpForm, errors_of
from alerts.composing.saving import read_alert
from alerts.models import Alert, AlertRelease
from alerts.progress.alert_progress import alert_progress
from alerts.progress.descriptions import describe
from alerts.releasing.publishing import close_alert, send_update
from alerts.releasing.releases import area_audience, recipients_audience
from alerts.releasing.steering import cancel_alert, pause_alert, resume_alert, stop_alert
from alerts.staff_pages import blueprint, place_of, steps_for
from database import session
from dispatch.broadcasts import Audience, count_audience
from staff.access import requires
from staff.actor import Actor, NotAllowed, current_actor
from staff.permissions import Permission
from web.http.forms import load_form, typed_values
from web.problems.errors import Problem

FIELD_OF = {"texts.da": "text_da", "texts.da.body": "text_da", "texts.en.body": "text_en"}

SendFollowUp = Callable[[Session, Actor, Alert, dict[str, str], str], AlertRelease]


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


@blueprint.route("/<code>/update", methods=["GET", "POST"])
@requires(Permission.ALERT_PUBLISH)
def update(code: str) -> ResponseReturnValue:
    """Send an update to all subscribers in the area."""
    return _follow_up(code, "update", area_audience, send_update)


@blueprint.route("/<code>/close", methods=["GET", "POST"])
@requires(Permission.ALERT_CLOSE)
def close(code: str) -> ResponseReturnValue:
    """Close the alert, and tell those who received it how it ended."""
    return _follow_up(code, "close", recipients_audience, close_alert)


def _follow_up(
    code: str,
    step: str,
    find_audience: Callable[[Session, Alert], Audience],
    send: SendFollowUp,
) -> ResponseReturnValue:
    alert = read_alert(session, current_actor(), code)
    if request.method == "GET":
        progress = alert_progress(session, alert)
        if not steps_for(alert, current_actor(), progress)[step]:
            return redirect(url_for("alerts_staff.show", code=code))
        values = {"key": secrets.token_urlsafe(16)}
        return _follow_up_page(alert, step, find_audience, values, {})
    data, errors = load_form(FollowUpForm())
    if not errors:
        try:
            bodies = {"da": data["text_da"], "en": data["text_en"]}
            send(session, current_actor(), alert, bodies, data["key"])
        except NotAllowed:
            raise
        except Problem as problem:
            if problem.status != 422:
                raise
            errors = errors_of(problem, FIELD_OF)
            session.rollback()
        else:
            return redirect(url_for("alerts_staff.show", code=code))
    alert = read_alert(session, current_actor(), code)
    typed = typed_values(FollowUpForm())
    return _follow_up_page(alert, step, find_audience, typed, errors), 422


def _follow_up_page(
    alert: Alert,
    step: str,
    find_audience: Callable[[Session, Alert], Audience],
    values: dict[str, Any],
    errors: Errors,
) -> str:
    return render_template(
        "alerts/follow_up.html",
        alert=alert,
        step=step,
        recipients=count_audience(session, find_audience(session, alert)).recipients,
        place=place_of(alert),
        values=values,
        errors=errors,
        labels=LABELS,
        limits=LIMITS,
    )
