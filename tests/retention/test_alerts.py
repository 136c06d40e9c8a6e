"""Alerts go some time after they were closed, with everything that was recorded about them."""

from __future__ import annotations

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import func, select

from alerts.kinds import AlertKind
from alerts.lifecycle import OVER
from alerts.models import Alert, AlertRelease, AlertStatus, AlertText, ReleaseWave
from alerts.releasing.follow_ups import close_alert
from alerts.releasing.publishing import publish_alert
from alerts.releasing.steering import cancel_alert
from cases.models import CaseStatus
from cases.opening import close_case
from database import Base, current_database, utcnow
from dispatch import Dispatcher
from dispatch.forgetting import forget_old
from dispatch.models import (
    Broadcast,
    BroadcastContent,
    Contact,
    Delivery,
    Expansion,
    Tally,
)
from simulator import Simulator
from staff.actor import Actor
from tests.alerts.factories import Country, make_country, make_draft, make_officer, make_reader
from tests.conftest import Browser
from tests.dispatch.fixtures import deliver
from tests.retention.conftest import Work
from tests.retention.factories import DAY, count, deleted_now
from tests.tips.factories import actor_of, case_of
from web.http.app import VarskoApp

KEPT = 730
RECIPIENTS_KEPT = 30
HOUR = 1 / 24


@pytest.fixture
def app(app_with_simulator: VarskoApp) -> VarskoApp:
    """The service that sends through the simulator."""
    app_with_simulator.test_client_class = Browser
    return app_with_simulator


@pytest.fixture
def country(app: VarskoApp) -> Country:
    with current_database().unit_of_work() as session:
        found = make_country(session)
        for _ in range(3):
            make_reader(session, found.p3400)
        return found


@pytest.fixture
def officer(country: Country) -> Actor:
    with current_database().unit_of_work() as session:
        return make_officer(session, ["01", "02"])


@pytest.fixture
def alert(country: Country, officer: Actor, dispatcher: Dispatcher, simulator: Simulator) -> Alert:
    """One that was sent to three, and closed."""
    with current_database().unit_of_work() as session:
        made = make_draft(session, country, officer)
        publish_alert(session, officer, made, "key-of-the-test")
    deliver(simulator, dispatcher)
    with current_database().unit_of_work() as session:
        found = session.get_one(Alert, made.id)
        close_alert(session, officer, found, {"da": "Fundet. Tak for hjælpen."}, "key-of-closure")
    deliver(simulator, dispatcher)
    return made


def close_its_case(work: Work) -> None:
    with work() as session:
        case = case_of(session)
        close_case(session, actor_of(session, *case.district_codes), case.id)


def after(days: float) -> dict[str, int]:
    with time_machine.travel(utcnow() + days * DAY, tick=False):
        return deleted_now()


OF_ALERTS: tuple[type[Base], ...] = (
    Alert, AlertText, AlertRelease, ReleaseWave, Broadcast, BroadcastContent, Tally, Expansion,
    Delivery,
)  # fmt: skip


def test_first_the_recipients_go_then_the_alert_with_all_that_was_sent(
    alert: Alert, work: Work, client: FlaskClient
) -> None:
    close_its_case(work)
    assert after(RECIPIENTS_KEPT - HOUR) == {}
    assert count(Delivery) == 6
    assert after(RECIPIENTS_KEPT + HOUR) == {"recipients": 6}
    with work() as session:
        assert session.scalar(select(func.sum(Tally.delivered))) == 6, "how many stays known"

    assert after(KEPT - HOUR) == {}
    assert client.get(f"/varsel/{alert.code}").status_code == 200
    assert after(KEPT + HOUR) == {"alerts": 1, "cases": 1}
    assert {table.__tablename__: count(table) for table in OF_ALERTS} == dict.fromkeys(
        (table.__tablename__ for table in OF_ALERTS), 0
    )
    assert count(Contact) == 3, "those who follow the area still do"


