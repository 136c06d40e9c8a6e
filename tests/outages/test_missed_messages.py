"""What people text while the database is away is taken in later, once, and in its order."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from database import current_database, utcnow
from dispatch import Dispatcher
from dispatch.contacts import find_contact
from dispatch.models import Channel
from simulator import Simulator
from tests.dispatch.factories import number
from tests.dispatch.fixtures import MakeApp, deliver
from tests.dispatch.incoming.test_webhooks import plug
from tests.outages.away import unwritable
from tests.settings import GATEWAYAPI_NUMBER, SECOND_NUMBER
from tests.subscribers.factories import add_areas, follows
from tests.tips.factories import all_tips
from web.http.app import VarskoApp

WORDS = "Jeg så en hvid varevogn på Søvej klokken tre"
PHONE = number(1)


@pytest.fixture
def app(make_app: MakeApp) -> VarskoApp:
    return make_app(database_wait_seconds=0.2)


def tips() -> list[str]:
    with current_database().unit_of_work(writes=False) as session:
        return [str(tip.text) for tip in all_tips(session)]


def test_a_message_that_nobody_could_take_becomes_a_tip_once(
    app: VarskoApp, database_url: str, simulator: Simulator
) -> None:
    with app.app_context():
        with unwritable(database_url):
            missed = simulator.receive_sms(PHONE, WORDS)
        assert missed.status == 503
        assert tips() == []
        dispatcher = Dispatcher(app)
        assert dispatcher.collect() == 1
        assert tips() == [WORDS]
        deliver(simulator, dispatcher)
        assert len(simulator.phone(PHONE).texts) == 1
        assert simulator.receive_sms(PHONE, WORDS, sid=missed.sid).status == 200
        assert Dispatcher(app).collect() == 0
        assert tips() == [WORDS]
        dispatcher.stop()


def test_they_are_taken_in_by_the_order_and_time_in_which_they_were_sent(
    app: VarskoApp, database_url: str, simulator: Simulator
) -> None:
    listener = plug(app)
    with app.app_context():
        began = utcnow() - timedelta(seconds=1)
        with unwritable(database_url):
            for word in ("STOP", "START"):
                assert simulator.receive_sms(PHONE, word).status == 503
        ended = utcnow()
        with time_machine.travel(utcnow() + timedelta(hours=5), tick=True):
            assert Dispatcher(app).collect() == 2
    assert [inbound.text for inbound in listener.heard] == ["STOP", "START"]
    assert all(began <= inbound.received_at <= ended for inbound in listener.heard)


@pytest.mark.parametrize(
    ("missed", "newer", "gets_alerts"), [("TRYK 3400", "STOP", False), ("STOP", "TRYK 3400", True)]
)
def test_what_comes_late_takes_back_no_newer_decision(
    app: VarskoApp,
    database_url: str,
    simulator: Simulator,
    missed: str,
    newer: str,
    gets_alerts: bool,
) -> None:
    with app.app_context():
        with current_database().unit_of_work() as session:
            add_areas(session)
        # The provider's list knows of whole seconds.
        before = utcnow() - timedelta(seconds=2)
        with time_machine.travel(before, tick=True), unwritable(database_url):
            assert simulator.receive_sms(PHONE, missed).status == 503
        assert simulator.receive_sms(PHONE, newer).status == 200
        dispatcher = Dispatcher(app)
        assert dispatcher.collect() == 1
        deliver(simulator, dispatcher)
        dispatcher.stop()
        with current_database().unit_of_work(writes=False) as session:
            contact = find_contact(session, Channel.SMS, PHONE)
            assert contact is not None
            assert contact.is_suppressed is not gets_alerts
            assert follows(session, PHONE) == (["3400"] if gets_alerts else [])
        assert len(simulator.phone(PHONE).texts) == 1, "only the newer one is answered"


def test_a_sign_up_that_comes_late_is_added_to_a_newer_one(
    app: VarskoApp, database_url: str, simulator: Simulator
) -> None:
    with app.app_context():
        with current_database().unit_of_work() as session:
            add_areas(session)
        before = utcnow() - timedelta(seconds=2)
        with time_machine.travel(before, tick=True), unwritable(database_url):
            assert simulator.receive_sms(PHONE, "TRYK 3400").status == 503
        assert simulator.receive_sms(PHONE, "TRYK 3480").status == 200
        dispatcher = Dispatcher(app)
        assert dispatcher.collect() == 1
        deliver(simulator, dispatcher)
        dispatcher.stop()
        with current_database().unit_of_work(writes=False) as session:
            assert follows(session, PHONE) == ["3400", "3480"]
        assert len(simulator.phone(PHONE).texts) == 2


def test_the_list_is_read_again_when_the_database_was_away_or_an_hour_has_gone(
    app: VarskoApp, database_url: str, simulator: Simulator
) -> None:
    plug(app)
    with app.app_context():
        dispatcher = Dispatcher(app)
        assert dispatcher.collect() == 0
        with unwritable(database_url):
            simulator.receive_sms(PHONE, WORDS)
            dispatcher._scheduler.run("lease", lambda: int(dispatcher._scheduler.renew()))
        assert dispatcher.collect() == 1
        dispatcher.stop()


def test_what_went_to_another_number_or_through_a_provider_without_a_list_is_left(
    app: VarskoApp, database_url: str, simulator: Simulator
) -> None:
    with app.app_context():
        with unwritable(database_url):
            for other in (SECOND_NUMBER, GATEWAYAPI_NUMBER):
                simulator.receive_sms(PHONE, WORDS, to=other)
        assert Dispatcher(app).collect() == 0
        assert tips() == []


def test_a_provider_that_cannot_be_asked_is_asked_again(
    make_app: MakeApp, simulator: Simulator
) -> None:
    app = make_app(twilio_api_url="http://127.0.0.1:9")
    with app.app_context():
        dispatcher = Dispatcher(app)
        assert dispatcher.collect() == 0
        assert dispatcher._scheduler._collects_at == 0
        dispatcher.stop()
