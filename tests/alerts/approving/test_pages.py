"""Approval on the desk and through the API: two officers and an approver."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from alerts.composing.saving import find_alert
from alerts.models import Alert, AlertStatus
from database import current_database
from staff.permissions import Role
from tests.alerts.factories import NORTH, SOUTH, Country, make_reader
from tests.staff.factories import api_headers, make_staff, sign_in
from web.http.app import VarskoApp

pytestmark = [pytest.mark.one_database, pytest.mark.usefixtures("always")]

DESK, API = "/staff/alerts", "/api/v1/alerts"
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')
SignIn = Callable[..., FlaskClient]


@pytest.fixture
def signed_in(app: VarskoApp, country: Country) -> SignIn:
    """Somebody of the north with these roles, signed in."""
    with current_database().unit_of_work() as session:
        make_reader(session, country.p3400)

    def make(*roles: Role, name: str = "", districts: list[str] | None = None) -> FlaskClient:
        with current_database().unit_of_work() as session:
            staff = make_staff(session, roles, districts or [NORTH], name=name)
        return sign_in(app.test_client(), staff)

    return make


@pytest.fixture
def author(signed_in: SignIn) -> FlaskClient:
    return signed_in(Role.OFFICER, name="Olga Officer")


@pytest.fixture
def approver(signed_in: SignIn) -> FlaskClient:
    return signed_in(Role.APPROVER, name="Gerda Godkender")


@pytest.fixture
def code(country: Country, author: FlaskClient) -> str:
    """The author's draft."""
    headers = api_headers(author)
    made = author.post(
        API,
        headers=headers,
        json={
            "kind": "witness_appeal",
            "case_reference": "0900-10161-00018-24",
            "target": {"area_ids": [country.p3400]},
            "texts": {"da": {"title": "Indbrud på Søvej", "body": "Har du set en varevogn?"}},
        },
    )
    assert made.status_code == 201, made.text
    assert made.json
    return str(made.json["code"])


def press(client: FlaskClient, code: str, step: str, **typed: str) -> TestResponse:
    """Open the page that is read before sending, and press one of its buttons."""
    page = client.get(f"{DESK}/{code}/preview")
    assert f"/{code}/{step}" in page.text, f"no button to {step}"
    return client.post(f"{DESK}/{code}/{step}", data={**dict(HIDDEN.findall(page.text)), **typed})


def status_of(code: str) -> AlertStatus:
    with current_database().unit_of_work() as session:
        return find_alert(session, code).status


def test_an_alert_is_written_returned_approved_and_sent(
    author: FlaskClient, approver: FlaskClient, code: str
) -> None:
    page = author.get(f"{DESK}/{code}/preview").text
    assert "Det når mere end 0 modtagere" in page
    assert "Send nu" not in page
    refused = author.post(
        f"{DESK}/{code}/publish", data={**dict(HIDDEN.findall(page)), "read": "true"}
    )
    assert refused.status_code == 409
    assert "En anden skal godkende det" in refused.text
    assert press(author, code, "submit", comment="Haster").status_code == 302
    home = approver.get("/staff/").text
    assert "Venter på dig" in home
    assert "Indbrud på Søvej" in home
    unread = press(approver, code, "approve")
    assert unread.status_code == 422
    assert "Sæt kryds" in unread.text
    silent = press(approver, code, "return", comment=" ")
    assert silent.status_code == 422
    assert "Skriv, hvad der skal ændres" in silent.text
    assert press(approver, code, "return", comment="Hvilken farve?").status_code == 302
    home = author.get("/staff/").text
    assert "Sendt retur af Gerda Godkender" in home
    assert "Hvilken farve?" in home
    assert "Hvilken farve?" in author.get(f"{DESK}/{code}/preview").text
    changed = author.patch(
        f"{API}/{code}",
        headers=api_headers(author),
        json={"texts": {"da": {"title": "Indbrud på Søvej", "body": "En rød varevogn?"}}},
    )
    assert changed.json
    assert changed.json["status"] == "draft"
    press(author, code, "submit")
    assert "Se efter igen: titel og tekst." in approver.get(f"{DESK}/{code}/preview").text
    assert press(approver, code, "approve", read="true").status_code == 302
    assert "Venter på dig" not in approver.get("/staff/").text
    assert "Godkendt af Gerda Godkender" in author.get("/staff/").text
    assert press(author, code, "publish", read="true").status_code == 302
    shown = author.get(f"{DESK}/{code}").text
    assert "Sendes nu" in shown
    assert "Godkendt af Gerda Godkender" in shown


