"""The functions of this room that others use; everything they need is importable here."""

from __future__ import annotations

from alerts.composing.drafts import draft_alert, find_alert, update_draft
from alerts.releasing.appeals import (
    appeals_received,
    current_alerts,
    find_public_alert,
    open_appeals,
    recently_closed,
)
from alerts.releasing.listeners import on_published
from alerts.releasing.preview import Preview, preview
from alerts.releasing.publishing import close_alert, publish_alert, send_update
from alerts.releasing.steering import cancel_alert, pause_alert, resume_alert, stop_alert
from alerts.values import AlertDraft, Wording

__all__ = [
    "AlertDraft",
    "Preview",
    "Wording",
    "appeals_received",
    "cancel_alert",
    "close_alert",
    "current_alerts",
    "draft_alert",
    "find_alert",
    "find_public_alert",
    "on_published",
    "open_appeals",
    "pause_alert",
    "preview",
    "publish_alert",
    "recently_closed",
    "resume_alert",
    "send_update",
    "stop_alert",
    "update_draft",
]
