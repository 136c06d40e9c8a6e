"""Staff pages about alerts: the list, composing, the preview, and one alert."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from alerts.composing.forms import (
    LABELS,
    LIMITS,
    ComposeForm,
    Errors,
    errors_of,
    form_values,
    place_field,
    read_draft,
)
from alerts.composing.maps import draw_target
from alerts.composing.messages import MAX_SEGMENTS, MessageParts, count_sms
from alerts.composing.saving import draft_alert, read_alert, sender_name, update_draft
from alerts.draft import AlertDraft, Wording
from alerts.kinds import AlertKind
from alerts.lifecycle import OPEN, allows
from alerts.listing import count_by_status, held_alerts, list_alerts
from alerts.models import Alert, AlertStatus, ReleaseKind, Severity
from alerts.progress.alert_progress import AlertProgress, alert_progress
from alerts.progress.descriptions import announcement, describe, describe_rate
from alerts.releasing.preview import preview
from alerts.releasing.publishing import publish_alert
from alerts.releasing.releases import list_releases
from alerts.state_names import OUTCOME_NAMES, RELEASE_NAMES, SEVERITY_NAMES, STATUS_NAMES
from areas.search import search_areas
from areas.targets.descriptions import describe_target
from areas.targets.input import LARGEST_SHAPE
from areas.targets.target import Target
from areas.titles import area_title
from database import session
from staff.access import requires
from staff.actor import Actor, NotAllowed, current_actor
from staff.permissions import Permission
from web.http.access import body_limit
from web.http.forms import load_form, typed_values
from web.problems.errors import Problem

blueprint = Blueprint(
    "alerts_staff", __name__, url_prefix="/staff/alerts", template_folder="templates"
)

TABS: dict[str, frozenset[AlertStatus]] = {
    "current": frozenset({AlertStatus.SCHEDULED, AlertStatus.SENDING, AlertStatus.ACTIVE}),
    "drafts": frozenset({AlertStatus.DRAFT}),
    "ended": frozenset({AlertStatus.CLOSED, AlertStatus.STOPPED, AlertStatus.CANCELLED}),
}
PAGE_SIZE = 25
EXAMPLE_CODE = "XXXXXX"


@blueprint.app_context_processor
def names() -> dict[str, Any]:
    """The names that this room's templates use."""
    return {
        "severity_names": SEVERITY_NAMES,
        "status_names": STATUS_NAMES,
        "release_names": RELEASE_NAMES,
        "outcome_names": OUTCOME_NAMES,
    }


@blueprint.get("")
@requires(Permission.ALERT_READ)
def index() -> str:
    """Alerts of the officer's districts, or of all districts, by state."""
    actor = current_actor()
    tab = request.args.get("tab", "current")
    tab = tab if tab in TABS else "current"
    everywhere = request.args.get("all") == "1" or not actor.districts
    districts = None if everywhere else actor.districts
    page = list_alerts(
        session,
        actor,
        statuses=TABS[tab],
        districts=districts,
        after=request.args.get("after"),
        limit=PAGE_SIZE,
    )
    counts = count_by_status(session, actor, districts)
    return render_template(
        "alerts/list.html",
        alerts=page.alerts,
        following=page.next,
        tab=tab,
        counts={name: sum(counts.get(s, 0) for s in states) for name, states in TABS.items()},
        everywhere=everywhere,
        may_compose=actor.may(Permission.ALERT_COMPOSE),
        places={alert.id: place_of(alert) for alert in page.alerts},
        held=held_alerts(session, actor, districts),
    )


def place_of(alert: Alert) -> str:
    """The target in words, in the language of the page."""
    return describe_target(session, Target.from_json(alert.target))


@blueprint.route("/new", methods=["GET", "POST"])
@requires(Permission.ALERT_COMPOSE)
@body_limit(LARGEST_SHAPE)
def compose() -> ResponseReturnValue:
    """Write a new alert."""
    if request.method == "GET":
        start = {"when": "now", "severity": Severity.MODERATE.value}
        return _compose_page(start, {}, None)
    return _keep(None)


@blueprint.route("/<code>/edit", methods=["GET", "POST"])
@requires(Permission.ALERT_COMPOSE)
@body_limit(LARGEST_SHAPE)
def edit(code: str) -> ResponseReturnValue:
    """Change a draft."""
    alert = read_alert(session, current_actor(), code)
    if alert.status is not AlertStatus.DRAFT:
        return redirect(url_for("alerts_staff.show", code=code))
    if request.method == "GET":
        return _compose_page(form_values(session, alert), {}, alert)
    return _keep(alert)


def _keep(alert: Alert | None) -> ResponseReturnValue:
    """Save what was typed as a draft, or show the form again with the errors."""
    data, errors = load_form(ComposeForm())
    code = alert.code if alert else None
    if not errors:
        draft, errors = read_draft(session, data)
        if draft is not None:
            try:
                kept = _draft_or_redraft(alert, draft)
            except Problem as problem:
                errors = errors_of(problem, place_field=place_field(draft.target))
                session.rollback()
            else:
                return redirect(url_for("alerts_staff.check", code=kept.code))
    shown = read_alert(session, current_actor(), code) if code else None
    return _compose_page(typed_values(ComposeForm()), errors, shown), 422


def _draft_or_redraft(alert: Alert | None, draft: AlertDraft) -> Alert:
    if alert is None:
        return draft_alert(session, current_actor(), draft)
    return update_draft(session, current_actor(), alert, draft)