def test_what_an_approver_says_is_kept_and_shown(
    author: FlaskClient, approver: FlaskClient, code: str
) -> None:
    press(author, code, "submit")
    page = approver.get(f"{DESK}/{code}/preview").text
    assert f"/{code}/edit" not in page, "no way into a page that an approver may not open"
    said = "Fint, men husk at afslutte"
    assert press(approver, code, "approve", read="true", comment=said).status_code == 302
    for reader in (author, approver):
        assert reader.get(f"{DESK}/{code}/preview").text.count(said) == 2


@pytest.mark.parametrize("step", ["reject", "cancel"])
def test_what_was_never_sent_shows_its_text_and_claims_nothing(
    author: FlaskClient, approver: FlaskClient, code: str, step: str
) -> None:
    if step == "reject":
        press(author, code, "submit")
        assert press(approver, code, "reject", comment="Forkert sted.").status_code == 302
    else:
        cancelling = f"{DESK}/{code}/cancel"
        token = dict(HIDDEN.findall(author.get(cancelling).text))
        assert author.post(cancelling, data=token).status_code in (302, 303)
    page = author.get(f"{DESK}/{code}").text
    assert "Har du set en varevogn?" in page
    assert "Intet blev sendt." in page
    assert "Det er sendt" not in page


def test_what_is_not_sent_is_nowhere_public(
    author: FlaskClient, approver: FlaskClient, client: FlaskClient, code: str
) -> None:
    def is_hidden() -> bool:
        page = client.get(f"/varsel/{code}")
        return page.status_code == 404 and "Indbrud på Søvej" not in client.get("/").text

    press(author, code, "submit")
    assert is_hidden()
    press(approver, code, "approve", read="true")
    assert is_hidden()
    press(approver, code, "reject", comment="Sagen er lukket")
    assert is_hidden()
    shown = author.get(f"{DESK}/{code}").text
    assert "Afvist af Gerda Godkender" in shown
    assert "Se den offentlige side" not in shown
    assert "Indbrud på Søvej" in author.get(f"{DESK}?tab=ended").text


def test_ones_own_has_no_button_and_no_other_way(signed_in: SignIn, country: Country) -> None:
    both = signed_in(Role.OFFICER, Role.APPROVER)
    headers = api_headers(both)
    made = both.post(
        API,
        headers=headers,
        json={
            "kind": "area_alert",
            "target": {"area_ids": [country.p3400]},
            "texts": {"da": {"title": "Røg", "body": "Luk vinduerne."}},
        },
    )
    assert made.json
    code = made.json["code"]
    press(both, code, "submit")
    page = both.get(f"{DESK}/{code}/preview").text
    assert "Du har selv skrevet på varslet" in page
    assert f"/{code}/approve" not in page
    seen = both.get(f"{API}/{code}/preview").json
    assert seen
    refused = both.post(
        f"{API}/{code}/approve", headers=headers, json={"fingerprint": seen["fingerprint"]}
    )
    assert refused.status_code == 403
    assert refused.json
    assert refused.json["type"] == "urn:varsko:problem:own-work"
    by_form = both.post(
        f"{DESK}/{code}/approve",
        data={
            "csrf_token": headers["X-CSRFToken"],
            "fingerprint": seen["fingerprint"],
            "read": "true",
        },
    )
    assert by_form.status_code == 403
    assert "Du har selv skrevet på varslet" in by_form.text


