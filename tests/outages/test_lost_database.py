"""A database that is away, falls silent or has moved: a request says so, and the next one works."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs
from twilio.request_validator import RequestValidator

from database import Database, answers_within, is_away
from dispatch.scheduling.dispatcher import Dispatcher
from tests.apps import close_app
from tests.dispatch.incoming.test_webhooks import INBOUND, PUBLIC, sms
from tests.outages.away import unwritable
from tests.outages.proxy import Proxy
from tests.settings import AUTH_TOKEN, make_config
from web.http.app import VarskoApp
from wsgi import create_app


@pytest.fixture
def proxy(postgresql_url: str) -> Iterator[Proxy]:
    made = Proxy(urlsplit(postgresql_url).port or 5432)
    yield made
    made.close()


@pytest.fixture
def through_proxy(postgresql_url: str, proxy: Proxy) -> str:
    """The address of the database by way of the proxy."""
    parts = urlsplit(postgresql_url)
    user, at, _host = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{user}{at}127.0.0.1:{proxy.port}").geturl()


def opened(url: str, **settings: object) -> VarskoApp:
    return create_app(make_config(database_url=url, **settings))


def status(app: VarskoApp) -> tuple[int, str | None]:
    """What a request that needs the database is answered."""
    response = app.test_client().get("/api/v1/areas?q=3400")
    return response.status_code, response.headers.get("Retry-After")


def test_each_connection_notices_a_server_that_is_gone(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    with database.engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        assert raw is not None
        known = raw.info.get_parameters()
        assert int(known["tcp_user_timeout"]) <= 10_000
        idle, interval, count = (
            int(known[f"keepalives_{name}"]) for name in ("idle", "interval", "count")
        )
        assert idle + interval * count <= 20
        for setting in ("tcp_keepalives_idle", "client_connection_check_interval"):
            assert connection.scalar(text(f"SHOW {setting}")) in {"10", "10s"}
    database.close()


def test_a_request_does_not_wait_for_ever_for_a_silent_database(
    through_proxy: str, proxy: Proxy
) -> None:
    app = opened(through_proxy, database_answer_seconds=3)
    assert status(app) == (200, None)
    proxy.is_silent = True
    assert status(app) == (503, "5")
    proxy.is_silent = False
    assert status(app) == (200, None)
    close_app(app)


def test_an_answer_that_comes_too_late_is_not_taken_for_another_s(
    through_proxy: str, proxy: Proxy
) -> None:
    database = Database(through_proxy)
    with database.engine.connect() as connection:
        with pytest.raises(DBAPIError) as raised, answers_within(1):
            connection.execute(text("SELECT 'late', pg_sleep(3600)"))
        assert is_away(raised.value)
    with database.engine.connect() as connection:
        assert connection.scalar(text("SELECT 'right'")) == "right"
    database.close()


def test_what_takes_long_outside_a_request_has_no_deadline(through_proxy: str) -> None:
    database = Database(through_proxy)
    with database.engine.connect() as connection:
        with answers_within(0.05):
            pass
        assert connection.scalar(text("SELECT 'long' FROM pg_sleep(0.3)")) == "long"
    database.close()


def test_after_a_failover_to_a_standby_the_first_writable_connection_is_used(
    postgresql_url: str,
) -> None:
    app = opened(postgresql_url)

    def write() -> tuple[int, str | None]:
        form = sms()
        sign = RequestValidator(AUTH_TOKEN).compute_signature
        headers = {"X-Twilio-Signature": sign(PUBLIC + INBOUND, form)}
        response = app.test_client().post(INBOUND, data=form, headers=headers)
        return response.status_code, response.headers.get("Retry-After")

    assert write() == (200, None)
    with unwritable(postgresql_url):
        assert write() == (503, "5")
    assert write() == (200, None)
    close_app(app)


def test_the_scheduler_says_that_the_database_is_away_and_goes_on_with_the_next_connection(
    postgresql_url: str,
) -> None:
    app = opened(postgresql_url)
    dispatcher = Dispatcher(app)
    assert dispatcher._scheduler.renew()
    with unwritable(postgresql_url), capture_logs() as logs:
        dispatcher._scheduler.run("lease", lambda: int(dispatcher._scheduler.renew()))
    assert [line["event"] for line in logs] == ["database_unavailable"]
    assert dispatcher._scheduler.renew()
    dispatcher.stop()
    close_app(app)


def test_an_error_of_ours_is_not_taken_for_a_database_that_is_away(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    for wrong in ("SELECT nothing_like_this", "SELECT 1 / 0", "SELECT"):
        with database.engine.connect() as connection, pytest.raises(DBAPIError) as raised:
            connection.execute(text(wrong + " FROM no_such_table"))
        assert not is_away(raised.value)
    database.close()


def test_of_several_hosts_the_one_that_can_be_written_to_is_used(postgresql_url: str) -> None:
    parts = urlsplit(postgresql_url)
    user, _at, host = parts.netloc.rpartition("@")
    several = f"host=127.0.0.1:9&host={host}&target_session_attrs=read-write"
    url = f"postgresql://{user}@{parts.path}?{several}"
    database = Database(make_config(database_url=url).database_url)
    with database.engine.connect() as connection:
        assert connection.scalar(text("SELECT 1")) == 1
    database.close()
