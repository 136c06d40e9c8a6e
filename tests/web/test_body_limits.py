"""How much of a body is read: each route takes what it needs, and refuses more without reading."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from flask import request
from flask.testing import FlaskClient

from areas.targets.input import LARGEST_SHAPE
from staff.permissions import Role
from tests.staff.factories import api_headers, make_staff, sign_in
from tests.web.look import make_look
from web.http import body_limits
from web.http.access import body_limit, no_ambient_authority, public
from web.http.app import VarskoApp

pytestmark = pytest.mark.one_database

FORM = "application/x-www-form-urlencoded"
TOO_MUCH = body_limits.DEFAULT_BODY + 1


class Tap(BytesIO):
    """A body that counts what is read of it."""

    taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        found = super().read(size)
        self.taken += len(found)
        return found


@pytest.fixture
def officer(app: VarskoApp, client: FlaskClient) -> FlaskClient:
    """A browser that an officer and administrator is signed in on."""
    with app.extensions["varsko_database"].unit_of_work() as session:
        staff = make_staff(session, (Role.OFFICER, Role.ADMINISTRATOR), ["9"])
    sign_in(client, staff)
    return client


@pytest.mark.parametrize(
    ("path", "says"),
    [("/tilmeld", "Det er for stort"), ("/en/tilmeld", "That is too large")],
)
def test_a_form_that_is_too_long_is_answered_with_a_page(
    client: FlaskClient, path: str, says: str
) -> None:
    answer = client.post(path, data={"places": "x" * TOO_MUCH})
    assert answer.status_code == 413
    assert answer.mimetype == "text/html"
    assert says in answer.text


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/webhooks/twilio/inbound"])
def test_a_program_gets_problem_details(client: FlaskClient, path: str) -> None:
    answer = client.post(path, data=b"x" * 300_000, content_type="application/json")
    assert answer.status_code == 413
    assert answer.mimetype == "application/problem+json"
    assert answer.get_json()["type"] == "urn:varsko:problem:request-entity-too-large"


def test_json_is_limited_as_forms_are(officer: FlaskClient) -> None:
    headers = api_headers(officer)
    answer = officer.patch("/api/v1/tips/1", json={"note": "x" * TOO_MUCH}, headers=headers)
    assert answer.status_code == 413


@pytest.mark.parametrize("path", ["/staff/alerts/new", "/staff/alerts/count", "/api/v1/alerts"])
def test_a_drawn_shape_may_be_long(officer: FlaskClient, path: str) -> None:
    headers = api_headers(officer)

    def answer_to(length: int) -> int:
        shape: dict[str, Any] = {"shape": "x" * length}
        if path.startswith("/api/"):
            return officer.post(path, json=shape, headers=headers).status_code
        return officer.post(path, data=shape, headers=headers).status_code

    assert answer_to(LARGEST_SHAPE // 2) != 413
    assert answer_to(LARGEST_SHAPE) == 413


def test_accounts_of_staff_take_no_more_than_other_forms(officer: FlaskClient) -> None:
    answer = officer.post("/staff/accounts/new", data={"name": "x" * TOO_MUCH})
    assert answer.status_code == 413


@pytest.mark.parametrize("is_said", [True, False], ids=["length said", "chunked"])
@pytest.mark.parametrize("limit", [None, 200_000])
@pytest.mark.parametrize(
    ("content_type", "start"),
    [
        (FORM, b"text="),
        ("application/json", b'"'),
        (
            "multipart/form-data; boundary=cut",
            b'--cut\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n',
        ),
    ],
)
def test_no_more_is_read_than_the_limit(
    limit: int | None, content_type: str, start: bytes, is_said: bool
) -> None:
    look = make_look()
    body_limits.init_app(look)

    @public
    @no_ambient_authority
    def take() -> str:
        return str(len(request.form) + len(request.files) + len(request.get_data()))

    look.add_url_rule(
        "/take", view_func=body_limit(limit)(take) if limit else take, methods=["POST"]
    )
    # The hook stands before those of the look, as in the whole app.
    hooks = look.before_request_funcs[None]
    hooks.insert(0, hooks.pop())
    body = Tap(start + b"x" * 1_000_000)
    told = {"CONTENT_LENGTH": str(len(body.getvalue()))} if is_said else {}
    answer = look.test_client().post(
        "/take",
        input_stream=body,
        content_type=content_type,
        environ_overrides={"wsgi.input_terminated": True, **told},
    )
    assert answer.status_code == 413
    assert body.taken <= (0 if is_said else (limit or body_limits.DEFAULT_BODY) + 1)


def test_what_is_within_the_limit_is_read(client: FlaskClient) -> None:
    answer = client.post("/tilmeld", data={"places": "x" * (body_limits.DEFAULT_BODY - 1_000)})
    assert answer.status_code != 413