def test_the_second_who_decides_is_told_who_was_first(
    author: FlaskClient, approver: FlaskClient, signed_in: SignIn, code: str
) -> None:
    second = signed_in(Role.APPROVER)
    press(author, code, "submit")
    page = second.get(f"{DESK}/{code}/preview").text
    press(approver, code, "approve", read="true")
    late = second.post(
        f"{DESK}/{code}/approve", data={**dict(HIDDEN.findall(page)), "read": "true"}
    )
    assert late.status_code == 409
    assert "Godkendt af Gerda Godkender" in late.text


def test_what_changed_while_it_was_read_is_named(
    author: FlaskClient, approver: FlaskClient, code: str
) -> None:
    press(author, code, "submit")
    page = approver.get(f"{DESK}/{code}/preview").text
    changes = {"texts": {"da": {"title": "Indbrud", "body": "En helt anden tekst"}}}
    author.patch(f"{API}/{code}", headers=api_headers(author), json=changes)
    press(author, code, "submit")
    late = approver.post(
        f"{DESK}/{code}/approve", data={**dict(HIDDEN.findall(page)), "read": "true"}
    )
    assert late.status_code == 409
    assert "Rettet, siden du læste det: titel og tekst." in late.text
    assert status_of(code) is AlertStatus.SUBMITTED


def test_without_approval_it_is_sent_with_a_reason_that_administrators_see(
    author: FlaskClient, signed_in: SignIn, code: str
) -> None:
    unread = press(author, code, "publish-without-approval", reason="Ingen er på vagt nu")
    assert unread.status_code == 422
    assert "Ingen er på vagt nu" in unread.text
    short = press(author, code, "publish-without-approval", reason="Haster", read="true")
    assert short.status_code == 422
    assert "mindst tre ord" in short.text
    reason = "Ingen andre kan godkende i nat"
    sent = press(author, code, "publish-without-approval", reason=reason, read="true")
    assert sent.status_code == 302
    assert reason in author.get(f"{DESK}/{code}").text
    administrator = signed_in(Role.ADMINISTRATOR)
    home = administrator.get("/staff/").text
    assert "Sendt uden godkendelse" in home
    assert reason in home
    assert reason not in signed_in(Role.OFFICER).get("/staff/").text
    assert reason in administrator.get("/staff/audit?action=alert.sent_unapproved").text


def test_the_approver_reads_why_a_text_is_grave(
    author: FlaskClient, approver: FlaskClient, code: str
) -> None:
    texts = {"da": {"title": "Savnet mand", "body": "Hans CPR-nummer er 010190-1235."}}
    author.patch(f"{API}/{code}", headers=api_headers(author), json={"texts": texts})
    unsaid = press(author, code, "submit", comment="Haster")
    assert unsaid.status_code == 422
    assert "Haster" in unsaid.text, "what was written stays"
    assert 'name="wording_reason"' in unsaid.text
    why = "Familien har bedt om det"
    assert press(author, code, "submit", wording_reason=why).status_code == 302
    assert why in approver.get(f"{DESK}/{code}/preview").text
    assert press(approver, code, "approve", read="true").status_code == 302
    page = author.get(f"{DESK}/{code}/preview").text
    assert 'name="wording_reason"' not in page, "it is not asked twice"
    assert press(author, code, "publish", read="true").status_code == 302
    assert why in author.get(f"{DESK}/{code}").text


def test_what_waits_is_on_top_of_the_list_for_those_it_concerns(
    author: FlaskClient, approver: FlaskClient, signed_in: SignIn, code: str
) -> None:
    assert "Venter på" not in author.get(DESK).text
    press(author, code, "submit")
    address = f"{DESK}/{code}/preview"
    mine, theirs = author.get(DESK).text, approver.get(DESK).text
    assert "Venter på, at en anden godkender (1)" in mine
    assert "Venter på din godkendelse (1)" in theirs
    for page in (mine, theirs):
        assert f'href="{DESK}/{code}"' in page or f'href="{address}"' in page
    for role in (Role.OFFICER, Role.INVESTIGATOR):
        assert "Venter på" not in signed_in(role).get(DESK).text
    elsewhere = signed_in(Role.APPROVER, districts=[SOUTH])
    assert "Venter på" not in elsewhere.get(DESK).text


