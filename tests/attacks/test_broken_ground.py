"""A full disk, a wrong clock and messages meant for others stop nothing."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterator

import pytest
import structlog
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import update

from database import Database, current_database, utcnow
from database.types import compare_clocks
from dispatch.models import Channel, InboundRecord, Lease, Sender
from dispatch.scheduling.scheduler_lease import SCHEDULER, SECONDS, hold_lease
from dispatch.sender_routes import routes_of
from dispatch.sending.senders import FURTHEST_AHEAD, take_turn
from tests.apps import close_app
from tests.dispatch.incoming.test_webhooks import post, sms
from tests.settings import ACCOUNT_SID, make_config
from web.http import logs
from web.http.app import VarskoApp
from wsgi import create_app

INBOUND = "/webhooks/twilio/inbound"


@pytest.mark.one_database
def test_a_full_disk_stops_no_page(sqlite_url: str) -> None:
    config = make_config(database_url=sqlite_url, log_file="/dev/full", log_level="debug")
    app = create_app(config)
    assert app.test_client().get("/tilmeld").status_code == 200
    assert app.test_client().get("/no-such-page").status_code == 404
    structlog.get_logger().error("anything", text="\ud800")
    logging.getLogger("library").warning("anything")
    close_app(app)


@pytest.mark.one_database
def test_lines_that_were_lost_are_counted(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    written = logs.LogFile("/dev/full")
    for _line in range(3):
        written.write("a line\n")
    monkeypatch.setattr(written, "_file", None)
    written.write("one more\n")
    assert capsys.readouterr().err.splitlines() == [
        '{"event": "log_lines_lost", "level": "error", "lines": 3}',
        "one more",
    ]


@pytest.fixture
def right_clock() -> Iterator[None]:
    yield
    compare_clocks(dt.datetime.now(dt.UTC), dt.datetime.now(dt.UTC))


@pytest.mark.parametrize("hours", [1, -1])
def test_a_host_whose_clock_is_wrong_goes_by_the_database_s(
    postgresql_url: str, right_clock: None, hours: int
) -> None:
    true = dt.datetime.now(dt.UTC)
    with time_machine.travel(true + dt.timedelta(hours=hours)):
        database = Database(postgresql_url)
        with database.unit_of_work() as session:
            session.connection()
            assert abs(utcnow() - true) < dt.timedelta(minutes=10)
        database.close()


def test_a_lease_of_a_clock_that_was_ahead_is_taken(app: VarskoApp) -> None:
    with current_database().unit_of_work() as session:
        assert hold_lease(session, SCHEDULER, "ahead") == 1
        for ahead, fence in ((SECONDS, None), (3600.0, 2)):
            until = utcnow() + dt.timedelta(seconds=ahead)
            session.execute(update(Lease).values(until=until, owner="ahead"))
            assert hold_lease(session, SCHEDULER, "right") == fence


def test_a_sender_reserved_by_a_clock_that_was_ahead_is_free_in_minutes(app: VarskoApp) -> None:
    routes = routes_of(app.extensions["varsko_config"], Channel.SMS)
    with current_database().unit_of_work() as session:
        take_turn(session, routes, lambda _route: 1)
        session.execute(update(Sender).values(free_at=utcnow() + dt.timedelta(hours=1)))
        assert take_turn(session, routes, lambda _route: 1).wait <= FURTHEST_AHEAD


def taken() -> int:
    with current_database().unit_of_work(writes=False) as session:
        return session.query(InboundRecord).count()


@pytest.mark.one_database
def test_a_message_of_another_account_or_to_another_number_is_not_taken(
    app: VarskoApp, client: FlaskClient
) -> None:
    assert post(client, INBOUND, sms(AccountSid="AC" + "f" * 32))[0] == 403
    assert post(client, INBOUND, sms(To="+4512345678"))[0] == 404
    assert taken() == 0
    assert post(client, INBOUND, sms(AccountSid=ACCOUNT_SID))[0] == 200
    assert taken() == 1


@pytest.mark.one_database
def test_only_requests_for_our_own_name_are_answered(sqlite_url: str) -> None:
    config = make_config(
        database_url=sqlite_url,
        public_url="https://varsko.politi.dk",
        testing="false",
        twilio_api_url="https://api.twilio.com",
        gatewayapi_url="https://gatewayapi.eu",
    )
    app = create_app(config)
    client = app.test_client()
    for host, status in (("varsko.politi.dk", 200), ("127.0.0.1", 200), ("evil.example", 400)):
        assert client.get("/tilmeld", headers={"Host": host}).status_code == status
    close_app(app)


@pytest.mark.one_database
@pytest.mark.parametrize(
    "path", ["/tilmeld/bekraeft/abc", "/tilmeld/mail/abc", "/min-side/abc", "/afmeld/abc"]
)
def test_pages_of_secret_links_are_not_for_search_engines(client: FlaskClient, path: str) -> None:
    assert "noindex" in client.get(path).headers["X-Robots-Tag"]
    assert "X-Robots-Tag" not in client.get("/tilmeld").headers
