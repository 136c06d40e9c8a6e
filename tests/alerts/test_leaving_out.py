"""What a draft only grazes is shown, and left out or taken in again by one press."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from alerts.composing.leaving_out import leave_out_area, take_in_area
from alerts.composing.saving import find_alert
from alerts.draft import AlertDraft
from alerts.errors import DraftChanged
from alerts.releasing.preview import preview
from areas.errors import TargetError
from areas.targets.input import parse_target
from database import current_database
from staff.actor import Actor
from staff.permissions import Role
from tests.alerts.factories import NORTH, SOUTH, Country, make_draft, make_reader
from tests.alerts.test_two_change_one_draft import form_of
from tests.areas.factories import square
from tests.staff.factories import api_headers, make_staff, sign_in, submit
from web.http.app import VarskoApp

DESK = "/staff/alerts"
EDGE = square(12.25, 55.895, 0.1, 0.05)
"""Most of it in 3400 Hillerød; a tenth of 3480 Fredensborg lies in it."""
FIELD = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')


def fingerprint(alert: Any) -> str:
    return AlertDraft.of(alert).fingerprint()


@pytest.fixture
def code(session: Session, country: Country, officer: Actor) -> str:
    """A draft that grazes 3480, with two readers there and one in 3400."""
    for area in (country.p3400, country.p3480, country.p3480):
        make_reader(session, area)
    alert = make_draft(session, country, officer, target={"shape": EDGE})
    session.commit()
    return alert.code


def test_the_preview_says_what_is_grazed(
    session: Session, country: Country, officer: Actor, code: str
) -> None:
    seen = preview(session, officer, find_alert(session, code))
    assert [(area.place.id, area.followers, area.is_grazed) for area in seen.areas] == [
        (country.p3480, 2, True), (country.p3400, 1, False),
    ]  # fmt: skip
    assert seen.areas[0].inside.share == pytest.approx(0.05, abs=0.001)


def test_only_those_who_follow_nothing_else_are_left_out_until_it_is_undone(
    session: Session, country: Country, officer: Actor, code: str
) -> None:
    alert = find_alert(session, code)
    before = fingerprint(alert)
    leave_out_area(session, officer, alert, country.p3480, seen=before)
    assert fingerprint(alert) != before
    seen = preview(session, officer, alert)
    assert (seen.recipients, [(group.reason, group.number) for group in seen.left_out]) == (
        1, [("area", 2)],
    )  # fmt: skip
    take_in_area(session, officer, alert, country.p3480, seen=fingerprint(alert))
    assert fingerprint(alert) == before
    assert preview(session, officer, alert).recipients == 3


def test_a_draft_that_was_changed_meanwhile_is_left_as_it_is(
    session: Session, country: Country, officer: Actor, code: str
) -> None:
    alert = find_alert(session, code)
    with pytest.raises(DraftChanged):
        leave_out_area(session, officer, alert, country.p3480, seen="an older one")


def test_what_is_named_cannot_be_left_out_and_what_is_not_touched_needs_not(
    session: Session, country: Country
) -> None:
    given = {"area_ids": [country.p3400], "left_out_ids": [country.p3400]}
    with pytest.raises(TargetError) as refused:
        parse_target(session, given)
    assert "3400 Hillerød er selv valgt" in refused.value.fields["left_out_ids"][0]
    with pytest.raises(TargetError):
        parse_target(session, {"area_ids": [country.p3400], "left_out_ids": [999_999]})
    ids = [country.north, country.p4600, country.hilleroed]
    kept = parse_target(session, {"area_ids": [country.p3400], "left_out_ids": ids})
    assert kept.left_out_ids == (country.north, country.hilleroed)


# --- The page ----------------------------------------------------------------------------


@pytest.fixture
def desk(app: VarskoApp, country: Country) -> FlaskClient:
    """A signed-in officer of the north."""
    with current_database().unit_of_work() as session:
        staff = make_staff(session, [Role.OFFICER], [NORTH])
    return sign_in(app.test_client(), staff)


def press(client: FlaskClient, code: str, route: str, number: int = 0) -> TestResponse:
    """Press the button of this route on the page that is read before sending."""
    page = client.get(f"{DESK}/{code}/preview").text
    forms = re.findall(rf'<form[^>]*action="[^"]*/{route}">(.*?)</form>', page, re.DOTALL)
    assert forms, f"the page has no button for {route}"
    return client.post(f"{DESK}/{code}/{route}", data=dict(FIELD.findall(forms[number])))


@pytest.mark.one_database
def test_one_press_leaves_it_out_and_another_takes_it_in(desk: FlaskClient, code: str) -> None:
    page = desk.get(f"{DESK}/{code}/preview").text
    assert "Kun strejfet" in page
    assert re.search(r"5\s*%", page)
    assert press(desk, code, "leave-out").location.endswith(f"/{code}/preview#reached")
    page = desk.get(f"{DESK}/{code}/preview").text
    assert "2 får det ikke: de følger kun områder, der er udeladt." in page
    assert press(desk, code, "take-in").status_code == 302
    assert "får det ikke" not in desk.get(f"{DESK}/{code}/preview").text


@pytest.mark.one_database
def test_what_is_left_out_stays_so_until_the_ground_is_another(
    desk: FlaskClient, code: str, country: Country
) -> None:
    press(desk, code, "leave-out")
    edit = f"{DESK}/{code}/edit"
    page = desk.get(edit).text
    shape = re.search(r'name="shape"[^>]*>\s*(.*?)</textarea>', page, re.DOTALL)
    assert shape
    typed = {
        "kind": "area_alert", "severity": "minor", "where": "shape", "when": "now",
        "title_da": "En anden titel", "body_da": "En anden tekst", "version": _version(page),
    }  # fmt: skip
    drawn = shape[1].replace("&#34;", '"')
    submit(desk, edit, {**typed, "shape": drawn})
    assert "Tag med igen" in desk.get(f"{DESK}/{code}/preview").text
    version = _version(desk.get(edit).text)
    kept = submit(
        desk, edit, {**typed, "shape": drawn.replace("12.25", "12.26"), "version": version}
    )
    page = desk.get(kept.location).text
    assert "Ingen er udeladt mere" in page
    assert "Tag med igen" not in page
    assert "Ingen er udeladt mere" not in desk.get(f"{DESK}/{code}/preview").text


@pytest.mark.one_database
def test_who_writes_meanwhile_is_told_that_an_area_was_left_out(
    desk: FlaskClient, code: str
) -> None:
    edit = f"{DESK}/{code}/edit"
    opened = form_of(desk.get(edit).text)
    press(desk, code, "leave-out")
    late = desk.post(edit, data={**opened, "title_da": "En anden titel"})
    assert late.status_code == 409
    assert re.findall(r"<li><strong>([^<]*):</strong>", late.text) == ["Områder"]
    assert desk.post(edit, data=form_of(late.text)).status_code == 302
    assert "Tag med igen" in desk.get(f"{DESK}/{code}/preview").text


def _version(page: str) -> str:
    found = re.search(r'name="version" value="([^"]+)"', page)
    assert found
    return found[1]


@pytest.mark.one_database
def test_who_may_not_write_it_has_no_button_and_is_refused(
    app: VarskoApp, country: Country, code: str
) -> None:
    with current_database().unit_of_work() as session:
        seen = fingerprint(find_alert(session, code))
        approver = make_staff(session, [Role.APPROVER], [NORTH])
        stranger = make_staff(session, [Role.OFFICER], [SOUTH])
    for staff, status in ((approver, 403), (stranger, 404)):
        client = sign_in(app.test_client(), staff)
        page = client.get(f"{DESK}/{code}/preview").text
        assert "/leave-out" not in page
        token = dict(FIELD.findall(client.get("/staff/profile").text))["csrf_token"]
        data = {"csrf_token": token, "fingerprint": seen, "area": country.p3480}
        assert client.post(f"{DESK}/{code}/leave-out", data=data).status_code == status
    with current_database().unit_of_work() as session:
        assert fingerprint(find_alert(session, code)) == seen


@pytest.mark.one_database
def test_the_api_shows_and_takes_it(desk: FlaskClient, code: str, country: Country) -> None:
    address = f"/api/v1/alerts/{code}"
    target = {**desk.get(address).get_json()["target"], "left_out_ids": [country.p3480]}
    told = desk.patch(address, json={"target": target}, headers=api_headers(desk))
    assert told.get_json()["target"]["left_out_ids"] == [country.p3480]
    seen = desk.get(f"{address}/preview").get_json()
    assert seen["recipients"] == 1
    first = seen["areas"][0]
    assert (first["id"], first["title"], first["followers"]) == (
        country.p3480,
        "3480 Fredensborg",
        2,
    )
    assert (first["is_left_out"], first["is_grazed"], first["is_named"]) == (True, True, False)


@pytest.mark.one_database
def test_the_page_of_the_sent_alert_says_who_was_left_out_and_the_public_s_does_not(
    desk: FlaskClient, code: str
) -> None:
    press(desk, code, "leave-out")
    page = desk.get(f"{DESK}/{code}/preview").text
    assert desk.post(
        f"{DESK}/{code}/publish", data={**dict(FIELD.findall(page)), "read": "true"}
    ).status_code == 302  # fmt: skip
    assert "Udeladt" in desk.get(f"{DESK}/{code}").text
    assert "3480 Fredensborg" in desk.get(f"{DESK}/{code}").text
    assert "Udeladt" not in desk.get(f"/varsel/{code}").text
