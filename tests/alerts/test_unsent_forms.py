"""What an officer writes is kept before it is sent, and offered again, until it is sent."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text, update
from werkzeug.test import TestResponse

from alerts.composing.saving import find_alert
from alerts.releasing.follow_ups import close_alert
from database import current_database, utcnow
from staff.actor import Actor
from staff.models import Staff, UnsentForm
from staff.permissions import Role
from staff.unsent_forms import KEPT, MOST, forget_unsent_forms
from tests.alerts.factories import NORTH, Country, make_officer, make_reader
from tests.alerts.test_desk_loses_nothing import end_session, hidden
from tests.alerts.test_pages import DESK, TYPED, published
from tests.staff.factories import make_staff, sign_in
from web.http.app import VarskoApp

NEW = f"{DESK}/new"
WRITTEN = {**TYPED, "title_da": "Røg over <byen>", "title_en": ""}


@pytest.fixture
def staff(app: VarskoApp, country: Country) -> Staff:
    """An officer of the north, with a reader in the area."""
    with current_database().unit_of_work() as session:
        make_reader(session, country.p3400)
        return make_staff(session, [Role.OFFICER], [NORTH])


@pytest.fixture
def desk(app: VarskoApp, staff: Staff) -> FlaskClient:
    return sign_in(app.test_client(), staff)


def fields(page: TestResponse) -> dict[str, str]:
    """The hidden fields of the form in which somebody writes: the last one of the page."""
    return hidden(page.text[page.text.rindex("data-kept>") :])


def keep(desk: FlaskClient, written: dict[str, str], address: str = NEW) -> TestResponse:
    """What the page does every few seconds."""
    return desk.post(address, data={**written, "only_keep": "1"}, headers={"HX-Request": "true"})


def offered(page: TestResponse) -> list[str]:
    """The addresses at which the page offers to go on."""
    return [unescape(link) for link in re.findall(r'href="([^"]*\?unsent=[^"]*)"', page.text)]


def write(desk: FlaskClient, address: str = NEW, **changes: str) -> dict[str, str]:
    """Open a form, and write in it."""
    return {**WRITTEN, **fields(desk.get(address)), **changes}


def test_what_is_typed_is_kept_and_offered_until_it_is_sent(
    app: VarskoApp, staff: Staff, desk: FlaskClient
) -> None:
    written = write(desk)
    said = keep(desk, written)
    assert said.status_code == 200
    assert re.fullmatch(r"Kladde gemt kl\. \d\d\.\d\d", said.text)

    # The browser is gone; somebody else sees nothing.
    other = sign_in(app.test_client(), staff)
    assert "Røg over &lt;byen&gt;" in other.get(NEW).text
    colleague = a_colleague(app)
    assert offered(colleague.get(NEW)) == []
    (link,) = offered(other.get(NEW))
    assert colleague.get(link).text.count("Røg over") == 0
    assert offered(other.get("/staff/")) == [link]
    again = other.get(link)
    assert "Røg over &lt;byen&gt;" in again.text
    assert fields(again)["form_id"] == written["form_id"]
    assert "Skriv videre på den" not in again.text

    sent = other.post(NEW, data={**WRITTEN, **fields(again)})
    assert sent.status_code == 302
    assert sent.location.endswith("/preview")
    assert offered(other.get(NEW)) == offered(other.get("/staff/")) == []


def test_it_is_sealed(desk: FlaskClient) -> None:
    keep(desk, write(desk))
    with current_database().unit_of_work(writes=False) as session:
        stored = session.execute(text("SELECT written FROM unsent_form")).scalar_one()
    assert b"byen" not in bytes(stored)
    assert "csrf" not in str(stored)


def test_what_comes_late_does_not_bring_back_what_was_sent(desk: FlaskClient) -> None:
    written = write(desk)
    keep(desk, written)
    assert desk.post(NEW, data=written).status_code == 302
    late = keep(desk, written)
    assert (late.status_code, late.text) == (409, "")
    assert offered(desk.get(NEW)) == []


def test_a_form_with_errors_is_kept_without_a_script(desk: FlaskClient) -> None:
    written = write(desk, areas="", body_da="x" * 900)
    failed = desk.post(NEW, data=written)
    assert failed.status_code == 422
    assert fields(failed)["form_id"] == written["form_id"]
    (link,) = offered(desk.get(NEW))
    assert "x" * 900 in desk.get(link).text
    desk.post(NEW, data={**WRITTEN, **fields(failed)})
    assert offered(desk.get(NEW)) == []


def test_a_form_that_was_done_and_changed_is_kept_once_more(desk: FlaskClient) -> None:
    written = write(desk)
    assert desk.post(NEW, data=written).status_code == 302
    assert desk.post(NEW, data={**written, "areas": ""}).status_code == 422
    assert len(offered(desk.get(NEW))) == 1


def test_two_windows_are_two_texts(desk: FlaskClient) -> None:
    for title in ("Brand", "Oversvømmelse"):
        keep(desk, write(desk, title_da=title))
    page = desk.get(NEW)
    assert page.text.index("Oversvømmelse") < page.text.index("Brand")
    assert len(offered(page)) == 2


@pytest.mark.parametrize("only_keep", [{}, {"only_keep": "1"}])
def test_it_outlives_the_session(
    desk: FlaskClient, staff: Staff, only_keep: dict[str, str]
) -> None:
    written = write(desk)
    end_session(desk)
    headers = {"HX-Request": "true"} if only_keep else {}
    assert desk.post(NEW, data={**written, **only_keep}, headers=headers).status_code == 401
    sign_in(desk, staff)
    (link,) = offered(desk.get(NEW))
    assert "Røg over &lt;byen&gt;" in desk.get(link).text


def test_nothing_is_kept_for_a_session_of_nobody(app: VarskoApp, desk: FlaskClient) -> None:
    written = write(desk)
    for client in (app.test_client(), desk):
        client.delete_cookie("varsko")
        client.post(NEW, data=written)
    end_session(other := a_colleague(app))
    other.post(NEW, data=written, headers={"Sec-Fetch-Site": "cross-site"})
    with current_database().unit_of_work(writes=False) as session:
        assert session.scalars(select(UnsentForm)).all() == []


def a_colleague(app: VarskoApp) -> FlaskClient:
    """A colleague."""
    with current_database().unit_of_work() as session:
        staff = make_staff(session, [Role.OFFICER], [NORTH])
    return sign_in(app.test_client(), staff)


def test_it_can_be_deleted(desk: FlaskClient) -> None:
    written = write(desk)
    keep(desk, written)
    page = desk.get(NEW)
    deleted = desk.post(NEW, data={**hidden(page.text), "form_id": written["form_id"]})
    assert (deleted.status_code, deleted.location) == (302, NEW)
    assert offered(desk.get(NEW)) == []


def test_what_has_nothing_in_it_is_not_offered(desk: FlaskClient) -> None:
    empty = dict.fromkeys(WRITTEN, "")
    keep(desk, {**empty, **fields(desk.get(NEW)), "kind": "area_alert", "when": "now"})
    assert offered(desk.get(NEW)) == []


@pytest.mark.parametrize("form_id", ["", "x", "a" * 65, "../../../../etc", "ø" * 20])
def test_an_id_that_no_form_has_keeps_nothing(desk: FlaskClient, form_id: str) -> None:
    desk.post(NEW, data={**write(desk), "form_id": form_id, "areas": ""})
    assert offered(desk.get(NEW)) == []
    assert desk.get(f"{NEW}?unsent={form_id}").status_code == 200


def test_a_draft_that_a_colleague_changed_meanwhile_is_not_written_over(
    desk: FlaskClient, app: VarskoApp
) -> None:
    code = str(desk.post(NEW, data=write(desk)).location).split("/")[-2]
    address = f"{DESK}/{code}/edit"
    mine = write(desk, address, body_da="Den var blå.")
    keep(desk, mine, address)
    colleague = a_colleague(app)
    theirs = write(colleague, address, body_da="Den var grå.")
    assert colleague.post(address, data=theirs).status_code == 302
    (link,) = offered(desk.get(address))
    again = desk.get(link)
    assert "Den var blå." in again.text
    late = desk.post(address, data={**mine, **fields(again)})
    assert late.status_code == 409
    assert "Den var grå." in late.text


@pytest.mark.parametrize("step", ["update", "close"])
def test_a_follow_up_is_kept_through_its_check(
    desk: FlaskClient, country: Country, step: str
) -> None:
    code = published(country)
    if step == "close":
        desk.post(f"{DESK}/{code}/stop", data=hidden(desk.get(f"{DESK}/{code}/stop").text))
    address = f"{DESK}/{code}/{step}"
    written = {**fields(desk.get(address)), "text_da": "Bilen er <grå>."}
    assert keep(desk, written, address).status_code == 200
    check = desk.post(address, data=written)
    assert check.status_code == 200
    assert hidden(check.text)["form_id"] == written["form_id"]
    (link,) = offered(desk.get(address))
    again = desk.get(link)
    assert "Bilen er &lt;grå&gt;." in again.text
    assert fields(again)["key"] == written["key"]
    sent = desk.post(address, data={**written, "step": "send", "read": "true"})
    assert sent.status_code == 302
    assert offered(desk.get("/staff/")) == []


@pytest.mark.parametrize("step", ["update", "close"])
def test_what_was_ended_meanwhile_keeps_the_text_and_leads_to_the_alert(
    desk: FlaskClient, country: Country, step: str
) -> None:
    code = published(country)
    address = f"{DESK}/{code}/{step}"
    stop = f"{DESK}/{code}/stop"
    desk.post(stop, data=hidden(desk.get(stop).text))
    page = desk.get(f"{DESK}/{code}/close")
    written = {**fields(page), "text_da": "Bilen er <grå>.", "step": "send", "read": "true"}
    with current_database().unit_of_work() as session:
        officer: Actor = make_officer(session)
        close_alert(session, officer, find_alert(session, code), {"da": "Fundet."}, "another-key")
    late = desk.post(address, data=written)
    assert late.status_code == 409
    assert "Teksten er ikke sendt" in late.text
    assert "Bilen er &lt;grå&gt;." in late.text
    assert f'href="{DESK}/{code}"' in late.text
    (link,) = offered(desk.get("/staff/"))
    assert "Bilen er &lt;grå&gt;." in desk.get(link).text
    assert f'href="{DESK}/{code}"' in desk.get(link).text
    assert "Teksten sendes" not in late.text
    gone = desk.post(address, data={**written, **fields(late), "only_delete": "1"})
    assert gone.status_code == 302
    assert offered(desk.get("/staff/")) == []


def test_what_nobody_sends_goes_after_some_days(desk: FlaskClient) -> None:
    keep(desk, write(desk))
    with current_database().unit_of_work() as session:
        forget_unsent_forms(session)
        assert len(session.scalars(select(UnsentForm)).all()) == 1
        session.execute(update(UnsentForm).values(saved_at=utcnow() - KEPT - timedelta(hours=1)))
    assert offered(desk.get(NEW)) == []
    with current_database().unit_of_work() as session:
        forget_unsent_forms(session)
        assert session.scalars(select(UnsentForm)).all() == []


def test_only_so_many_are_kept(desk: FlaskClient) -> None:
    written = write(desk)
    for number in range(MOST + 3):
        keep(desk, {**written, "form_id": f"{number:020}", "title_da": f"Nummer {number}"})
    page = desk.get(NEW)
    assert len(offered(page)) == MOST
    assert f"Nummer {MOST + 2}" in page.text
    assert "Nummer 2«" not in page.text


@pytest.mark.parametrize(
    "change",
    [
        {"areas": "8000", "title_da": "Uden for kredsen"},
        {"body_da": "Har du set noget i nat ved stationen? " * 30},
        {"body_da": "“Noget” — ved stationen… " * 30},
    ],
    ids=["not-in-their-district", "too-long", "pasted"],
)
def test_what_is_refused_comes_back_and_can_be_mended(
    desk: FlaskClient, change: dict[str, str]
) -> None:
    written = write(desk)
    refused = desk.post(NEW, data={**written, **change})
    assert refused.status_code == 422
    assert 'role="alert"' in refused.text
    assert change.get("title_da", written["title_da"])[:8] in unescape(refused.text)
    saved = desk.post(NEW, data={**written, **fields(refused)})
    assert saved.status_code == 302
