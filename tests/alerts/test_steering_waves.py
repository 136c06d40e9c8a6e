"""Holding and stopping a release that is sent in several waves."""

from __future__ import annotations

from datetime import timedelta

import pytest

from alerts.composing.saving import find_alert
from alerts.draft import AlertDraft
from alerts.lifecycle import move
from alerts.models import AlertStatus, ReleaseKind
from alerts.releasing.follow_ups import close_alert
from alerts.releasing.releases import Wave, release
from areas.targets.target import Target
from database import current_database, utcnow
from dispatch import Dispatcher
from dispatch.models import BroadcastStatus
from simulator import Simulator
from subscribers.audience import areas_audience
from tests.alerts.factories import (
    make_draft,
    make_officer,
    make_reader,
)
from tests.alerts.test_steering import DESK, READERS, Desk, broadcast_statuses, desk, settings
from tests.dispatch.fixtures import deliver, later
from tests.staff.factories import submit

__all__ = ["desk", "settings"]


@pytest.fixture
def in_waves(desk: Desk) -> str:
    """An alert of which two more readers, in the next postcode, hear an hour later."""
    with current_database().unit_of_work() as session:
        for _ in range(2):
            make_reader(session, desk.country.p3480)
        officer = make_officer(session)
        alert = make_draft(session, desk.country, officer)
        waves = [
            Wave(areas_audience(Target(), {desk.country.p3400: 0.0})),
            Wave(
                areas_audience(Target(), {desk.country.p3480: 0.0}), utcnow() + timedelta(hours=1)
            ),
        ]
        texts = AlertDraft.of(alert).texts
        made = release(session, officer, alert, ReleaseKind.INITIAL, texts, waves, key="waves")
        assert (made.recipients, len(made.broadcast_ids)) == (READERS + 2, 2)
        assert [sum(c["recipients"] for c in wave.counts) for wave in made.waves] == [READERS, 2]
        alert.published_at, alert.expires_at = utcnow(), utcnow() + timedelta(days=1)
        move(session, alert, AlertStatus.SENDING, officer)
        return alert.code


def closure_of(code: str) -> int:
    """How many hear how it ended."""
    with current_database().unit_of_work() as session:
        officer = make_officer(session)
        return close_alert(
            session, officer, find_alert(session, code), {"da": "Slut."}, "key-close"
        ).recipients


def test_all_waves_of_a_release_count_and_the_alert_is_out_after_the_last(
    desk: Desk, simulator: Simulator, in_waves: str
) -> None:
    dispatcher = Dispatcher(desk.app)
    deliver(simulator, dispatcher)
    now = desk.progress(in_waves)
    assert (now["situation"], now["status"], now["settled"]) == ("later", "sending", False)
    assert (now["total"], now["counts"]["delivered"], now["counts"]["waiting"]) == (8, READERS, 2)
    assert "2 får beskeden senere." in desk.page(in_waves)

    later(simulator, dispatcher, hours=1.1)
    now = desk.progress(in_waves)
    assert (now["situation"], now["status"], now["settled"]) == ("settled", "active", True)
    assert (now["total"], now["counts"]["delivered"], len(now["releases"])) == (8, 8, 1)
    assert closure_of(in_waves) == READERS + 2


def test_a_pause_holds_the_wave_that_has_not_begun(
    desk: Desk, simulator: Simulator, in_waves: str
) -> None:
    dispatcher = Dispatcher(desk.app)
    deliver(simulator, dispatcher)
    desk.press(in_waves, "pause")
    later(simulator, dispatcher, hours=1.1)
    assert broadcast_statuses() == [BroadcastStatus.SETTLED, BroadcastStatus.PAUSED]
    assert desk.progress(in_waves)["situation"] == "paused"
    assert simulator.accepted_total == READERS

    desk.press(in_waves, "resume")
    deliver(simulator, dispatcher)
    assert simulator.accepted_total == READERS
    later(simulator, dispatcher, hours=1.1)
    assert simulator.accepted_total == READERS + 2


def test_a_stop_ends_all_waves_and_the_closure_goes_to_those_who_got_one(
    desk: Desk, simulator: Simulator, in_waves: str
) -> None:
    dispatcher = Dispatcher(desk.app)
    deliver(simulator, dispatcher)
    assert submit(desk.client, f"{DESK}/{in_waves}/stop").status_code == 302
    later(simulator, dispatcher, hours=1.1)
    now = desk.progress(in_waves)
    assert (now["situation"], now["status"]) == ("stopped", "stopped")
    assert (now["counts"]["reached"], now["counts"]["not_sent"]) == (READERS, 2)
    assert simulator.accepted_total == READERS
    assert closure_of(in_waves) == READERS
