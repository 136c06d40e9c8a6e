"""What a person can do with an alert now, and where it goes, for all pages about it."""

from __future__ import annotations

from alerts.approving.approval import Approval, authors_of
from alerts.lifecycle import EDITABLE, OPEN, alert_of, allows, allows_follow_up, is_open
from alerts.models import Alert, AlertStatus, FollowUp, Work
from alerts.progress.alert_progress import AlertProgress
from alerts.releasing.extending import may_be_extended
from alerts.releasing.follow_ups import RIGHT_TO_SEND
from areas.atlas import current_atlas
from areas.targets.descriptions import describe_target
from areas.targets.target import Target
from areas.titles import area_title, join_names
from database import session
from staff.actor import Actor
from staff.permissions import Permission


def place_of(alert: Alert) -> str:
    """The target in words, in the language of the page."""
    return describe_target(session, Target.from_json(alert.target))


def left_out_of(alert: Alert) -> str:
    """The areas left out, in words; empty if there are none."""
    places = current_atlas(session).places
    ids = Target.from_json(alert.target).left_out_ids
    return join_names([area_title(places[area_id]) for area_id in ids if area_id in places])


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
        "correct": may(Permission.ALERT_PUBLISH, is_open(alert)),
        "extend": may(Permission.ALERT_PUBLISH, may_be_extended(alert)),
        "close": may(Permission.ALERT_CLOSE, allows(alert.status, AlertStatus.CLOSED)),
        "withdraw": may(Permission.ALERT_PUBLISH, allows(alert.status, AlertStatus.WITHDRAWN)),
        "copy": actor.may(Permission.ALERT_COMPOSE),
        "preset": may(Permission.ALERT_COMPOSE, True),
    }


def check_steps_for(work: Work, actor: Actor, approval: Approval) -> dict[str, bool]:
    """What this person can do with something that is not sent yet, on the page that checks it."""
    alert = alert_of(work)
    covered = actor.covers(alert.district_codes)
    right, is_timely = Permission.ALERT_PUBLISH, True
    if isinstance(work, FollowUp):
        right, is_timely = RIGHT_TO_SEND[work.kind], allows_follow_up(alert, work.kind)
    sendable = is_timely and work.status in EDITABLE and allows(work.status, AlertStatus.SENDING)
    waits = work.status is AlertStatus.SUBMITTED
    may_write = covered and actor.may(Permission.ALERT_COMPOSE) and is_timely
    may_decide = actor.may(Permission.ALERT_APPROVE) and actor.overlaps(alert.district_codes)
    may_submit = may_write and approval.is_missing and allows(work.status, AlertStatus.SUBMITTED)
    is_own = actor.staff_id in authors_of(work)
    return {
        "is_timely": is_timely,
        "edit": may_write and work.status in EDITABLE,
        "copy": actor.may(Permission.ALERT_COMPOSE),
        "preset": may_write,
        "publish": covered
        and actor.may(right)
        and sendable
        and not waits
        and not approval.is_missing,
        "submit": may_submit,
        "take_back": may_write and not may_submit and allows(work.status, AlertStatus.DRAFT),
        "approve": may_decide and not is_own and waits and is_timely,
        "return": may_decide
        and not is_own
        and is_timely
        and allows(work.status, AlertStatus.RETURNED),
        "own": may_decide and is_own and waits and is_timely,
        "publish_unapproved": covered
        and actor.may(Permission.ALERT_PUBLISH_UNAPPROVED)
        and actor.may(right)
        and sendable
        and approval.is_missing,
        "cancel": covered and actor.may(right) and allows(work.status, AlertStatus.CANCELLED),
    }
