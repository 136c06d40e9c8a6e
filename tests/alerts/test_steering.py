"""Officers hold, resume and stop a sending, and are told exactly what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select, update

from alerts.composing.saving import find_alert
from alerts.releasing.follow_ups import send_update
from alerts.releasing.publishing import publish_alert
from alerts.releasing.steering import cancel_alert
from audit.models import AuditEntry
from database import current_database, utcnow
from dispatch import Dispatcher, PauseReason, pause_broadcast
from dispatch.models import Broadcast, BroadcastStatus
from dispatch.sending.senders import REST_SECONDS
from simulator import Behaviour, Match, Simulator
from staff.permissions import Role
from tests.alerts.factories import (
    NORTH,
    SOUTH,
    Country,
    make_country,
    make_draft,
    make_officer,
    make_reader,
)
from tests.conftest import Browser
from tests.dispatch.fixtures import MakeApp, deliver
from tests.settings import GATEWAYAPI_NUMBER, SMS_NUMBER
from tests.staff.factories import api_headers, csrf_token, make_staff, sign_in, submit
from web.http.app import VarskoApp

DESK, API = "/staff/alerts", "/api/v1/alerts"
READERS = 6


@dataclass
class Desk:
    """A signed-in officer, by the pages and by the API."""

    app: VarskoApp
    client: FlaskClient
    country: Country
    readers: list[str]

    def publish(self, **changes: Any) -> str:
        """The code of an alert that is published and has not begun to be sent."""
        with current_database().unit_of_work() as session:
            officer = make_officer(session)
            alert = make_draft(session, self.country, officer, **changes)
            publish_alert(session, officer, alert, f"key-{alert.code}")
            return alert.code

    def begin(self, **changes: Any) -> str:
        """The code of an alert that is being sent: its ledger is filled, nothing has left."""
        code = self.publish(**changes)
        Dispatcher(self.app).tick()
        return code

    def press(self, code: str, step: str) -> Any:
        """Press a button of the alert's page."""
        token = csrf_token(self.client.get(f"{DESK}/{code}"))
        return self.client.post(f"{DESK}/{code}/{step}", data={"csrf_token": token})

    def call(self, code: str, step: str, root: str = "") -> Any:
        """Post to the API."""
        headers = api_headers(self.client)
        return self.client.post(f"{root}{API}/{code}/{step}", headers=headers)

    def page(self, code: str) -> str:
        """The alert's page."""
        return self.client.get(f"{DESK}/{code}").text

    def progress(self, code: str) -> Any:
        """The progress by the API."""
        return self.client.get(f"{API}/{code}/progress").get_json()


def sign_in_at(app: VarskoApp, role: Role, district: str) -> FlaskClient:
    """A signed-in member of staff."""
    with current_database().unit_of_work() as session:
        staff = make_staff(session, [role], [district], name="Freja Friis")
    return sign_in(app.test_client(), staff)


@pytest.fixture
def settings() -> dict[str, Any]:
    """The settings of the desk's app that are not the usual ones."""
    return {}


@pytest.fixture
def desk(make_app: MakeApp, settings: dict[str, Any]) -> Iterator[Desk]:
    """An officer of the north, six readers by SMS, and a simulator that takes their messages."""
    app = make_app(**settings)
    app.test_client_class = Browser
    with app.app_context():
        with current_database().unit_of_work() as session:
            country = make_country(session)
            readers = [str(make_reader(session, country.p3400).address) for _ in range(READERS)]
        yield Desk(app, sign_in_at(app, Role.OFFICER, NORTH), country, readers)


def broadcast_statuses() -> list[BroadcastStatus]:
    with current_database().unit_of_work(writes=False) as session:
        return list(session.scalars(select(Broadcast.status).order_by(Broadcast.id)))


def audited(action: str) -> AuditEntry:
    with current_database().unit_of_work(writes=False) as session:
        return session.scalars(select(AuditEntry).where(AuditEntry.action == action)).one()


def test_one_click_holds_the_sending_and_another_goes_on(desk: Desk, simulator: Simulator) -> None:
    code = desk.begin()
    assert "Sæt på pause" in desk.page(code)

    assert desk.press(code, "pause").location.endswith(f"{DESK}/{code}")
    deliver(simulator, Dispatcher(desk.app))

    assert simulator.accepted_total == 0
    page = desk.page(code)
    assert "Freja Friis har sat udsendelsen på pause" in page
    assert "Genoptag udsendelsen" in page
    assert "Stop udsendelsen" in page
    assert f"{code}/pause" not in page

    desk.press(code, "resume")
    deliver(simulator, Dispatcher(desk.app))

    assert simulator.accepted_total == READERS
    assert "Færdig. 6 af 6 beskeder er sendt." in desk.page(code)
    held = audited("alert.paused")
    assert (held.actor_name, held.detail["code"]) == ("Freja Friis", code)
    assert audited("alert.resumed").detail["reasons"] == [{"kind": "staff", "by": held.staff_id}]


