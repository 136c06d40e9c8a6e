"""An alert takes the steps of the table, and no others."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.errors import IllegalMove
from alerts.lifecycle import TRANSITIONS, is_open, move, where_open
from alerts.models import Alert, AlertStatus
from audit.models import AuditEntry
from database import utcnow
from staff.actor import Actor
from tests.alerts.factories import Country, make_draft


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(wishes=st.lists(st.sampled_from(AlertStatus), max_size=12))
def test_only_steps_of_the_table_are_taken(
    session: Session, country: Country, officer: Actor, wishes: list[AlertStatus]
) -> None:
    alert = make_draft(session, country, officer)
    for wish in wishes:
        before = alert.status
        if wish in TRANSITIONS[before]:
            move(session, alert, wish, officer)
            assert alert.status is wish
        else:
            with pytest.raises(IllegalMove):
                move(session, alert, wish, officer)
            assert alert.status is before
        if not TRANSITIONS[before]:
            assert alert.status is before


def test_a_refused_step_says_which_state_the_alert_is_in(
    session: Session, country: Country, officer: Actor
) -> None:
    alert = make_draft(session, country, officer)
    move(session, alert, AlertStatus.CANCELLED, officer)
    with pytest.raises(IllegalMove, match="Annulleret") as refused:
        move(session, alert, AlertStatus.SENDING, officer)
    assert refused.value.status == 409
    assert refused.value.extra == {"state": "cancelled"}


def test_each_step_is_audited_with_who_and_from_where(
    session: Session, country: Country, officer: Actor
) -> None:
    alert = make_draft(session, country, officer)
    move(session, alert, AlertStatus.SENDING, officer)
    move(session, alert, AlertStatus.ACTIVE, None)
    entries = session.scalars(
        select(AuditEntry).where(AuditEntry.subject == "alert").order_by(AuditEntry.id)
    ).all()
    assert [(entry.action, entry.staff_id) for entry in entries] == [
        ("alert.drafted", officer.staff_id),
        ("alert.sending", officer.staff_id),
        ("alert.active", None),
    ]
    assert entries[1].detail["before"] == "draft"


def test_codes_are_unique(session: Session, country: Country, officer: Actor) -> None:
    for _ in range(5):
        make_draft(session, country, officer)
    codes = session.scalars(select(Alert.code)).all()
    assert len(set(codes)) == 5


def test_the_query_for_open_alerts_and_the_answer_about_one_agree(
    session: Session, country: Country, officer: Actor
) -> None:
    hour = timedelta(hours=1)
    moments = [None, utcnow() - hour, utcnow() + hour]
    alerts = []
    for status, send_at, expires_at in itertools.product(AlertStatus, moments, moments):
        alert = make_draft(session, country, officer)
        alert.status, alert.send_at, alert.expires_at = status, send_at, expires_at
        alerts.append(alert)
    session.flush()
    found = set(session.scalars(select(Alert).where(where_open())))
    assert found == {alert for alert in alerts if is_open(alert)}
    assert {alert.status for alert in found} == {
        AlertStatus.SCHEDULED, AlertStatus.SENDING, AlertStatus.ACTIVE,
    }  # fmt: skip
