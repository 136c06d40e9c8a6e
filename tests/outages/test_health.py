"""Whether messages get out is known to monitors, commands and staff, not to the log alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient

from alerts.models import Alert
from alerts.progress.alert_progress import Situation, alert_progress
from alerts.progress.descriptions import describe
from alerts.releasing.publishing import publish_alert
from database import current_database, utcnow
from dispatch import Dispatcher
from tests.alerts.factories import make_country, make_draft, make_officer, make_reader
from tests.apps import close_app
from tests.dispatch.factories import SMS, add_contacts, broadcast, number, plug_everyone
from tests.settings import make_config
from web.http.app import VarskoApp
from wsgi import create_app

PAST = timedelta(minutes=3)


def ready(client: FlaskClient) -> tuple[int, Any]:
    response = client.get("/health/ready")
    return response.status_code, response.get_json()["faults"]


def check(app: VarskoApp) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=["dispatch", "status", "--check"])
    return result.exit_code, result.output.strip()


def test_without_a_dispatcher_it_is_not_ready_but_alive(
    app: VarskoApp, client: FlaskClient
) -> None:
    assert ready(client) == (503, ["no_dispatcher"])
    assert check(app) == (1, "Error: no_dispatcher")
    dispatcher = Dispatcher(app)
    dispatcher.tick()
    assert ready(client) == (200, [])
    assert check(app) == (0, "ok")
    plug_everyone(app)
    add_contacts([number(1)])
    broadcast([SMS])
    assert ready(client) == (200, [])
    with time_machine.travel(utcnow() + PAST, tick=True):
        assert ready(client) == (503, ["no_dispatcher", "broadcast_late"])
        assert client.get("/health/live").status_code == 200
    dispatcher.stop()


def test_one_that_does_not_move_is_said(app: VarskoApp, client: FlaskClient) -> None:
    plug_everyone(app)
    add_contacts([number(1)])
    broadcast([SMS])
    dispatcher = Dispatcher(app)
    dispatcher.tick()
    with time_machine.travel(utcnow() + timedelta(minutes=6), tick=True):
        Dispatcher(app).tick()
        assert ready(client) == (503, ["broadcast_stalled"])
    dispatcher.stop()


@pytest.mark.parametrize("ticks", [0, 1])
def test_staff_are_told_to_call_operations_when_nobody_sends(app: VarskoApp, ticks: int) -> None:
    with current_database().unit_of_work() as session:
        country = make_country(session)
        make_reader(session, country.p3400)
        officer = make_officer(session)
        alert = publish_alert(session, officer, make_draft(session, country, officer), "key")
        alert_id = alert.id
    dispatcher = Dispatcher(app)
    for _tick in range(ticks):
        dispatcher.tick()

    def situation() -> tuple[Situation, str]:
        with current_database().unit_of_work(writes=False) as session:
            own = alert_progress(session, session.get_one(Alert, alert_id)).own
            return own.situation, describe(own)

    assert situation()[0] is not Situation.STALLED
    with time_machine.travel(utcnow() + PAST, tick=True):
        assert situation()[0] is Situation.STALLED
        assert situation()[1].endswith("så giv driften besked.")
        if not ticks:
            dispatcher.tick()
            assert situation()[0] is Situation.SENDING
    dispatcher.stop()


def test_a_scheduled_one_that_is_late_is_held_up_and_can_be_cancelled_not_paused(
    app: VarskoApp,
) -> None:
    with current_database().unit_of_work() as session:
        country = make_country(session)
        make_reader(session, country.p3400)
        officer = make_officer(session)
        draft = make_draft(session, country, officer, send_at=utcnow() + timedelta(hours=1))
        alert_id = publish_alert(session, officer, draft, "key").id
    Dispatcher(app).tick()
    for later, expected in (
        (timedelta(minutes=50), Situation.SCHEDULED),
        (timedelta(minutes=63), Situation.STALLED),
    ):
        with (
            time_machine.travel(utcnow() + later, tick=True),
            current_database().unit_of_work(writes=False) as session,
        ):
            progress = alert_progress(session, session.get_one(Alert, alert_id))
            assert progress.own.situation is expected
            assert not progress.may_be_paused
            assert not progress.may_be_stopped


def test_without_a_database_it_is_said_in_a_line() -> None:
    gone = create_app(make_config(database_url="postgresql://nobody@127.0.0.1:9/varsko"))
    response = gone.test_client().get("/health/ready")
    assert (response.status_code, response.get_json()["type"]) == (
        503,
        "urn:varsko:problem:unavailable",
    )
    assert gone.test_client().get("/health/live").status_code == 200
    assert check(gone) == (1, "Error: database_unavailable")
    upgraded = gone.test_cli_runner().invoke(args=["db", "upgrade"])
    assert upgraded.exit_code == 1
    assert upgraded.output.startswith("Error: the database cannot be reached")
    assert upgraded.output.count("\n") == 1
    close_app(gone)
