"""An alert applies for longer: on its page, and for what still waits to be sent."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from alerts.composing.saving import find_alert
from alerts.errors import IllegalMove
from alerts.releasing.extending import extend_alert
from alerts.releasing.jobs import close_expired_alerts
from alerts.releasing.publishing import publish_alert
from alerts.releasing.steering import stop_alert
from audit.models import AuditEntry
from database import current_database, utcnow
from dispatch import Dispatcher
from simulator import Simulator
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
from tests.dispatch.fixtures import MakeApp, deliver
from tests.staff.factories import api_headers, make_staff, sign_in, submit
from web.http.app import VarskoApp
from web.texts.filters import format_datetime, format_datetime_local

HOUR = timedelta(hours=1)


def publish(country: Country, **changes: Any) -> str:
    """The code of a published alert that applies for an hour."""
    with current_database().unit_of_work() as session:
        officer = make_officer(session)
        changes.setdefault("expires_at", utcnow() + HOUR)
        alert = make_draft(session, country, officer, **changes)
        return publish_alert(session, officer, alert, f"key-{alert.code}").code


@pytest.fixture
def country(app: VarskoApp) -> Country:
    with current_database().unit_of_work() as session:
        made = make_country(session)
        make_reader(session, made.p3400)
    return made


@pytest.fixture
def officer_client(app: VarskoApp, country: Country, client: FlaskClient) -> FlaskClient:
    with current_database().unit_of_work() as session:
        staff = make_staff(session, [Role.OFFICER], [NORTH])
    return sign_in(client, staff)


def test_the_new_time_stands_on_the_public_page_and_in_the_trail(
    officer_client: FlaskClient, country: Country
) -> None:
    code = publish(country)
    later = (utcnow() + 5 * HOUR).replace(second=0, microsecond=0)
    desk = f"/staff/alerts/{code}"
    assert "Forlæng" in officer_client.get(desk).text
    answer = submit(officer_client, f"{desk}/extend", {"expires_at": format_datetime_local(later)})
    assert answer.status_code == 302
    assert f"gælder til {format_datetime(later)}" in officer_client.get(f"/varsel/{code}").text
    with current_database().unit_of_work(writes=False) as session:
        noted = session.scalars(select(AuditEntry).where(AuditEntry.action == "alert.extended"))
        assert [entry.detail["after"] for entry in noted] == [later.isoformat()]


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "Skriv dato og klokkeslæt."),
        ("i morgen", "Skriv dato og klokkeslæt, for eksempel"),
        (-HOUR / 2, "Vælg et senere tidspunkt"),
        (timedelta(days=31), "højst gælde i 30 dage"),
    ],
)
def test_another_time_than_a_later_one_is_refused_and_kept(
    officer_client: FlaskClient, country: Country, typed: str | timedelta, why: str
) -> None:
    code = publish(country)
    if isinstance(typed, timedelta):
        typed = format_datetime_local(utcnow() + HOUR + typed)
    answer = submit(officer_client, f"/staff/alerts/{code}/extend", {"expires_at": typed})
    assert answer.status_code == 422
    said = re.search(r'<a href="#field-expires_at">([^<]+)</a>', answer.text)
    assert said
    assert said[1].startswith("Gælder til: ")
    assert why in said[1]
    assert f'value="{typed}"' in answer.text or not typed


def test_what_is_over_is_not_begun_again(officer_client: FlaskClient, country: Country) -> None:
    stopped, over = publish(country), publish(country)
    with current_database().unit_of_work() as session:
        officer = make_officer(session)
        stop_alert(session, officer, find_alert(session, stopped))
    assert officer_client.get(f"/staff/alerts/{stopped}/extend").location.endswith(stopped)
    with time_machine.travel(utcnow() + 2 * HOUR), current_database().unit_of_work() as session:
        for code in (stopped, over):
            with pytest.raises(IllegalMove):
                extend_alert(session, officer, find_alert(session, code), utcnow() + 9 * HOUR)


def test_only_who_may_send_there_extends(app: VarskoApp, country: Country) -> None:
    code = publish(country)
    for role, district in ((Role.OFFICER, SOUTH), (Role.INVESTIGATOR, NORTH)):
        with current_database().unit_of_work() as session:
            staff = make_staff(session, [role], [district])
        client = sign_in(app.test_client(), staff)
        answer = client.post(
            f"/api/v1/alerts/{code}/extend",
            json={"expires_at": (utcnow() + 2 * HOUR).isoformat()},
            headers=api_headers(client),
        )
        assert answer.status_code == 403
        assert client.get(f"/staff/alerts/{code}/extend").status_code == 403


def test_the_front_page_reminds_before_it_is_over(
    officer_client: FlaskClient, country: Country
) -> None:
    publish(country, expires_at=utcnow() + 5 * HOUR)
    assert "Udløber snart" not in officer_client.get("/staff/").text
    publish(country)
    assert "Udløber snart" in officer_client.get("/staff/").text


def test_what_waits_is_sent_until_the_new_time(make_app: MakeApp, simulator: Simulator) -> None:
    app = make_app()
    with app.app_context():
        with current_database().unit_of_work() as session:
            country = make_country(session)
            make_reader(session, country.p3400)
        longer, shorter = (publish(country, send_at=utcnow() + HOUR / 2) for _two in range(2))
        with current_database().unit_of_work() as session:
            staff = make_staff(session, [Role.OFFICER], [NORTH])
        client = sign_in(app.test_client(), staff)
        answer = client.post(
            f"/api/v1/alerts/{longer}/extend",
            json={"expires_at": (utcnow() + 9 * HOUR).isoformat()},
            headers=api_headers(client),
        )
        assert answer.status_code == 200
        with time_machine.travel(utcnow() + 3 * HOUR):
            deliver(simulator, Dispatcher(app))
            with current_database().unit_of_work() as session:
                close_expired_alerts(session)
                ended = {code: find_alert(session, code).status for code in (longer, shorter)}
        assert simulator.accepted_total == 1
        assert (ended[longer].value, ended[shorter].value) == ("active", "closed")
