"""Nobody can keep a colleague from signing in by guessing at the account."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from threading import Event, Thread
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient

from database import current_database
from staff import accounts
from staff.models import ATTEMPTS_OF_STRANGERS, FREE_ATTEMPTS, Staff
from staff.sign_in.slots import WAITING, Slots, TooManySignIns
from tests.staff.factories import (
    PASSWORD,
    csrf_token,
    forget_used_code,
    give_password,
    make_staff,
    sign_in,
    submit,
)
from web.http.app import VarskoApp

pytestmark = pytest.mark.one_database

WRONG = "noget helt andet end det"


@pytest.fixture
def officer(app: VarskoApp) -> Staff:
    with current_database().unit_of_work() as session:
        return make_staff(session)


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(dt.datetime.now(dt.UTC), tick=False) as clock:
        yield clock


def at(app: VarskoApp, address: str) -> FlaskClient:
    """A browser on a network."""
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = address
    return client


def guess(client: FlaskClient, staff: Staff, times: int) -> None:
    token = csrf_token(client.get("/staff/login"))
    form = {"csrf_token": token, "email": staff.email, "password": WRONG}
    for _guess in range(times):
        assert client.post("/staff/login", data=form).status_code == 200


def test_guesses_from_one_network_lock_that_network_alone(app: VarskoApp, officer: Staff) -> None:
    guess(at(app, "192.0.2.1"), officer, 40)
    assert give_password(at(app, "192.0.2.1"), officer).status_code == 200
    sign_in(at(app, "198.51.100.1"), officer)


def test_a_known_device_signs_in_from_the_network_of_who_guesses(
    app: VarskoApp, officer: Staff
) -> None:
    own = sign_in(at(app, "192.0.2.1"), officer)
    submit(own, "/staff/profile")
    own.post("/staff/logout", data={"csrf_token": csrf_token(own.get("/staff/profile"))})
    guess(at(app, "192.0.2.1"), officer, 40)
    sign_in(own, officer)
    assert own.get("/staff/").status_code == 200


def test_guesses_from_everywhere_leave_known_devices_alone(
    app: VarskoApp, officer: Staff, capsys: pytest.CaptureFixture[str]
) -> None:
    own = sign_in(at(app, "192.0.2.1"), officer)
    for network in range(ATTEMPTS_OF_STRANGERS // FREE_ATTEMPTS + 1):
        guess(at(app, f"198.51.{network}.1"), officer, FREE_ATTEMPTS)
    assert give_password(at(app, "203.0.113.1"), officer).status_code == 200
    own.delete_cookie("varsko")
    sign_in(own, officer)


def test_an_open_session_is_not_affected(app: VarskoApp, officer: Staff, clock: Any) -> None:
    own = sign_in(at(app, "192.0.2.1"), officer)
    own.delete_cookie("varsko-device")
    guess(at(app, "192.0.2.1"), officer, 40)
    assert own.get("/staff/").status_code == 200
    new = "helt andre ord til mig selv"
    fields = {"password": PASSWORD, "new_password": new, "new_password_confirm": new}
    assert submit(own, "/staff/password", fields).status_code == 302
    assert submit(own, "/staff/verify", {"password": new}).status_code == 302


def test_a_device_is_known_until_the_password_changes(app: VarskoApp, officer: Staff) -> None:
    own = sign_in(at(app, "192.0.2.1"), officer)
    with current_database().unit_of_work() as session:
        found = accounts.get_staff(session, officer.id)
        temporary = accounts.reset_password(session, None, found)
    guess(at(app, "192.0.2.1"), officer, 40)
    own.delete_cookie("varsko")
    assert give_password(own, officer, temporary).status_code == 200


def test_several_people_share_a_device(app: VarskoApp, officer: Staff) -> None:
    with current_database().unit_of_work() as session:
        other = make_staff(session)
    shared = at(app, "192.0.2.1")
    for staff in (officer, other):
        sign_in(shared, staff)
        shared.delete_cookie("varsko")
    for staff in (officer, other):
        guess(at(app, "192.0.2.1"), staff, 40)
        sign_in(shared, staff)
        shared.delete_cookie("varsko")


def test_a_made_up_device_is_not_known(app: VarskoApp, officer: Staff) -> None:
    client = at(app, "192.0.2.1")
    client.set_cookie("varsko-device", '{"name": "x", "marks": {"1": "y"}}')
    guess(client, officer, 40)
    assert give_password(client, officer).status_code == 200


def test_a_known_device_cannot_guess_without_end(app: VarskoApp, officer: Staff) -> None:
    own = sign_in(at(app, "192.0.2.1"), officer)
    own.delete_cookie("varsko")
    guess(own, officer, FREE_ATTEMPTS)
    forget_used_code(officer)
    assert give_password(own, officer).status_code == 200


def test_the_device_cookie_names_nobody_and_citizens_get_none(
    app: VarskoApp, officer: Staff
) -> None:
    own = sign_in(at(app, "192.0.2.1"), officer)
    cookie = own.get_cookie("varsko-device")
    assert cookie is not None
    assert cookie.http_only
    assert cookie.same_site == "Lax"
    assert officer.email.partition("@")[0] not in cookie.value
    assert "Set-Cookie" not in own.get("/tilmeld").headers


def test_only_a_few_passwords_wait_to_be_checked() -> None:
    slots, inside, leave = Slots(), Event(), Event()

    def hold() -> None:
        with slots.taken():
            inside.set()
            leave.wait(30)

    threads = [Thread(target=hold) for _ in range(1 + WAITING)]
    threads[0].start()
    assert inside.wait(30)
    refused = 0
    for thread in threads[1:]:
        thread.start()
    while slots._room._value:
        leave.wait(0.01)
    for _more in range(5):
        try:
            with slots.taken():
                pass
        except TooManySignIns:
            refused += 1
    leave.set()
    for thread in threads:
        thread.join(30)
    assert refused == 5
    with slots.taken():
        pass
