"""What strangers can do with sign-ups of others, and when sign-ups end."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from dispatch.contacts import suppress_contact
from dispatch.models import Broadcast, SuppressionReason
from subscribers.models import AskedSecret, SignUp, SignUpArea, SignUpContact
from subscribers.retention import purge_sign_ups
from tests.apps import close_app
from tests.settings import make_config
from tests.subscribers.factories import (
    MAIL,
    PHONE,
    add_areas,
    code_in,
    contact_of,
    path_in,
    say,
    sent_to,
    subscribed,
)
from tests.subscribers.web_form import Work, confirm, count, fill_in, last_sent
from web.http.app import VarskoApp


@pytest.fixture
def client(town: VarskoApp) -> FlaskClient:
    return town.test_client()


class TestStrangers:
    def test_a_known_and_an_unknown_number_look_the_same(
        self, client: FlaskClient, work: Work
    ) -> None:
        say("TRYK 3400")
        known, unknown = fill_in(client), fill_in(client, phone="22334466")
        assert known.status_code == unknown.status_code == 303

        def shown(answer: TestResponse) -> str:
            text = client.get(answer.location).text
            token = answer.location.rsplit("/", 1)[1]
            return text.replace(token, "").replace("på 55", "på 66")

        assert shown(known) == shown(unknown)

    def test_three_codes_an_hour_whoever_asks(self, client: FlaskClient, work: Work) -> None:
        with time_machine.travel("2026-03-01 12:00+00:00", tick=False) as clock:
            for _attempt in range(3):
                answer = fill_in(client)
                assert client.post(answer.location + "/ny").status_code == 303
            with work() as session:
                assert len(sent_to(session, PHONE)) == 3
            assert confirm(client, answer, "123456").status_code == 422
            clock.shift(dt.timedelta(minutes=61))
            fill_in(client)
            with work() as session:
                assert len(sent_to(session, PHONE)) == 4

    def test_all_strangers_together_may_use_a_fifth_of_the_sender(
        self, client: FlaskClient, work: Work, town: VarskoApp
    ) -> None:
        config = town.extensions["varsko_config"]
        slow = dataclasses.replace(config, sms_segments_per_second=0.1)
        town.extensions["varsko_config"] = slow
        with time_machine.travel("2026-03-01 12:00+00:00", tick=False) as clock:
            for number in range(14):
                assert fill_in(client, phone=f"223344{number:02}").status_code == 303
            with work() as session:
                assert count(session, Broadcast) == 9
            fill_in(client, phone=None, email=MAIL)
            clock.shift(dt.timedelta(minutes=11))
            fill_in(client, phone="22334413")
            with work() as session:
                assert len(sent_to(session, MAIL)) == 1
                assert len(sent_to(session, "22334413")) == 1

    def test_who_said_stop_gets_one_code_a_day_and_may_come_back(
        self, client: FlaskClient, work: Work
    ) -> None:
        say("STOP")
        answer = fill_in(client)
        fill_in(client)
        with work() as session:
            assert len(sent_to(session, PHONE)) == 1
            assert session.scalars(select(Broadcast)).one().reaches_suppressed
        confirm(client, answer, code_in(last_sent(work, PHONE)))
        with work() as session:
            contact = contact_of(session, PHONE)
            assert contact is not None
            assert not contact.is_suppressed

    def test_who_complained_gets_none(self, client: FlaskClient, work: Work) -> None:
        with work() as session:
            subscribed(session, MAIL)
            contact = contact_of(session, MAIL)
            assert contact is not None
            suppress_contact(session, contact, SuppressionReason.COMPLAINT)
        assert fill_in(client, phone=None, email=MAIL).status_code == 303
        with work() as session:
            assert sent_to(session, MAIL) == []

    @pytest.mark.one_database
    def test_no_page_sets_a_cookie(self, client: FlaskClient, work: Work) -> None:
        answer = fill_in(client)
        for page in (answer, client.get("/tilmeld"), client.get(answer.location)):
            assert "Set-Cookie" not in page.headers
        done = confirm(client, answer, code_in(last_sent(work, PHONE)))
        assert "Set-Cookie" not in client.get(done.location).headers

    def test_links_are_built_from_the_configured_address(
        self, client: FlaskClient, work: Work
    ) -> None:
        client.post(
            "/tilmeld",
            data={"email": MAIL, "places": "3400", "consent": "true"},
            headers={"Host": "evil.example"},
        )
        assert "evil.example" not in last_sent(work, MAIL)

    def test_the_form_may_not_be_sent_without_end(self, sqlite_url: str) -> None:
        from wsgi import create_app

        limited = create_app(
            make_config(database_url=sqlite_url, testing="false", forms_per_minute=20)
        )
        with limited.app_context():
            with limited.extensions["varsko_database"].unit_of_work() as session:
                add_areas(session)
            codes = [
                limited.test_client().post("/tilmeld", data={}).status_code for _try in range(21)
            ]
        close_app(limited)
        assert codes == [422] * 20 + [429]


class TestExpiry:
    def test_a_sign_up_is_gone_after_a_day(self, client: FlaskClient, work: Work) -> None:
        with time_machine.travel("2026-03-01 12:00+00:00", tick=False) as clock:
            answer = fill_in(client, email=MAIL)
            path = path_in(last_sent(work, MAIL))
            clock.shift(dt.timedelta(hours=23))
            assert client.get(path).status_code == 200
            with work() as session:
                purge_sign_ups(session)
                assert count(session, SignUp) == 1
            clock.shift(dt.timedelta(hours=1, seconds=1))
            assert client.get(path).status_code == 404
            gone = client.get(f"/en{answer.location}")
            assert gone.status_code == 404
            assert 'href="/en/tilmeld">Start over' in gone.text
            with work() as session:
                purge_sign_ups(session)
            with work() as session:
                for model in (SignUp, SignUpContact, SignUpArea, AskedSecret):
                    assert count(session, model) == 0

    def test_a_number_that_nobody_confirmed_is_forgotten(
        self, client: FlaskClient, work: Work
    ) -> None:
        with time_machine.travel("2026-03-01 12:00+00:00", tick=False) as clock:
            fill_in(client)
            say("STOP", sender="22334466")
            fill_in(client, phone="22334466")
            with work() as session:
                subscribed(session, "22334477")
            fill_in(client, phone="22334477")
            answer = fill_in(client, phone="22334488")
            confirm(client, answer, code_in(last_sent(work, "22334488")))
            clock.shift(dt.timedelta(hours=12))
            fill_in(client, phone="22334499")
            clock.shift(dt.timedelta(hours=12, seconds=1))
            with work() as session:
                purge_sign_ups(session)
            with work() as session:
                assert contact_of(session, PHONE) is None
                for kept in ("22334466", "22334477", "22334488", "22334499"):
                    assert contact_of(session, kept) is not None, kept
