"""The desk: staff's pages about alerts, each subject in a file of its own."""

from __future__ import annotations

from alerts.desk import (
    staff_alert_pages,
    staff_approval_pages,
    staff_compose_pages,
    staff_expiry_pages,
    staff_follow_up_pages,
    staff_list_pages,
    staff_preset_pages,
    staff_reach_pages,
    staff_steering_pages,
    staff_trial_pages,
    staff_wording_pages,
)
from alerts.desk.blueprint import blueprint

__all__ = [
    "blueprint",
    "staff_alert_pages",
    "staff_approval_pages",
    "staff_compose_pages",
    "staff_expiry_pages",
    "staff_follow_up_pages",
    "staff_list_pages",
    "staff_preset_pages",
    "staff_reach_pages",
    "staff_steering_pages",
    "staff_trial_pages",
    "staff_wording_pages",
]
