"""Through the ledger and the phones: exactly those who heard of a withdrawn alert are told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from alerts.composing.saving import find_alert
from alerts.draft import AlertDraft
from alerts.lifecycle import move
from alerts.models import Alert, AlertStatus, ReleaseKind
from alerts.releasing.follow_ups import send_update
from alerts.releasing.publishing import publish_alert
from alerts.releasing.releases import Wave, release
from alerts.releasing.steering import pause_alert
from alerts.releasing.withdrawing import withdraw_alert
from areas.targets.target import Target
from database import current_database, utcnow
from dispatch import Dispatcher
from simulator import Behaviour, Match, Simulator
from staff.actor import Actor
from subscribers.audience import areas_audience
from tests.alerts.factories import Country, make_country, make_draft, make_officer, make_reader
from tests.dispatch.fixtures import deliver, later
from web.http.app import VarskoApp

KEY = "key-of-a-withdrawal"
WHY = {"da": "Området var forkert. Der er ingen fare."}
MARK = "Trukket tilbage: Indbrud på Søvej"


@pytest.fixture
def place(app_with_simulator: VarskoApp) -> tuple[Country, Actor]:
    """The country and an officer of its north."""
    with current_database().unit_of_work() as session:
        return make_country(session), make_officer(session)


def phone(session: Session, area_id: int) -> str:
    """The number of one who follows an area."""
    return str(make_reader(session, area_id).address)


def texts(simulator: Simulator, number: str) -> int:
    return len(simulator.phone(number).texts)


def heard_of_it(simulator: Simulator, number: str) -> int:
    """How often the phone was told that the alert is withdrawn."""
    return sum(MARK in text for text in simulator.phone(number).texts)


def withdraw(code: str, officer: Actor) -> int:
    """How many are told, as counted when it is withdrawn."""
    with current_database().unit_of_work() as session:
        return withdraw_alert(session, officer, find_alert(session, code), WHY, KEY).recipients


def publish_in_waves(session: Session, officer: Actor, country: Country) -> Alert:
    """One wave to 3400 now, and one to 3480 in an hour."""
    alert = make_draft(session, country, officer)
    waves = [
        Wave(areas_audience(Target(), {country.p3400: 0.0})),
        Wave(areas_audience(Target(), {country.p3480: 0.0}), utcnow() + timedelta(hours=1)),
    ]
    release(
        session, officer, alert, ReleaseKind.INITIAL, AlertDraft.of(alert).texts, waves, key="waves"
    )
    alert.published_at, alert.expires_at = utcnow(), utcnow() + timedelta(days=1)
    move(session, alert, AlertStatus.SENDING, officer)
    return alert


@pytest.mark.parametrize("paused", [False, True])
def test_who_got_it_is_told_and_who_waited_gets_nothing(
    simulator: Simulator, dispatcher: Dispatcher, place: tuple[Country, Actor], paused: bool
) -> None:
    country, officer = place
    with current_database().unit_of_work() as session:
        near = [phone(session, country.p3400) for _ in range(3)]
        far = [phone(session, country.p3480) for _ in range(2)]
        code = publish_in_waves(session, officer, country).code
    deliver(simulator, dispatcher)
    if paused:
        with current_database().unit_of_work() as session:
            pause_alert(session, officer, find_alert(session, code))
    assert withdraw(code, officer) == 3
    deliver(simulator, dispatcher)
    later(simulator, dispatcher, hours=1.5)
    assert [(texts(simulator, number), heard_of_it(simulator, number)) for number in near] == [
        (2, 1)
    ] * 3
    assert [texts(simulator, number) for number in far] == [0, 0]


def test_one_withdrawn_before_it_left_reaches_nobody(
    simulator: Simulator, dispatcher: Dispatcher, place: tuple[Country, Actor]
) -> None:
    country, officer = place
    with current_database().unit_of_work() as session:
        reader = phone(session, country.p3400)
        alert = make_draft(session, country, officer)
        code = publish_alert(session, officer, alert, "key-of-alert").code
    dispatcher.tick()
    assert withdraw(code, officer) == 0
    later(simulator, dispatcher, hours=1)
    assert texts(simulator, reader) == 0


def test_who_heard_of_it_by_an_update_alone_is_told_and_nobody_twice(
    simulator: Simulator, dispatcher: Dispatcher, place: tuple[Country, Actor]
) -> None:
    country, officer = place
    with current_database().unit_of_work() as session:
        first = phone(session, country.p3400)
        alert = make_draft(session, country, officer)
        code = publish_alert(session, officer, alert, "key-of-alert").code
    deliver(simulator, dispatcher)
    with current_database().unit_of_work() as session:
        joined = phone(session, country.p3400)
        send_update(
            session, officer, find_alert(session, code), {"da": "Bilen er grå."}, "key-update"
        )
    deliver(simulator, dispatcher)
    with current_database().unit_of_work() as session:
        too_late = phone(session, country.p3400)
    assert withdraw(code, officer) == 2
    deliver(simulator, dispatcher)
    assert [heard_of_it(simulator, number) for number in (first, joined, too_late)] == [1, 1, 0]
    assert [texts(simulator, number) for number in (first, joined, too_late)] == [3, 2, 0]


def test_who_may_have_got_it_is_told(
    simulator: Simulator, dispatcher: Dispatcher, place: tuple[Country, Actor]
) -> None:
    """The provider took it and never answered: nobody knows whether it arrived."""
    country, officer = place
    with current_database().unit_of_work() as session:
        reader = phone(session, country.p3400)
        alert = make_draft(session, country, officer)
        code = publish_alert(session, officer, alert, "key-of-alert").code
    simulator.behave(Match(recipient=reader), Behaviour.reset(accepted=True), times=1)
    dispatcher.drain()
    assert withdraw(code, officer) == 1
    deliver(simulator, dispatcher)
    assert heard_of_it(simulator, reader) == 1
