"""The JSON API of alerts, under /api/v1/alerts, for signed-in staff."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, TypeVar

from flask import url_for
from flask.typing import ResponseReturnValue

from alerts.approving import steps
from alerts.approving.schemas import (
    FollowUpPreviewSchema,
    FollowUpSchema,
    FollowUpStepSchema,
    SeenSchema,
    SubmissionSchema,
    VerdictSchema,
    WithoutApprovalSchema,
)
from alerts.composing.saving import draft_alert, read_alert, update_draft
from alerts.draft import AlertDraft
from alerts.errors import DraftChanged
from alerts.lifecycle import lock
from alerts.listing import list_alerts
from alerts.models import Alert, AlertRelease, FollowUp
from alerts.presets import keeping
from alerts.presets.content import PresetContent
from alerts.presets.models import Preset
from alerts.presets.schemas import PresetChangesSchema, PresetContentSchema, PresetSchema
from alerts.progress.alert_progress import AlertProgress, alert_progress
from alerts.progress.schemas import AlertProgressSchema
from alerts.releasing.extending import extend_alert
from alerts.releasing.follow_up_steps import take_step
from alerts.releasing.follow_ups import (
    close_alert,
    correct_alert,
    find_follow_up,
    save_follow_up,
    send_update,
    unsent_follow_ups,
)
from alerts.releasing.preview import FollowUpPreview, Preview, preview, preview_follow_up
from alerts.releasing.publishing import publish_alert
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

Done = TypeVar("Done")
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
    return keeping.list_presets(session, current_actor())


@blueprint.post("/presets")
@blueprint.arguments(PresetContentSchema)
@blueprint.response(201, PresetSchema)
@requires(Permission.ALERT_COMPOSE)
@body_limit(LARGEST_SHAPE)
def create_one_preset(data: dict[str, Any]) -> tuple[Preset, int, dict[str, str]]:
    """Keep a template, or without a kind a saved area."""
    preset = keeping.create_preset(session, current_actor(), PresetContent(**data))
    return preset, 201, {"Location": url_for("alerts_api.read_preset", preset_id=preset.id)}


@blueprint.get("/presets/<int:preset_id>")
@blueprint.response(200, PresetSchema)
@requires(Permission.ALERT_COMPOSE)
def read_preset(preset_id: int) -> Preset:
    """One template or saved area."""
    return keeping.find_preset(session, current_actor(), preset_id)


@blueprint.patch("/presets/<int:preset_id>")
@blueprint.arguments(PresetChangesSchema(partial=True))
@blueprint.response(200, PresetSchema)
@requires(Permission.ALERT_COMPOSE)
@body_limit(LARGEST_SHAPE)
def change_one_preset(data: dict[str, Any], preset_id: int) -> Preset:
    """Change a template or saved area; fields that are left out are kept."""
    preset = keeping.lock_preset(session, keeping.find_preset(session, current_actor(), preset_id))
    seen = data.pop("version", None)
    content = dataclasses.replace(PresetContent.of(preset), **data)
    return keeping.change_preset(session, current_actor(), preset, content, seen=seen)


@blueprint.delete("/presets/<int:preset_id>")
@blueprint.response(204)
@requires(Permission.ALERT_COMPOSE)
def delete_one_preset(preset_id: int) -> None:
    """Delete a template or saved area; alerts that were begun with it keep what they have."""
    preset = keeping.find_preset(session, current_actor(), preset_id)
    keeping.delete_preset(session, current_actor(), preset)


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
    """Change a draft, unless it is no longer the ``version`` that was read; the rest is kept."""
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
    return preview(session, current_actor(), read_alert(session, current_actor(), code))


@blueprint.post("/<code>/publish")
@blueprint.arguments(IdempotencySchema, location="headers")
@blueprint.arguments(PublishingSchema)
@blueprint.response(200, AlertSchema)
@requires(Permission.ALERT_PUBLISH)
def publish(headers: dict[str, Any], data: dict[str, Any], code: str) -> Alert:
    """Send it, now or at its time. Repeating the request with the same key sends nothing more."""
    return _act(publish_alert, code, headers["idempotency_key"], **data)


@blueprint.post("/<code>/publish-without-approval")
@blueprint.arguments(IdempotencySchema, location="headers")
@blueprint.arguments(WithoutApprovalSchema)
@blueprint.response(200, AlertSchema)
@requires(Permission.ALERT_PUBLISH_UNAPPROVED)
def publish_without_approval(headers: dict[str, Any], data: dict[str, Any], code: str) -> Alert:
    """Send it although nobody has approved it, for a reason that is kept and shown."""
    data["without_approval"] = data.pop("reason")
    return _act(publish_alert, code, headers["idempotency_key"], **data)


@blueprint.post("/<code>/submit")
@blueprint.arguments(SubmissionSchema)
@blueprint.response(200, AlertSchema)
@requires(Permission.ALERT_COMPOSE)
def submit(data: dict[str, Any], code: str) -> Alert:
    """Ask for approval by somebody else."""
    alert: Alert = _act(steps.submit_alert, code, **data)
    return alert


@blueprint.post("/<code>/take-back")
@blueprint.response(200, AlertSchema)
@requires(Permission.ALERT_COMPOSE)
def take_back(code: str) -> Alert:
    """Make a draft again of what waits for approval, or has it."""
    return steps.take_back_alert(
        session, current_actor(), read_alert(session, current_actor(), code)
    )


@blueprint.post("/<code>/approve")
@blueprint.arguments(SeenSchema)
@blueprint.response(200, AlertSchema)
@requires(Permission.ALERT_APPROVE)
def approve(data: dict[str, Any], code: str) -> Alert:
    """Approve exactly what the preview showed."""
    alert: Alert = _act(steps.approve_alert, code, data["comment"], seen=data["fingerprint"])
    return alert


@blueprint.post("/<code>/return")
@blueprint.arguments(VerdictSchema)
@blueprint.response(200, AlertSchema)
@requires(Permission.ALERT_APPROVE)
def give_back(data: dict[str, Any], code: str) -> Alert:
    """Return it to be changed; what was approved, too, until it is sent."""
    alert: Alert = _act(steps.return_alert, code, data["comment"], seen=data["fingerprint"])
    return alert


@blueprint.post("/<code>/reject")
@blueprint.arguments(VerdictSchema)
@blueprint.response(200, AlertSchema)
@requires(Permission.ALERT_APPROVE)
def reject(data: dict[str, Any], code: str) -> Alert:
    """Decide that it is never sent."""
    alert: Alert = _act(steps.reject_alert, code, data["comment"], seen=data["fingerprint"])
    return alert


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
    return _act(extend_alert, code, data["expires_at"])


@blueprint.post("/<code>/updates")
@blueprint.arguments(IdempotencySchema, location="headers")
@blueprint.arguments(AlertFollowUpSchema)
@blueprint.response(201, AlertReleaseSchema)
@requires(Permission.ALERT_PUBLISH)
def update(headers: dict[str, Any], data: dict[str, Any], code: str) -> AlertRelease:
    """Send an update to all subscribers in the area."""
    return _send(send_update, headers, data, code)


@blueprint.post("/<code>/corrections")
@blueprint.arguments(IdempotencySchema, location="headers")
@blueprint.arguments(AlertCorrectionSchema)
@blueprint.response(201, AlertReleaseSchema)
@requires(Permission.ALERT_PUBLISH)
def correct(headers: dict[str, Any], data: dict[str, Any], code: str) -> AlertRelease:
    """Replace its text, and send the new one to those who received it or wait for it."""
    return _send(correct_alert, headers, data, code)


@blueprint.post("/<code>/close")
@blueprint.arguments(IdempotencySchema, location="headers")
@blueprint.arguments(AlertFollowUpSchema)
@blueprint.response(200, AlertSchema)
@requires(Permission.ALERT_CLOSE)
def close(headers: dict[str, Any], data: dict[str, Any], code: str) -> Alert:
    """Close it, and tell those who received it how it ended."""
    return _send(close_alert, headers, data, code).alert


@blueprint.post("/<code>/withdraw")
@blueprint.arguments(IdempotencySchema, location="headers")
@blueprint.arguments(AlertFollowUpSchema)
@blueprint.response(200, AlertSchema)
@requires(Permission.ALERT_PUBLISH)
def withdraw(headers: dict[str, Any], data: dict[str, Any], code: str) -> Alert:
    """Withdraw it: what waits is stopped, and those who heard of it are told why."""
    return _send(withdraw_alert, headers, data, code).alert


@blueprint.post("/<code>/follow-ups")
@blueprint.arguments(FollowUpSchema)
@blueprint.response(201, FollowUpSchema)
@requires(Permission.ALERT_COMPOSE)
def keep_follow_up(data: dict[str, Any], code: str) -> FollowUp:
    """Keep an update, a correction or a closing message, and ask for its approval."""
    actor, kind, texts = current_actor(), data.pop("kind"), data.pop("texts")
    kept = save_follow_up(session, actor, read_alert(session, actor, code), kind, texts)
    return steps.submit_alert(session, actor, kept, **data)


@blueprint.get("/<code>/follow-ups")
@blueprint.response(200, FollowUpSchema(many=True))
@requires(Permission.ALERT_READ)
def list_follow_ups(code: str) -> list[FollowUp]:
    """What was written about it and is neither sent nor given up."""
    return unsent_follow_ups(session, current_actor(), read_alert(session, current_actor(), code))


@blueprint.get("/<code>/follow-ups/<int:follow_up_id>")
@blueprint.response(200, FollowUpPreviewSchema)
@requires(Permission.ALERT_READ)
def show_follow_up(code: str, follow_up_id: int) -> FollowUpPreview:
    """Who would get it, and the exact texts. Nothing is sent."""
    alert = read_alert(session, current_actor(), code)
    return preview_follow_up(session, find_follow_up(session, current_actor(), alert, follow_up_id))


@blueprint.post("/<code>/follow-ups/<int:follow_up_id>/<step>")
@blueprint.arguments(FollowUpStepSchema)
@blueprint.response(200, FollowUpSchema)
@requires(Permission.ALERT_READ)
def step_follow_up(data: dict[str, Any], code: str, follow_up_id: int, step: str) -> FollowUp:
    """Approve, return, reject, take back, cancel or publish it, or submit it again."""
    alert = read_alert(session, current_actor(), code)
    kept = find_follow_up(session, current_actor(), alert, follow_up_id)
    return take_step(session, current_actor(), kept, step, data)


@blueprint.get("/<code>/progress")
@blueprint.response(200, AlertProgressSchema)
@requires(Permission.ALERT_READ)
def show_progress(code: str) -> AlertProgress:
    """How far the sending is, its rate, and when it will be done."""
    return alert_progress(session, read_alert(session, current_actor(), code))


def _send(
    send: Callable[..., AlertRelease], headers: dict[str, Any], data: dict[str, Any], code: str
) -> AlertRelease:
    key = headers["idempotency_key"]
    return _act(send, code, data["texts"], key, data["wording_reason"])


def _act(step: Callable[..., Done], code: str, *said: Any, **more: Any) -> Done:
    return step(session, current_actor(), read_alert(session, current_actor(), code), *said, **more)
