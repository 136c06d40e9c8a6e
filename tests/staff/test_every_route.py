"""Every route of the whole service says who may call it, and holds to it."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from tests.apps import close_app
from tests.settings import make_config
from web.http.access import Signed, UndeclaredRoute, rule_of
from web.http.app import VarskoApp
from web.problems.responses import MACHINE_PATHS
from wsgi import create_app

pytestmark = pytest.mark.one_database

EXAMPLES = {"int": "1", "float": "1.5", "uuid": "00000000-0000-0000-0000-000000000000"}


def signed_routes(app: Flask) -> list[tuple[Rule, str]]:
    """Every route for staff, with each of its methods."""
    return [
        (rule, method)
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        if isinstance(rule_of(app.view_functions[rule.endpoint]), Signed)
    ]


def address_of(app: Flask, rule: Rule) -> str:
    """An address that the rule matches."""
    values = {
        name: converter.to_python(EXAMPLES.get(_kind(rule, name), "x"))
        for name, converter in rule._converters.items()
    }
    with app.test_request_context():
        built = app.url_map.bind("varsko.test").build(rule.endpoint, values)
    return str(built)


def _kind(rule: Rule, name: str) -> str:
    return (
        type(rule._converters[name])
        .__name__.removesuffix("Converter")
        .lower()
        .replace("integer", "int")
        .replace("rowid", "int")
    )


def test_every_route_declares_its_rule(app: VarskoApp) -> None:
    bare = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule_of(app.view_functions[rule.endpoint]) is None
    ]
    assert bare == []


def test_a_route_without_a_rule_keeps_the_app_from_starting(sqlite_url: str) -> None:
    app = create_app(make_config(database_url=sqlite_url))
    app.add_url_rule("/bare", "bare", lambda: "anybody?")
    with pytest.raises(UndeclaredRoute, match="/bare"):
        app.test_client().get("/")
    close_app(app)


def test_nobody_reaches_a_route_for_staff_without_signing_in(
    app: VarskoApp, client: FlaskClient
) -> None:
    routes = signed_routes(app)
    assert len(routes) > 10
    for rule, method in routes:
        address = address_of(app, rule)
        answer = client.open(address, method=method)
        where = f"{method} {address}"
        if address.startswith(MACHINE_PATHS):
            assert answer.status_code == 401, where
            assert answer.content_type == "application/problem+json", where
        else:
            assert answer.status_code == 302, where
            assert answer.location.startswith("/staff/login"), where


def test_staff_routes_live_under_staff_or_the_api(app: VarskoApp) -> None:
    astray = [
        rule.rule
        for rule, _method in signed_routes(app)
        if not rule.rule.startswith(("/staff/", "/api/v1/"))
    ]
    assert astray == []


def test_unwanted_routes_of_the_library_do_not_answer(client: FlaskClient) -> None:
    for address in (
        "/staff/two-factor/rescue",
        "/staff/two-factor/select",
        "/register",
        "/reset",
        "/staff/register",
        "/fs-static/js/webauthn.js",
    ):
        assert client.get(address).status_code == 404, address


def test_signing_in_gives_programs_no_token(client: FlaskClient) -> None:
    answer = client.get("/staff/login?include_auth_token", headers={"Accept": "application/json"})
    assert answer.content_type.startswith("text/html")
    refused = client.get("/staff/", headers={"Authentication-Token": "anything"})
    assert refused.status_code == 302


def test_a_part_of_a_page_asks_for_the_sign_in_and_leaves_the_page(client: FlaskClient) -> None:
    answer = client.get("/staff/profile", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.headers["HX-Trigger"] == "signed-out"
    assert "HX-Redirect" not in answer.headers


def test_pages_of_the_sign_in_are_not_stored(client: FlaskClient) -> None:
    for address in ("/staff/login", "/staff/two-factor", "/staff/verify"):
        assert client.get(address).headers["Cache-Control"] == "no-store", address


def test_pages_for_anybody_look_at_no_cookie(app: VarskoApp, desk: FlaskClient) -> None:
    for address in ("/", "/static/varsko.css"):
        with desk.get(address) as answer:
            assert answer.status_code == 200, address
            assert "Set-Cookie" not in answer.headers, address
            assert "Cookie" not in answer.headers.get("Vary", ""), address
