"""The JSON API of alerts, under /api/v1/alerts, for signed-in staff."""

from __future__ import annotations

import dataclasses
from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue
from flask_smorest import Blueprint

from alerts.composing.saving import draft_alert, read_alert, update_draft
from alerts.draft import AlertDraft
from alerts.listing import list_alerts
from alerts.models import Alert, AlertRelease
from alerts.progress.alert_progress import AlertProgress, alert_progress
from alerts.progress.schemas import AlertProgressSchema
from alerts.releasing.preview import Preview, preview
from alerts.releasing.publishing import close_alert, publish_alert, send_update
from alerts.releasing.steering import cancel_alert, pause_alert, resume_alert, stop_alert
from alerts.schemas import (
    AlertChangesSchema,
    AlertDraftSchema,
    AlertFollowUpSchema,
    AlertListQuerySchema,
    AlertPageSchema,
    AlertPreviewSchema,
    AlertReleaseSchema,
    AlertSchema,
    AlertWithReleasesSchema,
    IdempotencySchema,
)
from areas.targets.input import LARGEST_SHAPE
from database import session
from staff.access import requires
from staff.actor import current_actor
from staff.permissions import Permission
from web.http.access import body_limit

blueprint = Blueprint(
    "alerts_api",
    __name__,
    url_prefix="/api/v1/alerts",
    description="Compose, check, publish, follow and close alerts.",
)


@blueprint.get("")
@blueprint.arguments(AlertListQuerySchema, location="query")
@blueprint.response(200, AlertPageSchema)
@requires(Permission.ALERT_READ)
def list_all(query: dict[str, Any]) -> dict[str, Any]:
    """Alerts, the newest first."""
    page = list_alerts(
        session,
        current_actor(),
        statuses=[query["status"]] if query["status"] else None,
        after=query["after"],
        limit=query["limit"],
    )
    return {"items": page.alerts, "next": page.next}


@blueprint.post("")
@blueprint.arguments(AlertDraftSchema)
@blueprint.response(201, AlertSchema)
@requires(Permission.ALERT_COMPOSE)
@body_limit(LARGEST_SHAPE)
def create(data: dict[str, Any]) -> ResponseReturnValue | tuple[Alert, int, dict[str, str]]:
    """Save a draft."""
    alert = draft_alert(session, current_actor(), AlertDraft(**data))
    return alert, 201, {"Location": url_for("alerts_api.read", code=alert.code)}


@blueprint.get("/<code>")
@blueprint.response(200, AlertWithReleasesSchema)
@requires(Permission.ALERT_READ)
def read(code: str) -> Alert:
    """One alert, with everything that was sent about it."""
    return read_alert(session, current_actor(), code)


@blueprint.patch("/<code>")
@blueprint.arguments(AlertChangesSchema(partial=True))
@blueprint.response(200, AlertSchema)
@requires(Permission.ALERT_COMPOSE)
@body_limit(LARGEST_SHAPE)
def change(data: dict[str, Any], code: str) -> Alert:
    """Change a draft; fields that are left out are kept."""
    alert = read_alert(session, current_actor(), code)
    draft = dataclasses.replace(AlertDraft.of(alert), **data)
    return update_draft(session, current_actor(), alert, draft)


@blueprint.get("/<code>/preview")
@blueprint.response(200, AlertPreviewSchema)
@requires(Permission.ALERT_READ)
def show_preview(code: str) -> Preview:
    """Who would get it, when, and the exact texts. Nothing is sent."""
    actor = current_actor()
    return preview(session, actor, read_alert(session, actor, code))


@blueprint.post("/<code>/publish")
@blueprint.arguments(IdempotencySchema, location="headers")
@blueprint.response(200, AlertSchema)
@requires(Permission.ALERT_PUBLISH)
def publish(headers: dict[str, Any], code: str) -> Alert:
    """Send it, now or at its time. Repeating the request with the same key sends nothing more."""
    alert = read_alert(session, current_actor(), code)
    return publish_alert(session, current_actor(), alert, headers["idempotency_key"])


@blueprint.post("/<code>/stop")
@blueprint.response(200, AlertSchema)
@requires(Permission.ALERT_STOP)
def stop(code: str) -> Alert:
    """Stop sending for good: those not yet written to will not be."""
    return stop_alert(session, current_actor(), read_alert(session, current_actor(), code))


@blueprint.post("/<code>/pause")
@blueprint.response(200, AlertSchema)
@requires(Permission.ALERT_STOP)
def pause(code: str) -> Alert:
    """Pause the sending, until it is resumed or stopped."""
    return pause_alert(session, current_actor(), read_alert(session, current_actor(), code))


@blueprint.post("/<code>/resume")
@blueprint.response(200, AlertSchema)
@requires(Permission.ALERT_STOP)
def resume(code: str) -> Alert:
    """Resume what was paused, by an officer or by the system."""
    return resume_alert(session, current_actor(), read_alert(session, current_actor(), code))


@blueprint.post("/<code>/cancel")
@blueprint.response(200, AlertSchema)
@requires(Permission.ALERT_PUBLISH)
def cancel(code: str) -> Alert:
    """Cancel a draft or a scheduled alert."""
    return cancel_alert(session, current_actor(), read_alert(session, current_actor(), code))


@blueprint.post("/<code>/updates")
@blueprint.arguments(IdempotencySchema, location="headers")
@blueprint.arguments(AlertFollowUpSchema)
@blueprint.response(201, AlertReleaseSchema)
@requires(Permission.ALERT_PUBLISH)
def update(headers: dict[str, Any], data: dict[str, Any], code: str) -> AlertRelease:
    """Send an update to all subscribers in the area."""
    alert = read_alert(session, current_actor(), code)
    return send_update(session, current_actor(), alert, data["texts"], headers["idempotency_key"])


@blueprint.post("/<code>/close")
@blueprint.arguments(IdempotencySchema, location="headers")
@blueprint.arguments(AlertFollowUpSchema)
@blueprint.response(200, AlertSchema)
@requires(Permission.ALERT_CLOSE)
def close(headers: dict[str, Any], data: dict[str, Any], code: str) -> Alert:
    """Close it, and tell those who received it how it ended."""
    alert = read_alert(session, current_actor(), code)
    close_alert(session, current_actor(), alert, data["texts"], headers["idempotency_key"])
    return alert


@blueprint.get("/<code>/progress")
@blueprint.response(200, AlertProgressSchema)
@requires(Permission.ALERT_READ)
def show_progress(code: str) -> AlertProgress:
    """How far the sending is, its rate, and when it will be done."""
    return alert_progress(session, read_alert(session, current_actor(), code))