@pytest.mark.parametrize("step", ["return", "reject", "approve"])
@pytest.mark.parametrize("meanwhile", ["take-back", "cancel", "publish-without-approval"])
def test_what_an_approver_wrote_is_given_back_if_it_came_too_late(
    author: FlaskClient, approver: FlaskClient, code: str, step: str, meanwhile: str
) -> None:
    press(author, code, "submit")
    page = approver.get(f"{DESK}/{code}/preview").text
    said = {"reason": "Der er ingen andre på vagt", "read": "true"}
    if meanwhile == "cancel":
        token = dict(HIDDEN.findall(author.get(f"{DESK}/{code}/cancel").text))
        assert author.post(f"{DESK}/{code}/cancel", data=token).status_code in (302, 303)
    else:
        assert press(author, code, meanwhile, **said).status_code == 302
    written = "Gaden er forkert: se på kortet igen. " * 5
    late = approver.post(
        f"{DESK}/{code}/{step}",
        data={**dict(HIDDEN.findall(page)), "comment": written, "read": "true"},
    )
    assert late.status_code == 409
    assert "Det, du skrev, er ikke gemt" in late.text
    assert written.strip() in late.text


def test_the_reason_for_a_text_is_offered_again_when_it_was_changed(
    author: FlaskClient, approver: FlaskClient, code: str
) -> None:
    def change(number: str) -> None:
        texts = {"da": {"title": "Savnet mand", "body": f"Hans CPR-nummer er {number}."}}
        author.patch(f"{API}/{code}", headers=api_headers(author), json={"texts": texts})

    why = "Familien har bedt om det"
    change("010190-1235")
    press(author, code, "submit", wording_reason=why)
    press(approver, code, "return", comment="Det er en anden mand")
    change("020290-1234")
    page = author.get(f"{DESK}/{code}/preview").text
    assert 'name="wording_reason"' in page
    assert why in page


def test_an_approver_comes_to_the_buttons_from_the_top(
    author: FlaskClient, approver: FlaskClient, code: str
) -> None:
    press(author, code, "submit")
    page = approver.get(f"{DESK}/{code}/preview").text
    assert page.index('href="#decide"') < page.index('id="decide"')
    assert 'href="#decide"' not in author.get(f"{DESK}/{code}/preview").text


def test_editing_what_waits_says_what_that_does(author: FlaskClient, code: str) -> None:
    press(author, code, "submit")
    page = author.get(f"{DESK}/{code}/edit").text
    assert "Retter du noget, skal det sendes til godkendelse igen." in page
    press(author, code, "take-back")
    assert "skal det sendes til godkendelse igen" not in author.get(f"{DESK}/{code}/edit").text
    assert status_of(code) is AlertStatus.DRAFT


def test_where_approval_is_not_due_nothing_is_different(
    author: FlaskClient, code: str, set_rules: Callable[..., None]
) -> None:
    set_rules(above_recipients=10_000)
    page = author.get(f"{DESK}/{code}/preview").text
    assert "Send nu" in page
    assert "odkend" not in page
    assert press(author, code, "publish", read="true").status_code == 302
    assert status_of(code) is AlertStatus.SENDING


def test_with_the_approver_goes_the_approval(
    author: FlaskClient, approver: FlaskClient, code: str
) -> None:
    press(author, code, "submit")
    press(approver, code, "approve", read="true")
    with current_database().unit_of_work() as session:
        alert: Alert = find_alert(session, code)
        alert.approval_steps[-1].staff.active = False
    page = author.get(f"{DESK}/{code}/preview").text
    assert "Gerda Godkender har ikke længere en aktiv konto." in page
    assert "Send nu" not in page
    press(author, code, "take-back")
    assert "Send til godkendelse" in author.get(f"{DESK}/{code}/preview").text


def test_what_was_returned_can_be_sent_when_the_rules_no_longer_ask_for_approval(
    author: FlaskClient, approver: FlaskClient, code: str, set_rules: Callable[..., None]
) -> None:
    press(author, code, "submit")
    press(approver, code, "return", comment="Hvilken farve?")
    set_rules(above_recipients=10_000)
    press(author, code, "take-back")
    assert press(author, code, "publish", read="true").status_code == 302
