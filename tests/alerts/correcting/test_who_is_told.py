"""Through the ledger: after a correction nobody gets the wrong text, and nobody is missed."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from alerts.composing.saving import find_alert
from alerts.draft import Wording
from alerts.models import AlertStatus
from alerts.releasing.follow_ups import close_alert, correct_alert
from alerts.releasing.publishing import publish_alert
from alerts.releasing.steering import pause_alert
from database import current_database
from dispatch import Dispatcher
from simulator import Behaviour, Match, Simulator
from staff.actor import Actor
from tests.alerts.factories import Country, make_country, make_draft, make_officer, make_reader
from tests.dispatch.fixtures import deliver, later
from web.http.app import VarskoApp

RIGHT = {"da": Wording("Indbrud på Åvej", "Har du set en grå bil i nat?")}
WRONG_TITLE, MARK = "Indbrud på Søvej", "Rettelse: Indbrud på Åvej"


@pytest.fixture
def place(app_with_simulator: VarskoApp) -> tuple[Country, Actor]:
    """The country and an officer of its north."""
    with current_database().unit_of_work() as session:
        return make_country(session), make_officer(session)


def phone(session: Session, area_id: int) -> str:
    """The number of one who follows an area."""
    return str(make_reader(session, area_id).address)


def correct(code: str, officer: Actor) -> int:
    """How many get the correction, as counted when it is sent."""
    with current_database().unit_of_work() as session:
        return correct_alert(
            session, officer, find_alert(session, code), RIGHT, "key-of-a-correction"
        ).recipients


def got(simulator: Simulator, number: str) -> tuple[int, int]:
    """How often the phone got the wrong text, and its correction."""
    texts = simulator.phone(number).texts
    return sum(WRONG_TITLE in text for text in texts), sum(MARK in text for text in texts)


@pytest.mark.parametrize("paused", [False, True])
def test_in_the_midst_of_it_each_gets_the_corrected_text_once(
    simulator: Simulator, dispatcher: Dispatcher, place: tuple[Country, Actor], paused: bool
) -> None:
    """One waits for another attempt with the wrong text when the correction comes."""
    country, officer = place
    with current_database().unit_of_work() as session:
        quick = [phone(session, country.p3400) for _ in range(3)]
        slow = phone(session, country.p3400)
        code = publish_alert(
            session, officer, make_draft(session, country, officer), "key-of-alert"
        ).code
    simulator.behave(Match(recipient=slow), Behaviour.http_error(503), times=1)
    deliver(simulator, dispatcher)
    assert [got(simulator, number) for number in (*quick, slow)] == [(1, 0)] * 3 + [(0, 0)]
    if paused:
        with current_database().unit_of_work() as session:
            pause_alert(session, officer, find_alert(session, code))
    assert correct(code, officer) == 4
    later(simulator, dispatcher, hours=1)
    assert [got(simulator, number) for number in (*quick, slow)] == [(1, 1)] * 3 + [(0, 1)]
    with current_database().unit_of_work() as session:
        alert = find_alert(session, code)
        assert alert.status is AlertStatus.ACTIVE, "all have it"
        closure = close_alert(session, officer, alert, {"da": "Fundet."}, "key-of-closure")
        assert closure.recipients == 4


def test_before_any_left_all_get_only_the_corrected_text(
    simulator: Simulator, dispatcher: Dispatcher, place: tuple[Country, Actor]
) -> None:
    country, officer = place
    with current_database().unit_of_work() as session:
        readers = [phone(session, country.p3400) for _ in range(3)]
        code = publish_alert(
            session, officer, make_draft(session, country, officer), "key-of-alert"
        ).code
    dispatcher.tick()
    assert correct(code, officer) == 3
    later(simulator, dispatcher, hours=1)
    assert [got(simulator, number) for number in readers] == [(0, 1)] * 3


def test_afterwards_exactly_those_who_got_it_hear_of_it(
    simulator: Simulator, dispatcher: Dispatcher, place: tuple[Country, Actor]
) -> None:
    country, officer = place
    with current_database().unit_of_work() as session:
        reader = phone(session, country.p3400)
        code = publish_alert(
            session, officer, make_draft(session, country, officer), "key-of-alert"
        ).code
    deliver(simulator, dispatcher)
    with current_database().unit_of_work() as session:
        joined = phone(session, country.p3400)
    assert correct(code, officer) == 1
    deliver(simulator, dispatcher)
    assert [got(simulator, number) for number in (reader, joined)] == [(1, 1), (0, 0)]
