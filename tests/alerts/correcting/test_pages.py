"""An officer corrects an alert by the pages or the API; the public reads the new text alone."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from alerts.composing.saving import find_alert
from alerts.models import AlertStatus
from alerts.releasing.publishing import publish_alert
from database import current_database
from staff.permissions import Role
from tests.alerts.factories import NORTH, SOUTH, Country, make_draft, make_officer, make_reader
from tests.alerts.test_desk_loses_nothing import hidden
from tests.staff.factories import api_headers, make_staff, sign_in
from web.http.app import VarskoApp

pytestmark = pytest.mark.one_database

DESK, API = "/staff/alerts", "/api/v1/alerts"
RIGHT = {"title_da": "Indbrud på Åvej", "text_da": "Har du set en grå bil i nat?"}


def sign_in_at(app: VarskoApp, role: Role = Role.OFFICER, district: str = NORTH) -> FlaskClient:
    with current_database().unit_of_work() as session:
        staff = make_staff(session, [role], [district])
    return sign_in(app.test_client(), staff)


@pytest.fixture
def code(country: Country) -> str:
    """The code of an alert that is being sent."""
    with current_database().unit_of_work() as session:
        officer = make_officer(session)
        make_reader(session, country.p3400)
        alert = make_draft(session, country, officer)
        return publish_alert(session, officer, alert, f"key-{alert.code}").code


def releases(code: str) -> int:
    with current_database().unit_of_work(writes=False) as session:
        return len(find_alert(session, code).releases)


def test_an_officer_corrects_and_the_public_reads_that(
    app: VarskoApp, country: Country, client: FlaskClient, code: str
) -> None:
    desk, address = sign_in_at(app), f"{DESK}/{code}/correct"
    assert address in desk.get(f"{DESK}/{code}").text
    page = desk.get(address).text
    assert 'value="Indbrud på Søvej"' in page, "it begins with what is to be corrected"
    assert "Har du set en hvid varevogn i nat?" in page
    written = {**hidden(page), **RIGHT}
    untitled = desk.post(address, data={**written, "title_da": ""})
    assert untitled.status_code == 422
    assert "Skriv en titel." in untitled.text
    check = desk.post(address, data=written)
    assert check.status_code == 200, check.text
    assert "Rettelse: Indbrud på Åvej" in check.text
    assert releases(code) == 1
    fields = {**written, **hidden(check.text), **RIGHT, "step": "send"}
    assert desk.post(address, data=fields).status_code == 422
    changed = desk.post(address, data={**fields, "step": "write"}).text
    assert 'value="Indbrud på Åvej"' in changed
    for _ in range(2):
        sent = desk.post(address, data={**fields, "read": "true"})
        assert sent.location == f"{DESK}/{code}"
    assert releases(code) == 2
    for public in ("/", f"/varsel/{code}", f"/varsel/{code}/tip"):
        shown = client.get(public).text
        assert "Indbrud på Åvej" in shown, public
        assert "Søvej" not in shown, public
        assert "hvid varevogn" not in shown, public
    assert "Rettet " in client.get(f"/varsel/{code}").text
    assert "Indbrud på Søvej" in desk.get(f"{DESK}/{code}").text, "the record"


def test_what_was_corrected_is_not_called_the_original_when_it_is_over(
    app: VarskoApp, country: Country, client: FlaskClient, code: str
) -> None:
    desk, address = sign_in_at(app), f"{DESK}/{code}/correct"
    with current_database().unit_of_work() as session:
        find_alert(session, code).status = AlertStatus.ACTIVE
    for step, said in (("correct", RIGHT), ("close", {"text_da": "Det er opklaret."})):
        address = f"{DESK}/{code}/{step}"
        fields = {**hidden(desk.get(address).text), **said, "step": "send", "read": "true"}
        assert desk.post(address, data=fields).status_code == 302
    shown = client.get(f"/varsel/{code}").text
    assert "Sådan endte det" in shown
    assert "Det oprindelige varsel" not in shown
    assert "<summary>Varslet</summary>" in shown
    assert "Rettet " in shown


@pytest.mark.parametrize(
    ("role", "district", "status"),
    [
        (Role.INVESTIGATOR, NORTH, 403),
        (Role.APPROVER, NORTH, 403),
        (Role.OFFICER, SOUTH, 403),
        (Role.OFFICER, NORTH, 201),
    ],
)
def test_the_api_corrects_for_an_officer_of_its_districts(
    app: VarskoApp, country: Country, code: str, role: Role, district: str, status: int
) -> None:
    client = sign_in_at(app, role, district)
    texts = {"da": {"title": RIGHT["title_da"], "body": RIGHT["text_da"]}}
    headers = {**api_headers(client), "Idempotency-Key": "a-key-of-mine"}
    for _ in range(2):
        answer = client.post(f"{API}/{code}/corrections", json={"texts": texts}, headers=headers)
        assert answer.status_code == status, answer.text
    assert releases(code) == (2 if status == 201 else 1)
