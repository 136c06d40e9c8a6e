"""Input that no person types: huge numbers, deep nesting, broken letters. It gets a clear 4xx."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient

from database import current_database
from staff.permissions import Role
from tests.alerts.factories import NORTH, Country, make_country
from tests.alerts.test_api import a_body
from tests.staff.factories import api_headers, make_staff, sign_in
from web.http.app import VarskoApp

HUGE = "9" * 30
HUGER = "9" * 5_000
"""More digits than Python converts."""
ROLES = list(Role)


@pytest.fixture
def country(app: VarskoApp) -> Country:
    """Two districts, two municipalities, three postcodes."""
    with current_database().unit_of_work() as session:
        return make_country(session)


@pytest.fixture
def insider(app: VarskoApp, country: Country) -> FlaskClient:
    """Somebody with every role."""
    with current_database().unit_of_work() as session:
        staff = make_staff(session, ROLES, [NORTH])
    return sign_in(app.test_client(), staff)


def number_routes(app: VarskoApp) -> list[tuple[str, str]]:
    """Method and path of every route with a number in it, the number huge."""
    found: list[tuple[str, str]] = []
    for rule in app.url_map.iter_rules():
        if "<int:" not in rule.rule:
            continue
        path = re.sub(r"<int:[^>]+>", HUGE, rule.rule)
        path = re.sub(r"<[^>]+>", "x", path)
        found += [(method, path) for method in rule.methods or () if method in {"GET", "POST"}]
    return found


def test_no_route_breaks_on_a_huge_number(app: VarskoApp, insider: FlaskClient) -> None:
    headers = api_headers(insider)
    routes = number_routes(app)
    assert len(routes) > 10
    answers = {
        (method, path): insider.open(path, method=method, headers=headers).status_code
        for method, path in routes
    }
    assert {route: status for route, status in answers.items() if not 400 <= status < 500} == {}


QUERIES = [
    ("/api/v1/alerts", "limit"),
    ("/api/v1/areas", "limit"),
    ("/staff/audit", "who"),
    ("/staff/audit", "before"),
    ("/staff/tips/unassigned", "page"),
]
NUMBERS = [HUGE, HUGER, "-" + HUGE, "1e400", "1_0"]


@pytest.mark.parametrize("number", NUMBERS, ids=range(len(NUMBERS)))
@pytest.mark.parametrize(("path", "name"), QUERIES)
def test_no_query_breaks_on_a_huge_number(
    insider: FlaskClient, path: str, name: str, number: str
) -> None:
    assert insider.get(path, query_string={"q": "3400", name: 1}).status_code < 400
    status = insider.get(path, query_string={"q": "3400", name: number}).status_code
    assert status in {200, 302, 422}, status


BODIES = {
    "deep lists": b"[" * 30_000,
    "deep objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "closed deep lists": b'{"kind":' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    "huge number": b'{"kind": ' + HUGER.encode() + b"}",
    "not UTF-8": b'{"kind": "\xff\xfe"}',
    "nothing": b"",
    "a text": b'"text"',
    "infinite": b'{"kind": NaN, "severity": Infinity}',
}


@pytest.mark.parametrize("name", BODIES)
def test_json_that_cannot_be_read_is_refused(insider: FlaskClient, name: str) -> None:
    headers = {**api_headers(insider), "Content-Type": "application/json"}
    answer = insider.post("/api/v1/alerts", data=BODIES[name], headers=headers)
    assert 400 <= answer.status_code < 500
    problem: Any = answer.get_json()
    assert problem["detail"] or problem["errors"]


DEEP: Any = []
for _level in range(200):
    DEEP = [DEEP]
TARGETS: dict[str, Any] = {
    "huge area": {"area_ids": [int(HUGE)]},
    "many areas": {"area_ids": [1] * 30_000},
    "many names": {"areas": ["postcode:3400"] * 3_000},
    "a name as long as the body": {"areas": ["a" * 50_000]},
    "deep shape": {"shape": {"type": "Polygon", "coordinates": DEEP}},
    "deep type": {"shape": {"type": DEEP, "coordinates": []}},
    "huge coordinates": {"shape": {"type": "Polygon", "coordinates": [[[1e308, int(HUGE)]] * 5]}},
    "huge radius": {"centre": [12, 55], "radius_m": int(HUGE)},
    "infinite radius": {"centre": [12, 55], "radius_m": 1e999},
    "surrogates": {"areas": ["postcode:\ud800"]},
}


@pytest.mark.parametrize("name", TARGETS)
def test_targets_that_make_no_sense_are_refused(insider: FlaskClient, name: str) -> None:
    answer = insider.post(
        "/api/v1/alerts", json=a_body(target=TARGETS[name]), headers=api_headers(insider)
    )
    assert answer.status_code in {413, 422}, answer.text
    assert answer.get_json()["errors"] or answer.get_json()["detail"]


BROKEN = "Ind\ud800brud\x00\x1b\u202e \u200d\u2013\u00a0S\u00f8\udfff"
CLEANED = "Ind\ufffdbrud - S\u00f8\ufffd"


def test_broken_letters_are_cleaned_and_the_rest_is_kept(
    insider: FlaskClient, country: Country
) -> None:
    texts = {"da": {"title": BROKEN, "body": BROKEN}}
    answer = insider.post(
        "/api/v1/alerts",
        json=a_body(kind="area_alert", case_reference=None, texts=texts,
                    target={"area_ids": [country.p3400]}),
        headers=api_headers(insider),
    )  # fmt: skip
    assert answer.status_code == 201, answer.text
    made: Any = answer.get_json()
    assert made["texts"]["da"] == {"title": CLEANED, "body": CLEANED}
    insider.get(f"/staff/alerts/{made['code']}/preview")


STRANGE = ["\x00", "\ud800", "a" * 60_000, "\ufdfa" * 3_000, "\u202e" * 3_000, HUGE]
STRANGE_NAMES = ["nul", "surrogate", "long", "grows", "invisible", "huge"]
FIELDS = ("phone", "email", "places", "area", "password", "language", "consent", "code")


@pytest.mark.parametrize("path", ["/tilmeld", "/staff/login"])
@pytest.mark.parametrize("strange", STRANGE, ids=STRANGE_NAMES)
def test_no_form_breaks_on_strange_values(app: VarskoApp, path: str, strange: str) -> None:
    whole = {"phone": "20 99 90 02", "places": "3400", "language": "da", "consent": "true"}
    for name in FIELDS:
        body = urlencode({**whole, name: strange.encode("utf-8", "surrogatepass")})
        answer = app.test_client().post(
            path, data=body, content_type="application/x-www-form-urlencoded"
        )
        assert answer.status_code < 500, name


@pytest.mark.parametrize(
    "typed",
    [
        "\u202d20 99 90 02\u202c",
        "20\u201199\u201390\u2014\u06f0\u06f2",
        "\uff12\uff10999002",
        "\u200b20999002\ufeff",
    ],
)
def test_a_number_is_read_however_it_was_copied(
    client: FlaskClient, country: Country, typed: str
) -> None:
    form = {"phone": typed, "places": "3400", "language": "da", "consent": "true"}
    answer = client.post("/tilmeld", data=form)
    assert answer.status_code == 303
