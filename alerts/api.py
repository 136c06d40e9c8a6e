"""The JSON API of alerts, under /api/v1/alerts, for signed-in staff."""

from __future__ import annotations

import dataclasses
from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue

from alerts.approving.schemas import (
    SeenSchema,
    SubmissionSchema,
    VerdictSchema,
    WithoutApprovalSchema,
)
from alerts.approving.steps import (
    approve_alert,
    reject_alert,
    return_alert,
    submit_alert,
    take_back_alert,
)
from alerts.composing.saving import draft_alert, read_alert, update_draft
from alerts.draft import AlertDraft
from alerts.errors import DraftChanged
from alerts.lifecycle import lock
from alerts.listing import list_alerts
from alerts.models import Alert, AlertRelease
from alerts.presets.content import PresetContent
from alerts.presets.keeping import (
    change_preset,
    create_preset,
    delete_preset,
    find_preset,
    list_presets,
    lock_preset,
)
from alerts.presets.models import Preset
from alerts.presets.schemas import PresetChangesSchema, PresetContentSchema, PresetSchema
from alerts.progress.alert_progress import AlertProgress, alert_progress
from alerts.progress.schemas import AlertProgressSchema
from alerts.releasing.correcting import correct_alert
from alerts.releasing.extending import extend_alert
from alerts.releasing.preview import Preview, preview
from alerts.releasing.publishing import close_alert, publish_alert, send_update
from alerts.releasing.steering import cancel_alert, pause_alert, resume_alert, stop_alert
from alerts.releasing.withdrawing import withdraw_alert
from alerts.schemas import (
    AlertChangesSchema,
    AlertCorrectionSchema,
    AlertDraftSchema,
    AlertExtensionSchema,
    AlertFollowUpSchema,
    AlertListQuerySchema,
    AlertPageSchema,
    AlertPreviewSchema,
    AlertReleaseSchema,
    AlertSchema,
    AlertWithReleasesSchema,
    IdempotencySchema,
    PublishingSchema,
)
from areas.targets.input import LARGEST_SHAPE
from database import session
from staff.access import requires
from staff.actor import current_actor
from staff.permissions import Permission
from web.http.access import body_limit
from web.http.rest import ApiBlueprint

