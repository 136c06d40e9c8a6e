"""What cannot wait: those who can approve it are called by SMS."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from alerts.approving.calling import NOT_AGAIN, approvers_of, call_approvers
from alerts.approving.steps import submit_alert, take_back_alert
from alerts.composing.saving import find_alert
from alerts.errors import IllegalMove, NobodyToCall
from audit.models import AuditEntry
from callout.models import StaffPhone
from database import current_database, utcnow
from simulator import Simulator
from staff.actor import Actor, NotAllowed
from staff.models import Staff
from staff.permissions import Role
from tests.alerts.factories import (
    NORTH,
    SOUTH,
    make_country,
    make_draft,
    make_officer,
    make_reader,
)
from tests.conftest import Browser
from tests.dispatch.fixtures import send_replies
from tests.staff.factories import make_staff, sign_in
from web.http.app import VarskoApp


@dataclass
class Waiting:
    """An alert that waits for approval, its officer and who could approve it."""

    app: VarskoApp
    code: str
    officer: Actor
    client: FlaskClient
    numbers: dict[str, str]

    def call(self, actor: Actor | None = None) -> list[str]:
        """Call the approvers; their names."""
        with current_database().unit_of_work() as session:
            work = find_alert(session, self.code)
            called = call_approvers(session, actor or self.officer, work)
            return [staff.name for staff in called]

    @property
    def page(self) -> str:
        return self.client.get(f"/staff/alerts/{self.code}/preview").text


@pytest.fixture
def waiting(app_with_simulator: VarskoApp) -> Waiting:
    app = app_with_simulator
    app.test_client_class = Browser
    config = replace(app.extensions["varsko_config"], approval_above_recipients=0)
    app.extensions["varsko_config"] = config
    people: list[tuple[str, Role, str, bool]] = [
        ("Anna", Role.APPROVER, NORTH, True),
        ("Bent", Role.APPROVER, NORTH, False),
        ("Carl", Role.APPROVER, SOUTH, True),
        ("Dorte", Role.INVESTIGATOR, NORTH, True),
    ]
    numbers = {}
    with current_database().unit_of_work() as session:
        country = make_country(session)
        make_reader(session, country.p3400)
        for at, (name, role, district, has_phone) in enumerate(people):
            staff = make_staff(session, [role], [district], name=name)
            if has_phone:
                numbers[name] = f"+452030400{at}"
                session.add(
                    StaffPhone(staff_id=staff.id, number=numbers[name], confirmed_at=utcnow())
                )
        author = make_staff(session, [Role.OFFICER, Role.APPROVER], [NORTH], name="Else")
        session.add(StaffPhone(staff_id=author.id, number="+4520304099", confirmed_at=utcnow()))
        officer = Actor.of(author)
        code = make_draft(session, country, officer).code
        submit_alert(session, officer, find_alert(session, code))
    return Waiting(app, code, officer, sign_in(app.test_client(), author), numbers)


def test_who_can_approve_it_is_called_and_nobody_else(
    waiting: Waiting, simulator: Simulator
) -> None:
    assert "Tilkald på sms" in waiting.page
    answer = submit_from_page(waiting)
    assert answer.status_code == 302
    send_replies()
    (sent,) = simulator.accepted
    assert sent.to == waiting.numbers["Anna"]
    assert f"/staff/alerts/{waiting.code}/preview" in sent.body
    assert "Else beder dig godkende" in sent.body
    assert "Indbrud" not in sent.body
    page = waiting.page
    assert "Tilkaldt på sms kl." in page
    assert "har ingen mobil i Varsko: Bent." in page
    assert "Tilkald på sms" not in page


def submit_from_page(waiting: Waiting) -> Any:

    token = re.search(r'name="csrf_token" value="([^"]+)"', waiting.page)
    assert token
    return waiting.client.post(
        f"/staff/alerts/{waiting.code}/call-approvers", data={"csrf_token": token[1]}
    )


def test_they_are_called_again_only_after_a_while(waiting: Waiting) -> None:
    assert waiting.call() == ["Anna"]
    with pytest.raises(NobodyToCall):
        waiting.call()
    with time_machine.travel(utcnow() + NOT_AGAIN + timedelta(seconds=1)):
        assert waiting.call() == ["Anna"]


def test_what_is_submitted_anew_may_be_called_for_at_once(waiting: Waiting) -> None:
    waiting.call()
    with current_database().unit_of_work() as session:
        work = find_alert(session, waiting.code)
        take_back_alert(session, waiting.officer, work)
        submit_alert(session, waiting.officer, work)
    assert waiting.call() == ["Anna"]


def test_without_a_phone_nobody_is_said_to_be_called(
    waiting: Waiting, simulator: Simulator
) -> None:
    with current_database().unit_of_work() as session:
        for phone in session.scalars(select(StaffPhone)):
            session.delete(phone)
    assert "Tilkald på sms" not in waiting.page
    assert "har ingen mobil i Varsko: Anna, Bent." in waiting.page
    with pytest.raises(NobodyToCall):
        waiting.call()
    send_replies()
    assert simulator.accepted == []


def test_what_does_not_wait_calls_nobody(waiting: Waiting) -> None:
    with current_database().unit_of_work() as session:
        take_back_alert(session, waiting.officer, find_alert(session, waiting.code))
    with pytest.raises(IllegalMove):
        waiting.call()


def test_only_who_may_write_there_calls(waiting: Waiting) -> None:
    with current_database().unit_of_work() as session:
        stranger = make_officer(session, [SOUTH])
    with pytest.raises(NotAllowed):
        waiting.call(stranger)


def test_the_trail_says_who_was_called(waiting: Waiting) -> None:
    waiting.call()
    with current_database().unit_of_work(writes=False) as session:
        entry = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "alert.approvers_called")
        ).one()
        called = session.get_one(Staff, entry.detail["staff"][0])
        assert (called.name, entry.actor_name) == ("Anna", "Else")
        assert [
            staff.name for staff in approvers_of(session, find_alert(session, waiting.code)).called
        ] == ["Anna"]
