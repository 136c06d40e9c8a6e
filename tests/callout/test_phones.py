"""A member of staff's phone: nothing but its code is sent to it before that was typed."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from callout.models import StaffPhone
from callout.phones import MOST_TRIES, forget_phones_of_leavers, reachable, send_to_staff
from database import current_database, utcnow
from dispatch.models import Contact
from simulator import Simulator
from staff.models import Staff
from staff.permissions import Role
from tests.alerts.factories import NORTH
from tests.dispatch.fixtures import MakeApp, send_replies
from tests.staff.factories import make_staff, sign_in, submit
from web.http.app import VarskoApp
from web.http.rate_limits import limiter

PAGE = "/staff/phone"
TYPED, NUMBER = "20 30 40 50", "+4520304050"


@pytest.fixture
def staff(app_with_simulator: VarskoApp) -> Staff:
    with current_database().unit_of_work() as session:
        return make_staff(session, [Role.INVESTIGATOR], [NORTH])


@pytest.fixture
def client(app_with_simulator: VarskoApp, staff: Staff) -> FlaskClient:
    return sign_in(app_with_simulator.test_client(), staff)


def received(simulator: Simulator, number: str = NUMBER) -> list[str]:
    """What has come to a phone."""
    send_replies()
    return [message.body for message in simulator.accepted if message.to == number]


def code_in(text: str) -> str:
    found = re.match(r"[0-9]{6}", text)
    assert found, text
    return found[0]


def add_phone(client: FlaskClient, simulator: Simulator) -> None:
    submit(client, PAGE, {"number": TYPED})
    send_code(client, code_in(received(simulator)[-1]))
    assert "ender på 50" in client.get("/staff/profile").text


def send_code(client: FlaskClient, code: str) -> int:
    page = client.get(PAGE)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token
    data = {"csrf_token": token[1], "code": code}
    return client.post(f"{PAGE}/code", data=data).status_code


def called(staff: Staff, text: str = "Kom ind") -> list[int]:
    with current_database().unit_of_work() as session:
        told = send_to_staff(session, [staff.id], text, "test")
        assert told == reachable(session, [staff.id])
    return told


def test_a_phone_is_reached_once_its_code_was_typed(
    client: FlaskClient, staff: Staff, simulator: Simulator
) -> None:
    assert submit(client, PAGE, {"number": TYPED}).status_code == 302
    assert called(staff) == []
    (told,) = received(simulator)
    assert send_code(client, f"{code_in(told)[:3]} {code_in(told)[3:]}") == 302
    assert "Du kan nås" in client.get(PAGE).text
    assert called(staff) == [staff.id]
    assert received(simulator)[1:] == ["Kom ind"]
    with current_database().unit_of_work(writes=False) as session:
        assert session.scalars(select(Contact)).all() == [], "no citizen"


@pytest.mark.parametrize("typed", ["", "112", "+46 70 123 45 67", "hej"])
def test_what_is_no_danish_number_is_refused_and_kept(client: FlaskClient, typed: str) -> None:
    answer = submit(client, PAGE, {"number": typed})
    assert answer.status_code == 422
    assert f'value="{typed}"' in answer.text or not typed


def test_a_code_cannot_be_guessed(client: FlaskClient, staff: Staff, simulator: Simulator) -> None:
    submit(client, PAGE, {"number": TYPED})
    code = code_in(received(simulator)[-1])
    wrong = f"{(int(code) + 1) % 10**6:06}"
    assert [send_code(client, wrong) for _try in range(MOST_TRIES)] == [422] * MOST_TRIES
    assert send_code(client, code) == 422
    assert called(staff) == []


def test_six_letters_use_up_no_try(client: FlaskClient, simulator: Simulator) -> None:
    submit(client, PAGE, {"number": TYPED})
    assert [send_code(client, "abcdef") for _try in range(MOST_TRIES)] == [422] * MOST_TRIES
    assert send_code(client, code_in(received(simulator)[-1])) == 302


def test_a_code_is_too_old_after_ten_minutes(client: FlaskClient, simulator: Simulator) -> None:
    submit(client, PAGE, {"number": TYPED})
    code = code_in(received(simulator)[-1])
    with time_machine.travel(utcnow() + timedelta(minutes=11)):
        assert send_code(client, code) == 422


def test_a_new_number_takes_the_place_of_the_old_one_at_once(
    client: FlaskClient, staff: Staff, simulator: Simulator
) -> None:
    add_phone(client, simulator)
    submit(client, PAGE, {"number": "20 30 40 51"})
    assert called(staff) == [], "nobody knows who has the old one"


def test_a_deleted_phone_is_not_reached(
    client: FlaskClient, staff: Staff, simulator: Simulator
) -> None:
    add_phone(client, simulator)
    page = client.get(PAGE)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token
    answer = client.post(f"{PAGE}/delete", data={"csrf_token": token[1]})
    assert "Nummeret er slettet" in client.get(answer.location).text
    assert called(staff) == []


def test_who_has_left_is_not_called_and_is_forgotten(
    client: FlaskClient, staff: Staff, simulator: Simulator
) -> None:
    add_phone(client, simulator)
    with current_database().unit_of_work() as session:
        session.get_one(Staff, staff.id).active = False
    assert called(staff) == []
    with current_database().unit_of_work() as session:
        forget_phones_of_leavers(session)
        assert session.scalars(select(StaffPhone)).all() == []


def test_a_code_that_nobody_typed_is_forgotten_after_a_day(
    client: FlaskClient, simulator: Simulator
) -> None:
    submit(client, PAGE, {"number": TYPED})
    for days, left in ((0, 1), (2, 0)):
        with (
            time_machine.travel(utcnow() + timedelta(days=days)),
            current_database().unit_of_work() as session,
        ):
            forget_phones_of_leavers(session)
            assert len(session.scalars(select(StaffPhone)).all()) == left


@pytest.mark.one_database
def test_nobody_can_be_flooded_with_codes(make_app: MakeApp, simulator: Simulator) -> None:
    app = make_app(testing="false")
    limiter.reset()
    try:
        with app.app_context():
            with current_database().unit_of_work() as session:
                staff = make_staff(session, [Role.OFFICER], [NORTH])
            client = sign_in(app.test_client(), staff)
            codes = [submit(client, PAGE, {"number": TYPED}).status_code for _try in range(7)]
            assert codes == [302] * 5 + [429] * 2
            assert len(received(simulator)) == 5
    finally:
        limiter.reset()
        limiter.enabled = False
