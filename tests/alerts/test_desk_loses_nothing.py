"""What an officer typed is never lost, cut, ignored or written over on the way to a draft."""

from __future__ import annotations

import datetime as dt
import re
from html import unescape

import pytest
from flask.testing import FlaskClient

from alerts.composing.saving import find_alert
from alerts.models import AlertStatus
from database import current_database, utcnow
from staff.permissions import Role
from tests.alerts.factories import NORTH, Country, make_reader
from tests.alerts.test_pages import DESK, TYPED, published
from tests.staff.factories import make_staff, sign_in, submit
from web.http.app import VarskoApp

pytestmark = pytest.mark.one_database


@pytest.fixture
def officers(app: VarskoApp, country: Country) -> list[FlaskClient]:
    """Two signed-in officers of the north, with a reader in the area."""
    with current_database().unit_of_work() as session:
        make_reader(session, country.p3400)
        staff = [make_staff(session, [Role.OFFICER], [NORTH]) for _ in range(2)]
    return [sign_in(app.test_client(), one) for one in staff]


@pytest.fixture
def desk(officers: list[FlaskClient]) -> FlaskClient:
    """One of them."""
    return officers[0]


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of a page."""
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))


def kept_draft(desk: FlaskClient, **changes: str) -> str:
    """The code of a draft that was kept."""
    kept = submit(desk, f"{DESK}/new", {**TYPED, **changes})
    assert kept.status_code == 302, kept.text
    return str(kept.location.split("/")[-2])


def test_a_time_that_was_filled_in_is_not_ignored(desk: FlaskClient) -> None:
    time = {"when": "now", "send_at": "2099-01-01T12:00"}
    answer = submit(desk, f"{DESK}/new", {**TYPED, **time})
    assert answer.status_code == 422
    assert "Du har skrevet et tidspunkt" in answer.text
    assert "2099-01-01T12:00" in answer.text


@pytest.mark.parametrize(
    "also",
    [
        {"lat": "55,93", "lon": "12,3", "radius_m": "500"},
        {"radius_m": "500"},
        {"where": "areas", "shape": "{}"},
        {"where": "circle"},
    ],
)
def test_one_way_to_say_where(desk: FlaskClient, also: dict[str, str]) -> None:
    answer = submit(desk, f"{DESK}/new", {**TYPED, **also})
    assert answer.status_code == 422
    assert "Vælg én, og slet det andet" in answer.text
    assert "Fredensborg" in answer.text


def test_a_circle_that_was_chosen_must_be_filled_in(desk: FlaskClient) -> None:
    answer = submit(desk, f"{DESK}/new", {**TYPED, "areas": "", "where": "circle"})
    assert answer.status_code == 422
    assert answer.text.count('href="#field-lat"') == 1
    assert answer.text.count('href="#field-radius_m"') == 1


def test_all_mistakes_are_told_at_once(desk: FlaskClient) -> None:
    wrong = {
        "kind": "",
        "case_reference": "12",
        "areas": "4600",
        "title_da": "",
        "body_da": "x" * 900,
        "title_en": "Only a title",
        "when": "later",
        "expires_at": "2001-01-01T12:00",
    }
    answer = submit(desk, f"{DESK}/new", {**TYPED, **wrong})
    named = set(re.findall(r'href="#field-(\w+)"', answer.text))
    assert named == {
        "kind", "case_reference", "areas", "title_da", "body_da", "body_en", "send_at", "expires_at"
    }  # fmt: skip


def test_nothing_is_cut_off(desk: FlaskClient) -> None:
    assert "maxlength" not in desk.get(f"{DESK}/new").text
    answer = submit(desk, f"{DESK}/new", {**TYPED, "title_da": "x" * 300})
    assert answer.status_code == 422
    assert "x" * 300 in answer.text


def test_the_second_of_two_who_edit_is_told_and_nothing_is_overwritten(
    officers: list[FlaskClient],
) -> None:
    first, second = officers
    code = kept_draft(first)
    address = f"{DESK}/{code}/edit"
    seen = [hidden(officer.get(address).text) for officer in officers]
    saved = first.post(address, data={**TYPED, **seen[0], "body_da": "Den var grå."})
    assert saved.status_code == 302
    late = second.post(address, data={**TYPED, **seen[1], "body_da": "Den var blå."})
    assert late.status_code == 409
    assert "En anden har rettet udkastet" in late.text
    assert "Den var grå." in late.text
    assert "Den var blå." in late.text
    with current_database().unit_of_work(writes=False) as session:
        assert find_alert(session, code).text("da").body == "Den var grå."
    again = second.post(address, data={**TYPED, **hidden(late.text), "body_da": "Den var blå."})
    assert again.status_code == 302


def test_the_same_change_sent_twice_is_no_conflict(desk: FlaskClient) -> None:
    code = kept_draft(desk)
    address = f"{DESK}/{code}/edit"
    fields = {**TYPED, **hidden(desk.get(address).text), "body_da": "Den var grå."}
    assert [desk.post(address, data=fields).status_code for _ in range(2)] == [302, 302]


def test_already_sent_leads_to_the_alert(officers: list[FlaskClient]) -> None:
    first, second = officers
    code = kept_draft(first)
    checks = [hidden(officer.get(f"{DESK}/{code}/preview").text) for officer in officers]
    edit = hidden(second.get(f"{DESK}/{code}/edit").text)
    sent, late = (
        officer.post(f"{DESK}/{code}/publish", data={**fields, "read": "true"})
        for officer, fields in zip(officers, checks, strict=True)
    )
    assert sent.status_code == late.status_code == 302
    assert "Varslet er allerede sendt" not in first.get(sent.location).text
    assert "Varslet er allerede sendt" in second.get(late.location).text
    for said in ("already=1", "said=too-late"):
        assert "allerede sendt" not in second.get(f"{DESK}/{code}?{said}").text
    change = second.post(f"{DESK}/{code}/edit", data={**TYPED, **edit, "body_da": "Den var blå."})
    assert change.status_code == 409
    assert "Den var blå." in change.text
    assert f'href="{DESK}/{code}"' in change.text
    with current_database().unit_of_work(writes=False) as session:
        assert find_alert(session, code).status is AlertStatus.SENDING


@pytest.mark.parametrize(
    ("step", "said"), [("cancel", "Varslet er annulleret"), ("", "Varslet er allerede planlagt")]
)
def test_sending_too_late_says_what_has_become_of_the_alert(
    officers: list[FlaskClient], step: str, said: str
) -> None:
    first, second = officers
    tomorrow = utcnow() + dt.timedelta(days=1)
    code = kept_draft(first, when="later", send_at=f"{tomorrow:%Y-%m-%d}T12:00")
    check = hidden(second.get(f"{DESK}/{code}/preview").text)
    if step:
        submit(first, f"{DESK}/{code}/{step}")
    else:
        own = hidden(first.get(f"{DESK}/{code}/preview").text)
        first.post(f"{DESK}/{code}/publish", data={**own, "read": "true"})
    late = second.post(f"{DESK}/{code}/publish", data={**check, "read": "true"})
    page = second.get(late.location).text
    assert said in page
    assert "Varslet er allerede sendt" not in page
    for address in (f"{DESK}/{code}", f"{DESK}/{code}?already=1", f"{DESK}/{code}?said=too-late"):
        assert said not in second.get(address).text


@pytest.mark.parametrize("step", ["update", "close"])
def test_what_follows_an_alert_is_checked_before_it_is_sent(
    desk: FlaskClient, country: Country, step: str
) -> None:
    code = published(country)
    if step == "close":
        submit(desk, f"{DESK}/{code}/stop")
    address = f"{DESK}/{code}/{step}"
    written = {**hidden(desk.get(address).text), "text_da": "Bilen er <grå>."}
    check = desk.post(address, data=written)
    assert check.status_code == 200
    assert "Bilen er &lt;grå&gt;." in check.text
    assert re.search(r"\d+ del", check.text)
    assert "modtagere" in check.text
    with current_database().unit_of_work(writes=False) as session:
        assert len(find_alert(session, code).releases) == 1
    fields = {**written, **hidden(check.text), "text_da": "Bilen er <grå>."}
    unread = desk.post(address, data={**fields, "step": "send"})
    assert unread.status_code == 422
    assert "Sæt kryds" in unread.text
    changed = desk.post(address, data={**fields, "step": "write"})
    assert "Bilen er &lt;grå&gt;." in changed.text
    for _ in range(2):
        sent = desk.post(address, data={**fields, "step": "send", "read": "true"})
        assert sent.status_code == 302
    with current_database().unit_of_work(writes=False) as session:
        assert len(find_alert(session, code).releases) == 2


def end_session(desk: FlaskClient) -> None:
    """Nobody has used it for longer than a session lasts."""
    with desk.session_transaction() as cookie:
        cookie["seen"] = cookie["began"] = 1


def test_what_was_written_outlives_the_session(app: VarskoApp, country: Country) -> None:
    with current_database().unit_of_work() as session:
        make_reader(session, country.p3400)
        staff = make_staff(session, [Role.OFFICER], [NORTH])
    desk = sign_in(app.test_client(), staff)
    fields = {**hidden(desk.get(f"{DESK}/new").text), **TYPED, "body_da": 'Så du "den" & <ham>?'}
    end_session(desk)
    kept = desk.post(f"{DESK}/new", data=fields)
    assert kept.status_code == 401
    assert "ikke tabt" in kept.text
    back = {name: unescape(value) for name, value in hidden(kept.text).items()}
    assert back["body_da"] == fields["body_da"]
    assert f'action="{DESK}/new"' in kept.text
    sign_in(desk, staff)
    saved = desk.post(f"{DESK}/new", data=back)
    assert saved.status_code == 302
    assert saved.location.endswith("/preview")


def test_a_form_of_another_site_is_kept_for_nobody(desk: FlaskClient) -> None:
    desk.delete_cookie("varsko")
    for site in ("cross-site", "same-site"):
        answer = desk.post(f"{DESK}/new", data=TYPED, headers={"Sec-Fetch-Site": site})
        assert answer.status_code == 302
        assert TYPED["body_da"] not in answer.text


def test_the_counter_does_not_take_the_officer_away(desk: FlaskClient) -> None:
    end_session(desk)
    answer = desk.post(f"{DESK}/count", data=TYPED, headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert "HX-Redirect" not in answer.headers
    assert answer.headers["HX-Trigger"] == "signed-out"
