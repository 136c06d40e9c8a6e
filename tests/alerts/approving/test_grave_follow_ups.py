"""Why what follows an alert says what is grave is said before somebody approves it."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from alerts.approving.steps import (
    approve_alert,
    submit_alert,
)
from alerts.errors import (
    WordingReasonMissing,
)
from alerts.models import (
    Alert,
    ReleaseKind,
)
from alerts.releasing.follow_ups import (
    save_follow_up,
    send_follow_up,
)
from staff.actor import Actor
from tests.alerts.approving.test_follow_ups import KEY, out, seen, texts

__all__ = ["out"]


def test_a_grave_text_needs_its_reason_before_the_approver_reads_it(
    session: Session, officer: Actor, approver: Actor, out: Alert
) -> None:
    grave = texts("Mandens CPR-nummer er 010190-1235.")
    kept = save_follow_up(session, officer, out, ReleaseKind.UPDATE, grave)
    with pytest.raises(WordingReasonMissing):
        submit_alert(session, officer, kept)
    submit_alert(session, officer, kept, wording_reason="Han har selv bedt om det")
    assert kept.approval_steps[-1].wording_reason == "Han har selv bedt om det"
    approve_alert(session, approver, kept, seen=seen(session, kept))
    made = send_follow_up(session, officer, kept, KEY)
    assert made.wording_reason == "Han har selv bedt om det"