def test_an_alert_that_was_deleted_says_so_on_its_page(
    alert: Alert, work: Work, client: FlaskClient
) -> None:
    close_its_case(work)
    after(KEPT + 1)
    for address, said in (
        (f"/varsel/{alert.code}", "Varsler slettes nogen tid efter"),
        (f"/varsel/{alert.code}/tip", "Varsler slettes nogen tid efter"),
        (f"/en/varsel/{alert.code}", "Alerts are deleted some time after"),
    ):
        page = client.get(address)
        assert page.status_code == 404
        assert said in page.text
    assert client.get("/").status_code == 200


def test_all_goes_at_once_where_nothing_was_deleted_for_long(alert: Alert, work: Work) -> None:
    close_its_case(work)
    assert after(2 * KEPT) == {"recipients": 6, "alerts": 1, "cases": 1}


def test_the_alert_of_an_open_case_stays_until_the_case_is_closed(alert: Alert, work: Work) -> None:
    assert after(KEPT + 1) == {"recipients": 6}
    with work() as session:
        assert case_of(session).status is CaseStatus.OPEN
        assert session.get(Alert, alert.id) is not None
    close_its_case(work)
    assert after(KEPT + 1)["alerts"] == 1


@pytest.mark.parametrize(
    ("status", "goes"),
    [
        (AlertStatus.SCHEDULED, False),
        (AlertStatus.SENDING, False),
        (AlertStatus.ACTIVE, False),
        (AlertStatus.STOPPED, False),
        (AlertStatus.CLOSED, True),
        (AlertStatus.WITHDRAWN, True),
        (AlertStatus.CANCELLED, True),
        (AlertStatus.DRAFT, True),
    ],
)
def test_only_what_is_over_goes(
    country: Country, officer: Actor, work: Work, status: AlertStatus, goes: bool
) -> None:
    with work() as session:
        made = make_draft(session, country, officer)
        made.status = status
        made.closed_at = utcnow() if status in OVER else None
    assert after(KEPT - HOUR) == {}
    assert after(KEPT + HOUR) == ({"alerts": 1} if goes else {})
    assert count(Alert) == (0 if goes else 1)


def test_a_draft_that_was_changed_counts_from_then(
    country: Country, officer: Actor, work: Work
) -> None:
    with work() as session:
        made = make_draft(session, country, officer)
    with time_machine.travel(utcnow() + 100 * DAY), work() as session:
        session.get_one(Alert, made.id).case_reference = None
    assert after(KEPT + 1) == {}
    assert after(KEPT + 101) == {"alerts": 1}


def test_a_scheduled_alert_that_was_cancelled_goes_with_its_release(
    country: Country, officer: Actor, work: Work, dispatcher: Dispatcher
) -> None:
    with work() as session:
        made = make_draft(session, country, officer, send_at=utcnow() + DAY, case_reference=None,
                          kind=AlertKind.AREA_ALERT)  # fmt: skip
        publish_alert(session, officer, made, "key-of-the-test")
        cancel_alert(session, officer, made)
    assert after(KEPT + 1) == {}, "the dispatcher has not finished with it"
    dispatcher.drain()
    assert after(KEPT + 1) == {"alerts": 1}
    assert count(AlertRelease) == count(Broadcast) == 0


def test_messages_to_one_person_go_as_those_to_many_are_forgotten(
    country: Country, work: Work, simulator: Simulator, dispatcher: Dispatcher
) -> None:
    simulator.receive_sms("+4522334455", "TRYK 3400")
    deliver(simulator, dispatcher)
    assert count(Broadcast) == 1
    for days in (3, RECIPIENTS_KEPT - 1):
        with time_machine.travel(utcnow() + days * DAY, tick=False), work() as session:
            forget_old(session)
        assert after(days) == {}
    assert after(RECIPIENTS_KEPT + 1) == {"messages": 1}
    assert count(Broadcast) == count(Tally) == 0
