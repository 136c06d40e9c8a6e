"""Roles and what they may do: the table, and the rule of a route."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from database import current_database
from staff.access import requires
from staff.actor import Actor, NotAllowed, require_districts, require_permission
from staff.permissions import ROLES, Permission, Role
from tests.staff.factories import api_headers, csrf_token, make_staff, sign_in
from web.http.app import VarskoApp

pytestmark = pytest.mark.one_database

ALLOWED = {
    Role.OFFICER: {
        "alert.read",
        "alert.compose",
        "alert.publish",
        "alert.publish_unapproved",
        "alert.close",
        "alert.stop",
    },
    Role.APPROVER: {"alert.read", "alert.approve"},
    Role.INVESTIGATOR: {"alert.read", "tip.read", "tip.review", "tip.move"},
    Role.ADMINISTRATOR: {"case.correct", "staff.manage", "audit.read", "area.manage"},
}
"""The table once more, by hand: a change to it has to be meant."""


def actor(*roles: Role, districts: frozenset[str] = frozenset()) -> Actor:
    return Actor(1, "Olga", frozenset(roles), districts)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("permission", Permission)
def test_a_role_may_what_the_table_says_and_nothing_else(
    role: Role, permission: Permission
) -> None:
    may = permission.value in ALLOWED[role]
    assert actor(role).may(permission) is may
    assert (permission in role.row.permissions) is may
    if may:
        require_permission(actor(role), permission)
    else:
        with pytest.raises(NotAllowed):
            require_permission(actor(role), permission)


def test_every_role_has_a_row() -> None:
    assert set(ROLES) == set(Role)
    assert set(ALLOWED) == set(Role), "say in ALLOWED what the new role may do"


def test_several_roles_add_up() -> None:
    both = actor(Role.OFFICER, Role.INVESTIGATOR)
    assert both.may(Permission.ALERT_PUBLISH)
    assert both.may(Permission.TIP_READ)
    assert not both.may(Permission.STAFF_MANAGE)


def test_every_permission_belongs_to_somebody() -> None:
    assert frozenset().union(*(role.row.permissions for role in Role)) == frozenset(Permission)


def test_an_alert_is_covered_when_all_its_districts_are_the_officers() -> None:
    officer = actor(Role.OFFICER, districts=frozenset({"0900", "1900"}))
    assert officer.covers(["0900"])
    assert officer.covers({"0900", "1900"})
    assert not officer.covers(["0900", "0100"])
    require_districts(officer, ["1900"])
    with pytest.raises(NotAllowed):
        require_districts(officer, ["0100"])


def test_what_lies_in_no_district_is_covered_by_nobody() -> None:
    assert not actor(Role.OFFICER, districts=frozenset({"0900"})).covers([])


def test_an_administrator_without_districts_covers_none() -> None:
    assert not actor(Role.ADMINISTRATOR).covers(["0900"])
    assert not actor(Role.ADMINISTRATOR).overlaps(["0900"])


def test_one_shared_district_is_an_overlap() -> None:
    officer = actor(Role.OFFICER, districts=frozenset({"0900"}))
    assert officer.overlaps(["0100", "0900"])
    assert not officer.overlaps(["0100"])
    assert not officer.overlaps([])


def add_one_route_per_permission(app: VarskoApp) -> None:
    for permission in Permission:

        def view() -> str:
            return "fine"

        guarded = requires(permission)(view)
        app.add_url_rule(f"/api/v1/may/{permission}", f"may.{permission}", guarded)
        app.add_url_rule(f"/staff/may/{permission}", f"page.{permission}", guarded)


@pytest.mark.parametrize("role", Role)
def test_routes_let_in_whom_the_table_lets(app: VarskoApp, role: Role) -> None:
    add_one_route_per_permission(app)
    with current_database().unit_of_work() as session:
        staff = make_staff(session, [role])
    client = sign_in(app.test_client(), staff)
    for permission in Permission:
        expected = 200 if permission.value in ALLOWED[role] else 403
        assert client.get(f"/staff/may/{permission}").status_code == expected, permission
        answer = client.get(f"/api/v1/may/{permission}")
        assert answer.status_code == expected, permission
        if expected == 403:
            assert answer.content_type == "application/problem+json"
            assert answer.json
            assert answer.json["type"] == "urn:varsko:problem:not-allowed"


def test_roles_taken_away_are_gone_at_the_next_request(app: VarskoApp, client: FlaskClient) -> None:
    with current_database().unit_of_work() as session:
        staff = make_staff(session, [Role.OFFICER, Role.ADMINISTRATOR])
    sign_in(client, staff)
    assert client.get("/staff/audit").status_code == 200
    with current_database().unit_of_work() as session:
        found = session.get(type(staff), staff.id)
        assert found is not None
        found.roles = [granted for granted in found.roles if granted.role == Role.OFFICER]
    assert client.get("/staff/audit").status_code == 403


def test_who_signed_in_again_elsewhere_loses_nothing_they_wrote(
    app: VarskoApp, desk: FlaskClient
) -> None:
    old = csrf_token(desk.get("/staff/accounts/new"))
    assert desk.post("/staff/logout", data={"csrf_token": old}).status_code == 302
    with current_database().unit_of_work() as session:
        again = make_staff(session, [Role.ADMINISTRATOR])
    sign_in(desk, again)
    written = {"name": "Karen Kollega", "email": "", "csrf_token": old}
    own = {"Sec-Fetch-Site": "same-origin"}
    page = desk.post("/staff/accounts/new", data=written, headers=own)
    assert page.status_code == 400
    assert 'action="/staff/accounts/new"' in page.text
    assert 'name="name" value="Karen Kollega"' in page.text
    written["csrf_token"] = csrf_token(page)
    taken = desk.post("/staff/accounts/new", data=written, headers=own)
    assert taken.status_code == 422
    assert 'value="Karen Kollega"' in taken.text
    written["csrf_token"] = old
    for origin in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):
        forged = desk.post("/staff/accounts/new", data=written, headers=origin)
        assert forged.status_code == 400
        assert "Karen Kollega" not in forged.text


def test_changes_need_the_csrf_token_in_the_form_or_the_header(desk: FlaskClient) -> None:
    wrong: dict[str, str] = {"name": "", "email": "", "roles": ""}
    assert desk.post("/staff/accounts/new", data=wrong).status_code == 400
    with_token = desk.post("/staff/accounts/new", data=wrong, headers=api_headers(desk))
    assert with_token.status_code == 422
