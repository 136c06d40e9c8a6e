"""What strangers send, and what the log says about it."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from staff.permissions import Role
from tests.apps import close_app
from tests.settings import make_config
from tests.staff.factories import api_headers, make_staff, sign_in
from web.http import logs
from web.http.access import public
from web.http.app import VarskoApp
from wsgi import create_app


@pytest.fixture
def noting(sqlite_url: str) -> Iterator[VarskoApp]:
    """The whole service, answering unexpected errors as it does in production."""
    app = create_app(make_config(database_url=sqlite_url))
    app.config["PROPAGATE_EXCEPTIONS"] = False

    @app.get("/break/<token>")
    @public
    def break_down(token: str) -> str:
        raise ValueError(f"the number is {token}")

    yield app
    close_app(app)


@pytest.fixture(autouse=True)
def quiet_again() -> Iterator[None]:
    """Later tests log as before."""
    yield
    logs.configure("error")


def test_an_unexpected_error_is_logged_without_address_or_message(
    noting: VarskoApp, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("info")
    answer = noting.test_client().get("/break/22334455")
    assert answer.status_code == 500
    assert "the number is" not in answer.text
    written = capsys.readouterr().err
    assert "22334455" not in written
    assert '"kind": "ValueError"' in written
    assert "tests/web/test_edge.py:" in written


def test_the_development_server_does_not_log_addresses(
    noting: VarskoApp, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("info")
    logging.getLogger("werkzeug").info("127.0.0.1 GET /min-side/secret")
    assert "secret" not in capsys.readouterr().err


@pytest.mark.parametrize("path", ["/tilmeld", "/staff/", "/staff/login"])
def test_an_id_that_comes_with_a_request_is_not_taken(
    noting: VarskoApp, capsys: pytest.CaptureFixture[str], path: str
) -> None:
    logs.configure("info")
    offered = "id-of-the-proxy"
    answer = noting.test_client().get(path, headers={"X-Request-ID": offered})
    assert answer.headers["X-Request-ID"] != offered
    assert offered not in capsys.readouterr().err


@pytest.mark.one_database
@pytest.mark.parametrize("path", ["/%5Cevil.example", "/en/%5C%5Cevil.example", "//evil.example/x"])
def test_no_link_leads_to_an_address_that_a_stranger_wrote(client: FlaskClient, path: str) -> None:
    page = client.get(path).text
    assert 'href="/\\' not in page
    assert 'href="\\' not in page
    assert 'href="//' not in page


def test_what_no_database_holds_is_the_callers_mistake(app: VarskoApp, client: FlaskClient) -> None:
    database = app.extensions["varsko_database"]
    with database.unit_of_work() as session:
        staff = make_staff(session, (Role.INVESTIGATOR, Role.ADMINISTRATOR, Role.OFFICER), ["9"])
    sign_in(client, staff)
    headers = api_headers(client)
    assert client.get("/api/v1/tips/999999999999999999999999").status_code == 404
    assert client.get("/staff/audit?before=999999999999999999999999").status_code == 422
    assert client.get("/staff/audit?until=9999-12-31").status_code == 422
    assert client.get("/staff/audit?since=0001-01-01").status_code == 422
    deep = client.post(
        "/api/v1/alerts", data="[" * 100_000, content_type="application/json", headers=headers
    )
    assert deep.status_code == 400
    assert deep.content_type == "application/problem+json"
