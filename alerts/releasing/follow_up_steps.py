"""The steps of a follow-up by their names, as the API takes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from alerts.approving.steps import (
    approve_alert,
    reject_alert,
    return_alert,
    submit_alert,
    take_back_alert,
)
from alerts.errors import AlertNotFound
from alerts.models import FollowUp
from alerts.releasing.follow_ups import drop_follow_up, send_follow_up
from staff.actor import Actor


def take_step(
    session: Session, actor: Actor, follow_up: FollowUp, step: str, said: Mapping[str, Any]
) -> FollowUp:
    """Take a step with what is said along with it; each checks who may take it.

    Raises AlertNotFound if there is no such step, or as the functions that it calls.
    """
    seen, comment, reason = said["fingerprint"], said["comment"], said["wording_reason"]
    match step:
        case "submit":
            submit_alert(session, actor, follow_up, comment, seen=seen, wording_reason=reason)
        case "take-back":
            take_back_alert(session, actor, follow_up)
        case "approve":
            approve_alert(session, actor, follow_up, comment, seen=seen)
        case "return":
            return_alert(session, actor, follow_up, comment, seen=seen)
        case "reject":
            reject_alert(session, actor, follow_up, comment, seen=seen)
        case "cancel":
            drop_follow_up(session, actor, follow_up)
        case "publish":
            send_follow_up(
                session, actor, follow_up, f"follow-up-{follow_up.id}",
                seen=seen, without_approval=said["reason"], wording_reason=reason,
            )  # fmt: skip
        case _:
            raise AlertNotFound(_("Skridtet »%(step)s« findes ikke.", step=step))
    return follow_up