def _compose_page(values: dict[str, Any], errors: Errors, alert: Alert | None) -> str:
    return render_template(
        "alerts/compose.html",
        values=values,
        errors=errors,
        labels=LABELS,
        limits=LIMITS,
        alert=alert,
        kinds=list(AlertKind),
        appeals=", ".join(str(kind.row.name) for kind in AlertKind if kind.row.asks_for_tips),
        severities=list(Severity),
        opened={
            "circle": any(values.get(name) for name in ("lat", "lon", "radius_m")),
            "shape": bool(values.get("shape")),
            "english": bool(values.get("title_en") or values.get("body_en")),
        },
    )


@blueprint.get("/places")
@requires(Permission.ALERT_COMPOSE)
def suggest_places() -> str:
    """Places that the first letters may mean, as buttons that add them (htmx)."""
    typed = request.args.get("q", "").strip()
    matches = search_areas(session, typed, limit=6) if len(typed) > 1 else []
    return render_template(
        "alerts/_places.html",
        typed=typed,
        places=[(area_title(match.area), match.area.kind.row.name) for match in matches],
    )


@blueprint.post("/count")
@requires(Permission.ALERT_COMPOSE)
@body_limit(LARGEST_SHAPE)
def count() -> str:
    """The length of the SMS, counted by the code that composes it (htmx)."""
    language = "en" if request.args.get("language") == "en" else "da"
    form = request.form
    kind = form.get("kind", "")
    parts = MessageParts(
        code=EXAMPLE_CODE,
        kind=AlertKind(kind) if kind in set(AlertKind) else AlertKind.AREA_ALERT,
        severity=Severity.MODERATE,
        release=ReleaseKind.INITIAL,
        case_reference=form.get("case_reference", "").strip()[:40] or None,
        sender=_usual_sender(current_actor()),
        places={},
        expires_at=None,
        texts={
            language: Wording(
                form.get(f"title_{language}", "").strip(),
                form.get(f"body_{language}", "").strip().replace("\r\n", "\n"),
            )
        },
    )
    return render_template(
        "alerts/_count.html", counted=count_sms(parts, language), most=MAX_SEGMENTS
    )


def _usual_sender(actor: Actor) -> str:
    """The usual sender name of this officer's alerts, as there is no target yet."""
    return sender_name(session, sorted(actor.districts))


@blueprint.get("/<code>/preview")
@requires(Permission.ALERT_READ)
def check(code: str) -> ResponseReturnValue:
    """The preview: exactly who would get what and when."""
    alert = read_alert(session, current_actor(), code)
    if alert.status is not AlertStatus.DRAFT:
        return redirect(url_for("alerts_staff.show", code=code))
    return _check_page(alert, {}, secrets.token_urlsafe(16))


def _check_page(alert: Alert, errors: Errors, key: str) -> str:
    actor = current_actor()
    return render_template(
        "alerts/check.html",
        alert=alert,
        preview=preview(session, actor, alert),
        drawing=draw_target(session, Target.from_json(alert.target)),
        errors=errors,
        key=key,
        seen=AlertDraft.of(alert).fingerprint(),
        may_publish=actor.may(Permission.ALERT_PUBLISH) and actor.covers(alert.district_codes),
        may_compose=actor.may(Permission.ALERT_COMPOSE),
    )


@blueprint.post("/<code>/publish")
@requires(Permission.ALERT_PUBLISH)
def publish(code: str) -> ResponseReturnValue:
    """Send it, once the officer has confirmed having read it."""
    alert = read_alert(session, current_actor(), code)
    key = request.form.get("key", "")[:80]
    if len(key) < 8:
        key = secrets.token_urlsafe(16)
    if request.form.get("read") != "true" and alert.idempotency_key != key:
        errors = {"read": [_("Sæt kryds, når du har læst teksten og tjekket området.")]}
        return _check_page(alert, errors, key), 422
    try:
        publish_alert(session, current_actor(), alert, key, seen=request.form.get("seen", ""))
    except NotAllowed:
        raise
    except Problem as problem:
        session.rollback()
        alert = read_alert(session, current_actor(), code)
        if alert.status is not AlertStatus.DRAFT:
            raise
        found = [text for texts in problem.fields.values() for text in texts]
        found = found or [str(problem.detail) or str(problem.title)]
        return _check_page(alert, {"_schema": found}, key), problem.status
    return redirect(url_for("alerts_staff.show", code=code))


@blueprint.get("/<code>")
@requires(Permission.ALERT_READ)
def show(code: str) -> ResponseReturnValue:
    """One alert: its progress, what was sent, and what can be done."""
    alert = read_alert(session, current_actor(), code)
    if alert.status is AlertStatus.DRAFT:
        return redirect(url_for("alerts_staff.check", code=code))
    progress = alert_progress(session, alert)
    return render_template(
        "alerts/show.html",
        alert=alert,
        place=place_of(alert),
        releases=list_releases(session, alert),
        drawing=draw_target(session, Target.from_json(alert.target)),
        steps=steps_for(alert, current_actor(), progress),
        **_shown_progress(alert, progress),
    )


def steps_for(alert: Alert, actor: Actor, progress: AlertProgress) -> dict[str, bool]:
    """What this person can do with the alert now, by the names of the pages for it."""
    covered = actor.covers(alert.district_codes)

    def may(permission: Permission, possible: bool) -> bool:
        return covered and possible and actor.may(permission)

    return {
        "pause": may(Permission.ALERT_STOP, progress.may_be_paused),
        "resume": may(Permission.ALERT_STOP, progress.may_be_resumed),
        "stop": may(
            Permission.ALERT_STOP,
            allows(alert.status, AlertStatus.STOPPED) or progress.may_be_stopped,
        ),
        "cancel": may(Permission.ALERT_PUBLISH, allows(alert.status, AlertStatus.CANCELLED)),
        "update": may(Permission.ALERT_PUBLISH, alert.status in OPEN),
        "close": may(Permission.ALERT_CLOSE, allows(alert.status, AlertStatus.CLOSED)),
    }


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