def test_the_api_holds_resumes_and_stops(desk: Desk) -> None:
    code = desk.begin()
    held = desk.call(code, "pause")
    assert (held.status_code, held.get_json()["status"]) == (200, "sending")
    now = desk.progress(code)
    assert (now["situation"], now["finishes_at"], now["rate"]) == ("paused", None, None)
    assert now["explanation"] == "Freja Friis har sat udsendelsen på pause"

    assert desk.call(code, "resume").status_code == 200
    now = desk.progress(code)
    assert now["situation"] == "sending"
    assert now["seconds_left"] > 0
    assert now["finishes_at"]

    desk.call(code, "pause")
    assert desk.call(code, "stop").get_json()["status"] == "stopped"
    now = desk.progress(code)
    assert (now["reason"], now["counts"]["not_sent"], now["counts"]["waiting"]) == (None, 6, 0)


@pytest.mark.parametrize(
    ("root", "refusals"),
    [
        (
            "",
            ("er planlagt", "allerede sat på pause", "Der bliver ikke sendt", "ikke sat på pause"),
        ),
        ("/en", ("is scheduled", "already paused", "Nothing about", "is not paused")),
    ],
)
def test_what_cannot_be_done_is_refused_and_why_is_said(
    desk: Desk, root: str, refusals: tuple[str, ...]
) -> None:
    later = desk.publish(send_at=utcnow() + timedelta(hours=1))
    held, sent = desk.begin(), desk.begin()
    desk.call(held, "pause")
    desk.call(sent, "stop")
    asked = [(later, "pause"), (held, "pause"), (sent, "pause"), (sent, "resume")]
    for (code, step), why in zip(asked, refusals, strict=True):
        answer = desk.call(code, step, root)
        assert answer.status_code == 409, why
        assert answer.content_type == "application/problem+json"
        assert why in answer.get_json()["detail"]


def test_a_colleague_who_was_quicker_is_no_error(desk: Desk) -> None:
    code = desk.begin()
    assert [desk.press(code, "pause").status_code for _twice in range(2)] == [302, 302]
    assert [desk.press(code, "resume").status_code for _twice in range(2)] == [302, 302]
    assert desk.client.get(f"{DESK}/{code}/pause").status_code == 303


def test_only_an_officer_of_its_districts_steers(desk: Desk) -> None:
    code = desk.begin()
    others = [(Role.OFFICER, SOUTH), (Role.INVESTIGATOR, NORTH)]
    for role, district in others:
        client = sign_in_at(desk.app, role, district)
        assert f"{code}/pause" not in client.get(f"{DESK}/{code}").text
        for step in ("pause", "resume"):
            answer = client.post(f"{API}/{code}/{step}", headers=api_headers(client))
            assert answer.status_code == 403, (role, step)
            answer = client.post(
                f"{DESK}/{code}/{step}",
                data={"csrf_token": csrf_token(client.get("/staff/profile"))},
            )
            assert answer.status_code == 403, (role, step)
    assert desk.client.post(f"{DESK}/{code}/pause").status_code == 400
    assert broadcast_statuses() == [BroadcastStatus.SENDING]


def test_what_paused_by_itself_is_explained_shown_everywhere_and_resumed(
    desk: Desk, simulator: Simulator
) -> None:
    code = desk.publish()
    simulator.behave(desk.readers[0], Behaviour.refuse(20003))
    deliver(simulator, Dispatcher(desk.app))

    why = "sms-leverandøren Twilio afviser os"
    for page in (desk.page(code), desk.client.get(DESK).text, desk.client.get("/staff/").text):
        assert why in page
        assert "fejl 20003" in page
        assert "alert-error" in page
        assert f"{DESK}/{code}" in page
    assert "Sat på pause" in desk.client.get(DESK).text
    assert "the SMS provider Twilio is rejecting us" in desk.client.get(f"/en{DESK}").text
    elsewhere = sign_in_at(desk.app, Role.OFFICER, SOUTH)
    assert why not in elsewhere.get("/staff/").text
    reason = desk.progress(code)["reason"]
    assert (reason["kind"], reason["provider"], reason["code"]) == (
        "configuration",
        "twilio",
        "20003",
    )

    simulator.behave(desk.readers[0], Behaviour())
    desk.press(code, "resume")
    assert why not in desk.client.get("/staff/").text
    assert audited("alert.resumed").detail["reasons"] == [
        {"kind": "configuration", "provider": "twilio", "code": "20003"}
    ]


