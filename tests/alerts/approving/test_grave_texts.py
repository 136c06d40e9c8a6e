"""Why a text says what is grave is said before somebody approves it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.approving.steps import (
    approve_alert,
    submit_alert,
    take_back_alert,
)
from alerts.composing.saving import update_draft
from alerts.draft import AlertDraft, Wording
from alerts.errors import (
    WordingReasonMissing,
)
from alerts.models import Alert, AlertRelease
from alerts.releasing.publishing import publish_alert
from staff.actor import Actor
from tests.alerts.approving.test_steps import KEY, seen

pytestmark = pytest.mark.usefixtures("always")


def test_a_grave_text_is_submitted_with_its_reason(
    session: Session, officer: Actor, approver: Actor, alert: Alert
) -> None:
    why = "Han har selv bedt om det"
    texts = {"da": Wording("Savnet mand", "Hans CPR-nummer er 010190-1235.")}
    update_draft(session, officer, alert, replace(AlertDraft.of(alert), texts=texts))
    for reason in (None, "xxx", "haster haster haster"):
        with pytest.raises(WordingReasonMissing):
            submit_alert(session, officer, alert, wording_reason=reason)
    submit_alert(session, officer, alert, wording_reason=why)
    assert alert.approval_steps[-1].wording_reason == why
    take_back_alert(session, officer, alert)
    submit_alert(session, officer, alert)
    assert alert.approval_steps[-1].wording_reason == why, "the text is as it was"
    approve_alert(session, approver, alert, seen=seen(alert))
    publish_alert(session, officer, alert, KEY)
    assert session.scalars(select(AlertRelease)).one().wording_reason == why


def test_of_another_text_the_reason_is_asked_again(
    session: Session, officer: Actor, alert: Alert
) -> None:
    for number in ("010190-1235", "020290-1234"):
        texts = {"da": Wording("Savnet mand", f"Hans CPR-nummer er {number}.")}
        update_draft(session, officer, alert, replace(AlertDraft.of(alert), texts=texts))
        with pytest.raises(WordingReasonMissing):
            submit_alert(session, officer, alert)
        submit_alert(session, officer, alert, wording_reason="Han har selv bedt om det")
