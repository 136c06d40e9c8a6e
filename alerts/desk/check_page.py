"""The page that is read before something is sent, or approved: the same for all who do either."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from flask import render_template, url_for

from alerts.approving.approval import (
    changed_since_decision,
    earlier_reason,
    last_step,
    standing_return,
)
from alerts.approving.calling import Approvers, approvers_of
from alerts.composing.forms import Errors
from alerts.composing.maps import draw_target
from alerts.composing.unclear_places import MOST_PLACES
from alerts.desk.steps import check_steps_for, place_of
from alerts.lifecycle import EDITABLE, alert_of
from alerts.models import Alert, AlertStatus, FollowUp, ReleaseKind, Work
from alerts.releasing.follow_ups import find_follow_up, sendable_follow_ups
from alerts.releasing.preview import preview, preview_follow_up
from alerts.releasing.trial import Trial
from alerts.state_names import name_fields
from areas.targets.descriptions import describe_target, describe_written
from areas.targets.target import Target
from callout.phones import phone_hint
from database import session
from staff.actor import current_actor
from staff.permissions import Permission
from web.http.receipts import receipt
from web.problems.errors import Problem

LONGEST_KEY, SHORTEST_KEY = 80, 8
TOO_LATE = "too-late"
"""The receipt of a press on a button that did nothing: the alert was over, or sent, before."""
REACHES_MORE = "reaches-more"
"""The receipt of a change of where it goes, after which nobody is left out any more."""


def check_page(
    alert: Alert,
    errors: Errors | None = None,
    key: str = "",
    values: Mapping[str, Any] | None = None,
    said: str = "",
) -> str:
    """Exactly who would get what and when, and what this person can do about it.

    ``key`` is for sending it once; ``values`` what was typed below; ``said`` a receipt.
    """
    actor = current_actor()
    shown = preview(session, actor, alert)
    return render_template(
        "alerts/check.html",
        alert=alert,
        preview=shown,
        place_in_full=describe_target(session, Target.from_json(alert.target), MOST_PLACES),
        written=describe_written(session, Target.from_json(alert.target)),
        drawing=draw_target(session, Target.from_json(alert.target)),
        errors=errors or {},
        values=_with_reason(alert, values),
        key=key or new_key(),
        seen=shown.fingerprint,
        latest=last_step(alert),
        answer=standing_return(alert),
        reaches_more=said == REACHES_MORE,
        trial=_trial_of(said) if said else None,
        phone_hint=phone_hint(session, actor.staff_id),
        changed=name_fields(changed_since_decision(session, alert)),
        approvers=_approvers(alert),
        steps_here=check_steps_for(alert, actor, shown.approval),
    )


def _approvers(work: Work) -> Approvers | None:
    """Who can be called, for those who have written what waits for them."""
    is_waiting = work.status is AlertStatus.SUBMITTED
    may_call = current_actor().may(Permission.ALERT_COMPOSE)
    return approvers_of(session, work) if is_waiting and may_call else None


def trial_receipt(code: str, sent: Trial) -> str:
    """The receipt of a trial that is on its way."""
    return receipt(code, f"trial {sent.sms} {sent.emails}")


def _trial_of(said: str) -> Trial | None:
    word, *numbers = said.split()
    return Trial(*map(int, numbers)) if word == "trial" else None


STEP_OF = {
    ReleaseKind.UPDATE: "update",
    ReleaseKind.CORRECTION: "correct",
    ReleaseKind.CLOSURE: "close",
    ReleaseKind.WITHDRAWAL: "withdraw",
}
"""The names of the pages on which each is written."""


def check_follow_up_page(
    follow_up: FollowUp,
    errors: Errors | None = None,
    key: str = "",
    values: Mapping[str, Any] | None = None,
    draft: FollowUp | None = None,
) -> str:
    """The same for what follows an alert, whether it is kept or has just been written.

    ``values`` is what was typed on this page and, if it is not kept, on the one before; ``draft``
    what it goes on with. Raises InvalidAlert.
    """
    actor, alert = current_actor(), follow_up.alert
    shown = preview_follow_up(session, follow_up)
    return render_template(
        "alerts/check_follow_up.html",
        alert=alert,
        follow_up=follow_up,
        step=STEP_OF[follow_up.kind],
        place=place_of(alert),
        preview=shown,
        errors=errors or {},
        values=_with_reason(follow_up, values),
        key=key or new_key(),
        seen=shown.fingerprint,
        latest=last_step(follow_up),
        answer=standing_return(draft or follow_up),
        others=[
            each
            for each in sendable_follow_ups(session, actor, alert)
            if each.status is not AlertStatus.DRAFT and each not in (follow_up, draft)
        ],
        changed=name_fields(changed_since_decision(session, follow_up)),
        approvers=_approvers(follow_up),
        steps_here=check_steps_for(follow_up, actor, shown.approval),
    )


def _with_reason(work: Work, values: Mapping[str, Any] | None) -> dict[str, Any]:
    """What was typed; where no reason for the wording was, the one that was written before."""
    typed = {name: values[name] for name in values} if values else {}
    return {**typed, "wording_reason": typed.get("wording_reason") or earlier_reason(work)}


def find_work(alert: Alert, follow_up_id: int | None) -> Work:
    """The alert, or what was written to follow it. Raises AlertNotFound."""
    if follow_up_id is None:
        return alert
    return find_follow_up(session, current_actor(), alert, follow_up_id)


def address_of(work: Work) -> str:
    """The page of an alert, or of what follows it as long as that is not sent."""
    code = alert_of(work).code
    if isinstance(work, FollowUp) and work.status in EDITABLE:
        return url_for("alerts_staff.check", code=code, follow_up_id=work.id)
    return url_for("alerts_staff.show", code=code)


def sent_key(typed: str) -> str:
    """The key that a form holds, or a new one for a form without any."""
    key = typed[:LONGEST_KEY]
    return key if len(key) >= SHORTEST_KEY else new_key()


def new_key() -> str:
    """A key that nobody guesses."""
    return secrets.token_urlsafe(16)


def errors_by(problem: Problem, *names: str) -> Errors:
    """A problem's messages beside those of these fields that it is about, else above the page."""
    found = {name: problem.fields[name] for name in names if name in problem.fields}
    return found or {"_schema": said_by(problem)}


def said_by(problem: Problem) -> list[str]:
    """What a problem says, in whole sentences."""
    found = [text for texts in problem.fields.values() for text in texts]
    return found or [str(problem.detail) or str(problem.title)]