blueprint = ApiBlueprint(
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


@blueprint.get("/presets")
@blueprint.response(200, PresetSchema(many=True))
@requires(Permission.ALERT_COMPOSE)
def list_all_presets() -> list[Preset]:
    """The templates and saved areas of the caller's districts."""
    return list_presets(session, current_actor())


@blueprint.post("/presets")
@blueprint.arguments(PresetContentSchema)
@blueprint.response(201, PresetSchema)
@requires(Permission.ALERT_COMPOSE)
@body_limit(LARGEST_SHAPE)
def create_one_preset(data: dict[str, Any]) -> tuple[Preset, int, dict[str, str]]:
    """Keep a template, or without a kind a saved area."""
    preset = create_preset(session, current_actor(), PresetContent(**data))
    return preset, 201, {"Location": url_for("alerts_api.read_preset", preset_id=preset.id)}


@blueprint.get("/presets/<int:preset_id>")
@blueprint.response(200, PresetSchema)
@requires(Permission.ALERT_COMPOSE)
def read_preset(preset_id: int) -> Preset:
    """One template or saved area."""
    return find_preset(session, current_actor(), preset_id)


@blueprint.patch("/presets/<int:preset_id>")
@blueprint.arguments(PresetChangesSchema(partial=True))
@blueprint.response(200, PresetSchema)
@requires(Permission.ALERT_COMPOSE)
@body_limit(LARGEST_SHAPE)
def change_one_preset(data: dict[str, Any], preset_id: int) -> Preset:
    """Change a template or saved area; fields that are left out are kept."""
    preset = lock_preset(session, find_preset(session, current_actor(), preset_id))
    seen = data.pop("version", None)
    content = dataclasses.replace(PresetContent.of(preset), **data)
    return change_preset(session, current_actor(), preset, content, seen=seen)


@blueprint.delete("/presets/<int:preset_id>")
@blueprint.response(204)
@requires(Permission.ALERT_COMPOSE)
def delete_one_preset(preset_id: int) -> None:
    """Delete a template or saved area; alerts that were begun with it keep what they have."""
    actor = current_actor()
    delete_preset(session, actor, find_preset(session, actor, preset_id))


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
    """Change a draft; fields that are left out are kept.

    With the ``version`` that was read, a draft that somebody has changed since is left as it is.
    """
    alert = lock(session, read_alert(session, current_actor(), code))
    seen = data.pop("version", None)
    before = AlertDraft.of(alert)
    is_stale = seen is not None and seen != before.version()
    theirs = AlertSchema().dump(alert) if is_stale else None
    try:
        draft = dataclasses.replace(before, **data)
        return update_draft(session, current_actor(), alert, draft, seen=seen if is_stale else None)
    except DraftChanged as conflict:
        conflict.extra.update(changed=before.changed_since(seen or ""), current=theirs)
        raise


@blueprint.get("/<code>/preview")
@blueprint.response(200, AlertPreviewSchema)
@requires(Permission.ALERT_READ)
def show_preview(code: str) -> Preview:
    """Who would get it, when, and the exact texts. Nothing is sent."""
    actor = current_actor()
    return preview(session, actor, read_alert(session, actor, code))


@blueprint.post("/<code>/publish")
@blueprint.arguments(IdempotencySchema, location="headers")
@blueprint.arguments(PublishingSchema)
@blueprint.response(200, AlertSchema)
@requires(Permission.ALERT_PUBLISH)
def publish(headers: dict[str, Any], data: dict[str, Any], code: str) -> Alert:
    """Send it, now or at its time. Repeating the request with the same key sends nothing more."""
    alert = read_alert(session, current_actor(), code)
    return publish_alert(session, current_actor(), alert, headers["idempotency_key"], **data)


@blueprint.post("/<code>/publish-without-approval")
@blueprint.arguments(IdempotencySchema, location="headers")
@blueprint.arguments(WithoutApprovalSchema)
@blueprint.response(200, AlertSchema)
@requires(Permission.ALERT_PUBLISH_UNAPPROVED)
def publish_without_approval(headers: dict[str, Any], data: dict[str, Any], code: str) -> Alert:
    """Send it although nobody has approved it, for a reason that is kept and shown."""
    alert = read_alert(session, current_actor(), code)
    return publish_alert(
        session,
        current_actor(),
        alert,
        headers["idempotency_key"],
        without_approval=data["reason"],
        wording_reason=data["wording_reason"],
        confirmed_size=data["confirmed_size"],
    )


@blueprint.post("/<code>/submit")
@blueprint.arguments(SubmissionSchema)
@blueprint.response(200, AlertSchema)
@requires(Permission.ALERT_COMPOSE)
def submit(data: dict[str, Any], code: str) -> Alert:
    """Ask for approval by somebody else."""
    alert = read_alert(session, current_actor(), code)
    return submit_alert(session, current_actor(), alert, data["comment"])


@blueprint.post("/<code>/take-back")
@blueprint.response(200, AlertSchema)
@requires(Permission.ALERT_COMPOSE)
def take_back(code: str) -> Alert:
    """Make a draft again of what waits for approval, or has it."""
    return take_back_alert(session, current_actor(), read_alert(session, current_actor(), code))


@blueprint.post("/<code>/approve")
@blueprint.arguments(SeenSchema)
@blueprint.response(200, AlertSchema)
@requires(Permission.ALERT_APPROVE)
def approve(data: dict[str, Any], code: str) -> Alert:
    """Approve exactly what the preview showed."""
    alert = read_alert(session, current_actor(), code)
    return approve_alert(session, current_actor(), alert, data["comment"], seen=data["fingerprint"])


@blueprint.post("/<code>/return")
@blueprint.arguments(VerdictSchema)
@blueprint.response(200, AlertSchema)
@requires(Permission.ALERT_APPROVE)
def give_back(data: dict[str, Any], code: str) -> Alert:
    """Return it to be changed; what was approved, too, until it is sent."""
    alert = read_alert(session, current_actor(), code)
    return return_alert(session, current_actor(), alert, data["comment"], seen=data["fingerprint"])


@blueprint.post("/<code>/reject")
@blueprint.arguments(VerdictSchema)
@blueprint.response(200, AlertSchema)
@requires(Permission.ALERT_APPROVE)
def reject(data: dict[str, Any], code: str) -> Alert:
    """Decide that it is never sent."""
    alert = read_alert(session, current_actor(), code)
    return reject_alert(session, current_actor(), alert, data["comment"], seen=data["fingerprint"])


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


@blueprint.post("/<code>/extend")
@blueprint.arguments(AlertExtensionSchema)
@blueprint.response(200, AlertSchema)
@requires(Permission.ALERT_PUBLISH)
def extend(data: dict[str, Any], code: str) -> Alert:
    """Let a published or scheduled alert apply for longer; nobody is notified."""
    alert = read_alert(session, current_actor(), code)
    return extend_alert(session, current_actor(), alert, data["expires_at"])


@blueprint.post("/<code>/updates")
@blueprint.arguments(IdempotencySchema, location="headers")
@blueprint.arguments(AlertFollowUpSchema)
@blueprint.response(201, AlertReleaseSchema)
@requires(Permission.ALERT_PUBLISH)
def update(headers: dict[str, Any], data: dict[str, Any], code: str) -> AlertRelease:
    """Send an update to all subscribers in the area."""
    alert = read_alert(session, current_actor(), code)
    return send_update(
        session, current_actor(), alert, data["texts"], headers["idempotency_key"],
        data["wording_reason"],
    )  # fmt: skip


@blueprint.post("/<code>/corrections")
@blueprint.arguments(IdempotencySchema, location="headers")
@blueprint.arguments(AlertCorrectionSchema)
@blueprint.response(201, AlertReleaseSchema)
@requires(Permission.ALERT_PUBLISH)
def correct(headers: dict[str, Any], data: dict[str, Any], code: str) -> AlertRelease:
    """Replace its text, and send the new one to those who received it or wait for it."""
    alert = read_alert(session, current_actor(), code)
    return correct_alert(
        session, current_actor(), alert, data["texts"], headers["idempotency_key"],
        data["wording_reason"],
    )  # fmt: skip


@blueprint.post("/<code>/close")
@blueprint.arguments(IdempotencySchema, location="headers")
@blueprint.arguments(AlertFollowUpSchema)
@blueprint.response(200, AlertSchema)
@requires(Permission.ALERT_CLOSE)
def close(headers: dict[str, Any], data: dict[str, Any], code: str) -> Alert:
    """Close it, and tell those who received it how it ended."""
    alert = read_alert(session, current_actor(), code)
    close_alert(
        session, current_actor(), alert, data["texts"], headers["idempotency_key"],
        data["wording_reason"],
    )  # fmt: skip
    return alert


@blueprint.post("/<code>/withdraw")
@blueprint.arguments(IdempotencySchema, location="headers")
@blueprint.arguments(AlertFollowUpSchema)
@blueprint.response(200, AlertSchema)
@requires(Permission.ALERT_PUBLISH)
def withdraw(headers: dict[str, Any], data: dict[str, Any], code: str) -> Alert:
    """Withdraw it: what waits is stopped, and those who heard of it are told why."""
    alert = read_alert(session, current_actor(), code)
    withdraw_alert(
        session, current_actor(), alert, data["texts"], headers["idempotency_key"],
        data["wording_reason"],
    )  # fmt: skip
    return alert


@blueprint.get("/<code>/progress")
@blueprint.response(200, AlertProgressSchema)
@requires(Permission.ALERT_READ)
def show_progress(code: str) -> AlertProgress:
    """How far the sending is, its rate, and when it will be done."""
    return alert_progress(session, read_alert(session, current_actor(), code))
