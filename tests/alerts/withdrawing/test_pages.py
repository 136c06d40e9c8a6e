"""An officer withdraws an alert by the pages or the API; the public reads that, and no more."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from alerts.composing.saving import find_alert
from alerts.draft import Wording
from alerts.models import AlertStatus
from alerts.releasing.follow_ups import close_alert, send_update
from alerts.releasing.publishing import publish_alert
from alerts.releasing.withdrawing import withdraw_alert
from database import current_database
from staff.permissions import Role
from tests.alerts.factories import (
    NORTH,
    SOUTH,
    Country,
    make_draft,
    make_officer,
    make_reader,
)
from tests.alerts.test_desk_loses_nothing import hidden
from tests.staff.factories import api_headers, make_staff, sign_in
from web.http.app import VarskoApp

pytestmark = pytest.mark.one_database

DESK, API = "/staff/alerts", "/api/v1/alerts"
WHY = "Det var en anden vej. Der er ingen fare."
WRONG = ["Indbrud på Søvej", "Burglary on Søvej", "hvid varevogn", "white van", "Bilen er grå"]
TEXTS = {
    "da": Wording("Indbrud på Søvej", "Har du set en hvid varevogn i nat?"),
    "en": Wording("Burglary on Søvej", "Did you see a white van last night?"),
}


def sign_in_at(app: VarskoApp, role: Role = Role.OFFICER, district: str = NORTH) -> FlaskClient:
    with current_database().unit_of_work() as session:
        staff = make_staff(session, [role], [district])
    return sign_in(app.test_client(), staff)


@pytest.fixture
def desk(app: VarskoApp, country: Country) -> FlaskClient:
    """A signed-in officer of the north."""
    return sign_in_at(app)


@pytest.fixture
def code(country: Country) -> str:
    """The code of an alert that is being sent, with an update."""
    with current_database().unit_of_work() as session:
        officer = make_officer(session)
        make_reader(session, country.p3400)
        alert = make_draft(session, country, officer, texts=TEXTS)
        publish_alert(session, officer, alert, f"key-{alert.code}")
        send_update(session, officer, alert, {"da": "Bilen er grå."}, "key-of-update")
        return alert.code


def withdraw(code: str, **bodies: str) -> None:
    """Withdraw it, as somebody else."""
    with current_database().unit_of_work() as session:
        officer = make_officer(session)
        withdraw_alert(
            session, officer, find_alert(session, code), {"da": WHY, **bodies}, "a-key-1"
        )


def state_of(code: str) -> tuple[AlertStatus, int]:
    """Its state, and how many releases it has."""
    with current_database().unit_of_work(writes=False) as session:
        alert = find_alert(session, code)
        return alert.status, len(alert.releases)


def test_an_officer_writes_reads_and_withdraws(desk: FlaskClient, code: str) -> None:
    assert f"{DESK}/{code}/withdraw" in desk.get(f"{DESK}/{code}").text
    address = f"{DESK}/{code}/withdraw"
    page = desk.get(address).text
    assert "Varslet bliver sendt, mens du skriver" in page
    assert f"{DESK}/{code}/pause" in page
    written = {**hidden(page), "text_da": WHY}
    check = desk.post(address, data=written)
    assert check.status_code == 200
    assert "Trukket tilbage: Indbrud på Søvej" in check.text
    assert WHY in check.text
    assert state_of(code) == (AlertStatus.SENDING, 2)
    fields = {**written, **hidden(check.text), "step": "send"}
    unread = desk.post(address, data=fields)
    assert unread.status_code == 422
    assert "Sæt kryds" in unread.text
    for _ in range(2):
        assert desk.post(address, data={**fields, "read": "true"}).location == f"{DESK}/{code}"
    assert state_of(code) == (AlertStatus.WITHDRAWN, 3)
    shown = desk.get(f"{DESK}/{code}").text
    assert "hvid varevogn" in shown, "the record keeps it"
    assert WHY in shown
    for step in ("update", "close", "withdraw", "cancel"):
        assert f"{DESK}/{code}/{step}" not in shown
        assert desk.get(f"{DESK}/{code}/{step}").location == f"{DESK}/{code}"
    assert f"/varsel/{code}" in shown
    assert code in desk.get(f"{DESK}?tab=ended").text
    assert code not in desk.get(f"{DESK}?tab=current").text


def test_the_public_reads_that_it_was_withdrawn_and_nothing_of_what_it_said(
    client: FlaskClient, code: str
) -> None:
    assert all(said in client.get(f"/varsel/{code}").text for said in (WRONG[0], WRONG[2]))
    withdraw(code, en="It was another road.")
    danish, english = client.get(f"/varsel/{code}"), client.get(f"/en/varsel/{code}")
    assert "Varslet er trukket tilbage" in danish.text
    assert WHY in danish.text
    assert "The alert has been withdrawn" in english.text
    assert "It was another road." in english.text
    assert "Set-Cookie" not in danish.headers
    assert f'href="/varsel/{code}/tip"' in danish.text
    everywhere = ["/", "/en/", *(
        f"{language}/varsel/{code}{page}"
        for language in ("", "/en")
        for page in ("", "/tip", "/tip/tak")
    )]  # fmt: skip
    for address in everywhere:
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert not [said for said in WRONG if said in answer.text], address
    front = client.get("/").text
    assert "Der er ingen aktuelle varsler" in front
    assert "Trukket tilbage: Vidner søges" in front
    assert f"/varsel/{code}" in front


def test_an_alert_that_was_closed_hides_its_end_as_well(client: FlaskClient, code: str) -> None:
    with current_database().unit_of_work() as session:
        officer = make_officer(session)
        alert = find_alert(session, code)
        alert.status = AlertStatus.ACTIVE
        close_alert(session, officer, alert, {"da": "Indbrudstyven er fundet."}, "key-of-closure")
    assert "Indbrudstyven" in client.get(f"/varsel/{code}").text
    withdraw(code)
    assert "Indbrudstyven" not in client.get(f"/varsel/{code}").text
    assert "In Danish only" in client.get(f"/en/varsel/{code}").text


def test_who_is_too_late_keeps_the_text(desk: FlaskClient, code: str) -> None:
    written = {**hidden(desk.get(f"{DESK}/{code}/withdraw").text), "text_da": "Gaden var forkert."}
    update = {**hidden(desk.get(f"{DESK}/{code}/update").text), "text_da": "Bilen er sort."}
    withdraw(code)
    for step, fields in (("withdraw", written), ("update", update)):
        late = desk.post(f"{DESK}/{code}/{step}", data={**fields, "step": "send", "read": "true"})
        assert late.status_code == 409, step
        assert "Teksten er ikke sendt" in late.text
        assert fields["text_da"] in late.text
    assert state_of(code) == (AlertStatus.WITHDRAWN, 3)


def test_a_grave_text_needs_a_reason(desk: FlaskClient, code: str) -> None:
    address = f"{DESK}/{code}/withdraw"
    written = {
        **hidden(desk.get(address).text),
        "text_da": "Det var ikke 010190-1234, vi søgte.",
        "step": "send",
        "read": "true",
    }
    refused = desk.post(address, data=written)
    assert refused.status_code == 422
    assert 'name="wording_reason"' in refused.text
    assert state_of(code)[0] is AlertStatus.SENDING
    reason = {"wording_reason": "Personen har selv bedt om det."}
    assert desk.post(address, data={**written, **reason}).status_code == 302
    assert state_of(code)[0] is AlertStatus.WITHDRAWN


@pytest.mark.parametrize("kind", ["withdraw", "update", "correct", "close"])
@pytest.mark.parametrize("read", [{}, {"read": "true"}])
@pytest.mark.parametrize("step", ["", "submit", "unapproved"])
def test_only_the_button_that_sends_sends(
    desk: FlaskClient, code: str, kind: str, step: str, read: dict[str, str]
) -> None:
    if kind != "withdraw" and step == "unapproved" and read:
        pytest.skip("that is a button that sends, and it was ticked")
    with current_database().unit_of_work() as session:
        find_alert(session, code).status = AlertStatus.ACTIVE
    written = {**hidden(desk.get(f"{DESK}/{code}/{kind}").text), "text_da": WHY}
    written |= {"title_da": "En anden vej"} if kind == "correct" else {}
    before = state_of(code)
    answer = desk.post(
        f"{DESK}/{code}/{kind}", data={**written, **read, "step": step, "reason": WHY}
    )
    assert answer.status_code in (200, 302, 422)
    assert state_of(code) == before
    if kind == "withdraw":
        assert answer.status_code == 200
        assert 'name="read"' in answer.text


@pytest.mark.parametrize(
    ("role", "district", "status"),
    [
        (Role.INVESTIGATOR, NORTH, 403),
        (Role.APPROVER, NORTH, 403),
        (Role.ADMINISTRATOR, NORTH, 403),
        (Role.OFFICER, SOUTH, 403),
        (Role.OFFICER, NORTH, 200),
    ],
)
def test_the_api_withdraws_for_an_officer_of_its_districts(
    app: VarskoApp, country: Country, code: str, role: Role, district: str, status: int
) -> None:
    client = sign_in_at(app, role, district)

    def post(key: str) -> Any:
        return client.post(
            f"{API}/{code}/withdraw",
            json={"texts": {"da": WHY}},
            headers={**api_headers(client), "Idempotency-Key": key},
        )

    answer = post("a-key-of-mine")
    assert answer.status_code == status, answer.text
    if status != 200:
        assert state_of(code)[0] is AlertStatus.SENDING
        return
    assert (answer.json["status"], answer.json["outcome"]) == ("withdrawn", "withdrawn")
    assert post("a-key-of-mine").json == answer.json
    again = post("another-key")
    assert (again.status_code, again.json["state"]) == (409, "withdrawn")
    record = (client.get(f"{API}/{code}").json or {})["releases"]
    assert [made["kind"] for made in record] == ["initial", "update", "withdrawal"]
    assert record[0]["texts"]["da"]["body"] == TEXTS["da"].body


def test_nobody_withdraws_what_is_not_out_by_its_page(
    desk: FlaskClient, country: Country, code: str
) -> None:
    with current_database().unit_of_work() as session:
        officer = make_officer(session)
        draft = make_draft(session, country, officer).code
    assert desk.get(f"{DESK}/{draft}/withdraw").location == f"{DESK}/{draft}"
    written = {**hidden(desk.get(f"{DESK}/{code}/withdraw").text), "text_da": WHY}
    answer = desk.post(f"{DESK}/{draft}/withdraw", data={**written, "step": "send", "read": "true"})
    assert answer.status_code == 409
    assert WHY in answer.text
    assert state_of(draft) == (AlertStatus.DRAFT, 0)