def test_news_of_an_alert_that_is_out_is_held_and_stopped_by_itself(
    desk: Desk, simulator: Simulator
) -> None:
    code = desk.publish()
    deliver(simulator, Dispatcher(desk.app))
    with current_database().unit_of_work() as session:
        officer = make_officer(session)
        send_update(session, officer, find_alert(session, code), {"da": "Grå bil."}, "key-12345")
    Dispatcher(desk.app).tick()

    desk.press(code, "pause")
    assert broadcast_statuses() == [BroadcastStatus.SETTLED, BroadcastStatus.PAUSED]
    desk.press(code, "resume")
    assert submit(desk.client, f"{DESK}/{code}/stop").status_code == 302

    assert broadcast_statuses() == [BroadcastStatus.SETTLED, BroadcastStatus.STOPPED]
    now = desk.progress(code)
    assert now["status"] == "active"
    assert [release["counts"]["not_sent"] for release in now["releases"]] == [0, READERS]
    assert audited("alert.release_stopped").detail["code"] == code
    again = desk.call(code, "stop")
    assert (again.status_code, again.get_json()["state"]) == (409, "active")


def test_after_a_stop_the_page_says_exactly_who_got_it(desk: Desk, simulator: Simulator) -> None:
    code = desk.publish()
    simulator.behave(desk.readers[0], Behaviour.refuse(21211))
    for address in desk.readers[1:3]:
        # These are tried again in five minutes: they wait when the officer stops.
        simulator.behave(address, Behaviour.refuse(30008))
    deliver(simulator, Dispatcher(desk.app))
    assert desk.progress(code)["situation"] == "retrying"

    confirm = desk.client.get(f"{DESK}/{code}/stop").text
    assert "2 kunne ikke afleveres endnu." in confirm
    submit(desk.client, f"{DESK}/{code}/stop")
    deliver(simulator, Dispatcher(desk.app))

    now = desk.progress(code)
    (sms,) = (channel for channel in now["channels"] if channel["channel"] == "sms")
    expected = {
        "total": 6, "waiting": 0, "on_the_way": 0, "accepted": 0, "delivered": 3,
        "failed": 1, "not_sent": 2, "done": 6, "reached": 3,
    }  # fmt: skip
    assert (now["situation"], now["counts"], sms["counts"]) == ("stopped", expected, expected)
    page = desk.page(code)
    assert "Stoppet. 3 har fået beskeden eller kan nå at få den, 3 får den ikke." in page
    assert "Stoppet virker med det samme" in page


def test_an_alert_that_was_cancelled_cannot_be_held(desk: Desk) -> None:
    code = desk.publish(send_at=utcnow() + timedelta(hours=1))
    with current_database().unit_of_work() as session:
        cancel_alert(session, make_officer(session), find_alert(session, code))
    assert desk.call(code, "pause").status_code == 409
    assert "Sæt på pause" not in desk.page(code)


def test_a_pause_that_time_ran_out_on_is_no_pause_any_more(
    desk: Desk, simulator: Simulator
) -> None:
    code = desk.begin()
    desk.press(code, "pause")
    with current_database().unit_of_work() as session:
        session.execute(update(Broadcast).values(expires_at=utcnow()))
    deliver(simulator, Dispatcher(desk.app))
    now = desk.progress(code)
    assert (now["situation"], now["reason"], now["counts"]["not_sent"]) == ("settled", None, 6)
    assert desk.call(code, "resume").status_code == 409


def test_several_pauses_are_counted_on_the_front_page(desk: Desk) -> None:
    codes = [desk.begin(), desk.begin()]
    desk.press(codes[0], "pause")
    with current_database().unit_of_work() as session:
        last = session.scalars(select(Broadcast.id).order_by(Broadcast.id.desc()).limit(1)).one()
        pause_broadcast(session, last, PauseReason.errors(0.6))
    home = desk.client.get("/staff/").text
    assert "2 varsler er sat på pause" in home
    # The one that paused by itself is what is told.
    assert "for mange beskeder fejler" in home


@pytest.mark.parametrize(
    "settings",
    [{"sms_senders": f"twilio:{SMS_NUMBER}@3,gatewayapi:{GATEWAYAPI_NUMBER}@3"}],
    ids=["two senders"],
)
def test_a_sender_that_rests_is_told_of_until_it_is_tried_again(
    desk: Desk, simulator: Simulator
) -> None:
    simulator.behave(Match(sender=SMS_NUMBER), Behaviour.refuse(20003))
    code = desk.publish()
    with time_machine.travel(utcnow()):
        deliver(simulator, Dispatcher(desk.app))
        home, english = desk.client.get("/staff/").text, desk.client.get("/en/staff/").text
    assert "Der sendes ikke gennem sms-leverandøren Twilio lige nu" in home
    assert SMS_NUMBER in home
    assert "fejl 20003" in home
    assert "Nothing is being sent through the SMS provider Twilio right now" in english
    assert desk.progress(code)["reason"] is None

    with time_machine.travel(utcnow() + timedelta(seconds=REST_SECONDS + 1)):
        assert "Der sendes ikke gennem" not in desk.client.get("/staff/").text
