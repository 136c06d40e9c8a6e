"""An officer sends an alert's messages to herself before anybody else gets them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from alerts.draft import Wording
from callout.models import StaffPhone
from database import current_database, utcnow
from dispatch import Dispatcher
from simulator import Simulator
from staff.models import Staff
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
from tests.dispatch.fixtures import deliver
from tests.staff.factories import csrf_token, make_staff, sign_in
from web.http.app import VarskoApp

NUMBER = "+4520304050"
BOTH = {"da": Wording("Indbrud", "Så du noget?"), "en": Wording("Burglary", "Did you see it?")}


@dataclass
class Desk:
    """An officer before her draft."""

    client: FlaskClient
    email: str
    code: str
    country: Country

    def try_out(self, code: str | None = None) -> str:
        """Press the button; what the next page says."""
        code = code or self.code
        token = csrf_token(self.client.get("/staff/profile"))
        answer = self.client.post(f"/staff/alerts/{code}/trial", data={"csrf_token": token})
        return self.client.get(answer.location).text if answer.location else answer.text


@pytest.fixture
def desk(app_with_simulator: VarskoApp) -> Desk:
    app_with_simulator.test_client_class = Browser
    with current_database().unit_of_work() as session:
        country = make_country(session)
        make_reader(session, country.p3400)
        code = make_draft(session, country, make_officer(session), texts=BOTH).code
        staff = make_staff(session, [Role.OFFICER], [NORTH])
        email = staff.email
    return Desk(sign_in(app_with_simulator.test_client(), staff), email, code, country)


def add_phone(email: str, *, is_confirmed: bool) -> None:

    with current_database().unit_of_work() as session:
        staff_id = session.scalars(select(Staff.id).where(Staff.email == email)).one()
        confirmed = utcnow() if is_confirmed else None
        session.add(StaffPhone(staff_id=staff_id, number=NUMBER, confirmed_at=confirmed))


def test_both_languages_come_to_the_officer_alone(
    desk: Desk, simulator: Simulator, dispatcher: Dispatcher
) -> None:
    add_phone(desk.email, is_confirmed=True)
    page = unescape(desk.try_out())
    assert "2 e-mails til din adresse og 2 sms'er til din mobil" in page
    assert "Varslet selv er ikke sendt." in page
    deliver(simulator, dispatcher)
    assert {message.to for message in simulator.accepted} == {NUMBER}
    danish, english = (message.body for message in simulator.accepted)
    assert danish.startswith("PRØVE, kun sendt til dig.")
    assert "Indbrud" in danish
    assert english.startswith("TRIAL, sent to you only.")
    mails = simulator.mailbox(desk.email).messages
    assert {mail.subject for mail in mails} == {
        "PRØVE, kun sendt til dig: Indbrud",
        "TRIAL, sent to you only: Burglary",
    }


def test_a_button_pressed_twice_sends_one_trial(
    desk: Desk, simulator: Simulator, dispatcher: Dispatcher
) -> None:
    page = desk.client.get(f"/staff/alerts/{desk.code}/preview").text
    form = page[page.index(f"/staff/alerts/{desk.code}/trial") :]
    hidden = re.findall(r'name="(csrf_token|form_id)" value="([^"]+)"', form)
    for _twice in range(2):
        answer = desk.client.post(f"/staff/alerts/{desk.code}/trial", data=dict(hidden[:2]))
        assert answer.status_code in (302, 303)
    deliver(simulator, dispatcher)
    assert len(simulator.mailbox(desk.email).messages) == len(BOTH)


@pytest.mark.parametrize("has_begun", [False, True])
def test_without_a_confirmed_phone_the_page_says_what_is_sent(
    desk: Desk, simulator: Simulator, dispatcher: Dispatcher, has_begun: bool
) -> None:
    if has_begun:
        add_phone(desk.email, is_confirmed=False)
    assert "Tilføj din mobil" in desk.client.get(f"/staff/alerts/{desk.code}/preview").text
    page = desk.try_out()
    assert "2 e-mails til din adresse. Varslet" in page
    deliver(simulator, dispatcher)
    assert simulator.accepted == []


def test_what_could_not_be_sent_is_not_tried(
    desk: Desk, simulator: Simulator, dispatcher: Dispatcher
) -> None:
    with current_database().unit_of_work() as session:
        texts = {"da": Wording("Indbrud", "Så du noget i [hvor]?")}
        gap = make_draft(session, desk.country, make_officer(session), texts=texts).code
    page = desk.try_out(gap)
    assert "Prøven er på vej" not in page
    assert "[hvor]" in page
    deliver(simulator, dispatcher)
    assert simulator.mailbox(desk.email).messages == []


def test_an_officer_elsewhere_sends_no_trial(desk: Desk, app_with_simulator: VarskoApp) -> None:
    with current_database().unit_of_work() as session:
        staff = make_staff(session, [Role.OFFICER], [SOUTH])
    client = sign_in(app_with_simulator.test_client(), staff)
    token = csrf_token(client.get("/staff/profile"))
    answer = client.post(f"/staff/alerts/{desk.code}/trial", data={"csrf_token": token})
    assert answer.status_code in (403, 404)
