"""The investigators' pages: through a signed-in browser without JavaScript."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from audit.models import AuditEntry
from cases.models import CaseStatus
from database import current_database
from staff.models import Staff
from staff.permissions import Role
from tests.staff.factories import csrf_token, make_staff, sign_in
from tests.tampering import break_sealed
from tests.tips.factories import (
    FUNEN,
    MISSING,
    PHONE,
    ROBBERY,
    all_tips,
    case_of,
    make_appeal,
    text_in,
)
from tips.models import Tip, TipEvent, TipStatus
from web.http.app import VarskoApp

pytestmark = pytest.mark.one_database

WORDS = "Jeg så en varevogn <b>ved</b> Søvej"


@pytest.fixture
def tip(app: VarskoApp) -> Tip:
    """A new tip on the robbery."""
    with current_database().unit_of_work() as session:
        make_appeal(session)
        text_in(session, f"{WORDS} sag {ROBBERY}")
        return all_tips(session)[0]


def reload(tip: Tip) -> Tip:
    """The tip as it is now."""
    with current_database().unit_of_work(writes=False) as session:
        found = session.get_one(Tip, tip.id)
        assert found.case is None or found.case.reference
        return found


def readings() -> int:
    """How many readings are in the audit trail."""
    with current_database().unit_of_work(writes=False) as session:
        query = select(func.count()).where(AuditEntry.action == "tip.read")
        return session.scalar(query) or 0


def test_from_the_cases_to_a_tip_and_its_mark(desk: FlaskClient, tip: Tip) -> None:
    cases = desk.get("/staff/cases").text
    assert "Røveri i Hillerød" in cases
    inbox = desk.get(f"/staff/cases/{tip.case_id}").text
    assert "Jeg så en varevogn &lt;b&gt;ved&lt;/b&gt; Søvej" in inbox
    assert "Afsender 1" in inbox
    assert reload(tip).status is TipStatus.NEW
    page = desk.get(f"/staff/tips/{tip.id}").text
    assert "Afsender 1" in page
    assert reload(tip).status is TipStatus.READ
    assert readings() == 1
    token = csrf_token(desk.get(f"/staff/tips/{tip.id}"))
    answer = desk.post(
        f"/staff/tips/{tip.id}/mark",
        data={"csrf_token": token, "status": "useful", "note": "Se kameraet"},
    )
    assert answer.location == f"/staff/cases/{tip.case_id}"
    assert reload(tip).status is TipStatus.USEFUL
    assert "Se kameraet" in desk.get(f"/staff/tips/{tip.id}").text


def test_the_desk_opens_with_how_many_tips_are_new(desk: FlaskClient, tip: Tip) -> None:
    figure = r'class="page-kicker">{}</p>\s*<h2[^>]*><a [^>]*>Nye tips på sager'
    assert re.search(figure.format(1), desk.get("/staff/").text)
    desk.get(f"/staff/tips/{tip.id}")
    assert re.search(figure.format(0), desk.get("/staff/").text)


def test_the_sender_s_number_is_on_no_page(desk: FlaskClient, tip: Tip) -> None:
    for address in ("/staff/cases", f"/staff/cases/{tip.case_id}", f"/staff/tips/{tip.id}"):
        digits = re.sub(r"\D", "", desk.get(address).text)
        assert PHONE.removeprefix("+45") not in digits


def test_a_tip_that_cannot_be_opened_says_so_and_hides_no_other(
    desk: FlaskClient, tip: Tip
) -> None:
    token = csrf_token(desk.get(f"/staff/tips/{tip.id}"))
    mark = {"csrf_token": token, "status": "follow_up", "note": "Se kameraet"}
    desk.post(f"/staff/tips/{tip.id}/mark", data=mark)
    with current_database().unit_of_work() as session:
        text_in(session, f"Og en sort cykel, sag {ROBBERY}")
        for attribute in (Tip.text, Tip.seen, Tip.contact_details):
            break_sealed(session, attribute, tip.id)
        events = session.scalars(select(TipEvent.id).where(TipEvent.note.is_not(None))).all()
        break_sealed(session, TipEvent.note, *events)
    inbox = desk.get(f"/staff/cases/{tip.case_id}").text
    assert "Kan ikke åbnes" in inbox
    assert "Og en sort cykel" in inbox
    page = desk.get(f"/staff/tips/{tip.id}")
    assert page.status_code == 200
    assert page.text.count("Kan ikke åbnes") == 4
    token = csrf_token(page)
    for words, found in (("sort", 1), ("åbnes", 0)):
        answer = desk.post(
            f"/staff/cases/{tip.case_id}/search", data={"csrf_token": token, "words": words}
        )
        assert answer.text.count("Og en sort cykel") == found
        assert "Kan ikke åbnes" not in answer.text
    # It can still be judged.
    mark = {"csrf_token": token, "status": "not_useful"}
    assert desk.post(f"/staff/tips/{tip.id}/mark", data=mark).location


def test_marking_leads_to_the_next_new_tip(desk: FlaskClient, tip: Tip) -> None:
    with current_database().unit_of_work() as session:
        text_in(session, f"Og en cykel, sag {ROBBERY}")
        other = all_tips(session)[1]
    token = csrf_token(desk.get(f"/staff/tips/{tip.id}"))
    answer = desk.post(
        f"/staff/tips/{tip.id}/mark", data={"csrf_token": token, "status": "not_useful"}
    )
    assert answer.location.startswith(f"/staff/tips/{other.id}?")
    assert f"Tip {tip.id} er markeret" in desk.get(answer.location).text


@pytest.mark.parametrize("status", ["", "nonsense", "new; DROP TABLE tip"])
def test_a_mark_that_is_none_is_refused_on_the_page(
    desk: FlaskClient, tip: Tip, status: str
) -> None:
    token = csrf_token(desk.get(f"/staff/tips/{tip.id}"))
    answer = desk.post(
        f"/staff/tips/{tip.id}/mark", data={"csrf_token": token, "status": status, "note": "Husk"}
    )
    assert answer.status_code == 422
    assert "Vælg en markering" in answer.text
    assert "Husk" in answer.text
    assert reload(tip).status is TipStatus.READ


def test_a_tip_is_moved_and_a_wrong_move_is_explained(desk: FlaskClient, tip: Tip) -> None:
    with current_database().unit_of_work() as session:
        make_appeal(session, "MSSNG3", MISSING)
    token = csrf_token(desk.get(f"/staff/tips/{tip.id}"))
    wrong = desk.post(
        f"/staff/tips/{tip.id}/move",
        data={"csrf_token": token, "reference": "vrøvl", "reason": "Fejl sag"},
    )
    assert wrong.status_code == 422
    assert "»vrøvl« er ikke et sagsnummer" in wrong.text
    assert "Fejl sag" in wrong.text
    right = desk.post(
        f"/staff/tips/{tip.id}/move",
        data={"csrf_token": token, "reference": MISSING, "reason": "Fejl sag"},
    )
    assert right.status_code == 303
    assert reload(tip).case_id != tip.case_id


def test_search_words_are_in_no_address_and_find_the_tip(desk: FlaskClient, tip: Tip) -> None:
    token = csrf_token(desk.get(f"/staff/cases/{tip.case_id}"))
    path = f"/staff/cases/{tip.case_id}/search"
    found = desk.post(path, data={"csrf_token": token, "words": "vareVOGN"})
    assert "1 tip fundet" in found.text
    nothing = desk.post(path, data={"csrf_token": token, "words": "helikopter"})
    assert "Intet tip indeholder alle ordene" in nothing.text
    assert desk.post(path, data={"csrf_token": token, "words": " "}).status_code == 303
    assert desk.post(path, data={"csrf_token": token, "words": "x" * 101}).status_code == 422
    assert desk.get(path).status_code == 303


def test_the_queue_is_shown_and_a_tip_in_it_put_on_a_case(desk: FlaskClient, tip: Tip) -> None:
    with current_database().unit_of_work() as session:
        text_in(session, "Sag 0900-10161-99999-24: noget", "+4520654321")
        lost = all_tips(session)[1]
    assert "1 tip hører endnu ikke til en sag" in desk.get("/staff/cases").text
    assert "Nævner sag 0900-10161-99999-24" in desk.get("/staff/tips/unassigned").text
    token = csrf_token(desk.get(f"/staff/tips/{lost.id}"))
    desk.post(f"/staff/tips/{lost.id}/move", data={"csrf_token": token, "reference": ROBBERY})
    assert reload(lost).case_id == tip.case_id
    assert "Køen er tom" in desk.get("/staff/tips/unassigned").text


def test_a_tip_is_taken_and_released_and_a_case_closed(
    desk: FlaskClient, tip: Tip, investigator: Staff
) -> None:
    token = csrf_token(desk.get(f"/staff/tips/{tip.id}"))
    desk.post(f"/staff/tips/{tip.id}/take", data={"csrf_token": token})
    assert reload(tip).assigned_to == investigator.id
    assert "Du ser på tippet." in desk.get(f"/staff/tips/{tip.id}").text
    desk.post(f"/staff/tips/{tip.id}/release", data={"csrf_token": token})
    assert reload(tip).assigned_to is None
    closing = {"csrf_token": token, "status": "closed", "sure": "true"}
    desk.post(f"/staff/cases/{tip.case_id}/status", data=closing)
    with current_database().unit_of_work(writes=False) as session:
        assert case_of(session).status is CaseStatus.CLOSED


@pytest.mark.parametrize("query", ["?status=nonsense", "?sender=0", "?sender=x", "?urgent=perhaps"])
def test_a_filter_that_is_none_shows_the_whole_inbox(
    desk: FlaskClient, tip: Tip, query: str
) -> None:
    answer = desk.get(f"/staff/cases/{tip.case_id}{query}")
    assert answer.location == f"/staff/cases/{tip.case_id}"


@pytest.mark.parametrize("path", ["/staff/cases/999", "/staff/tips/999", "/staff/tips/999/mark"])
def test_what_does_not_exist_is_not_found(desk: FlaskClient, tip: Tip, path: str) -> None:
    if path.endswith("mark"):
        token = csrf_token(desk.get(f"/staff/tips/{tip.id}"))
        answer = desk.post(path, data={"csrf_token": token, "status": "useful"})
    else:
        answer = desk.get(path)
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("roles", "districts", "status"),
    [
        ([Role.OFFICER], ["0900"], 403),
        ([Role.ADMINISTRATOR], [], 403),
        ([Role.INVESTIGATOR], [FUNEN], 404),
    ],
)
def test_others_read_no_tips(
    app: VarskoApp, tip: Tip, roles: list[Role], districts: list[str], status: int
) -> None:
    with current_database().unit_of_work() as session:
        staff = make_staff(session, roles, districts)
    client = sign_in(app.test_client(), staff)
    assert client.get(f"/staff/tips/{tip.id}").status_code == status
    assert client.get(f"/staff/cases/{tip.case_id}").status_code == status
    token = csrf_token(client.get("/staff/profile"))
    answer = client.post(
        f"/staff/tips/{tip.id}/mark", data={"csrf_token": token, "status": "useful"}
    )
    assert answer.status_code == status
    assert reload(tip).status is TipStatus.NEW
    assert readings() == 0


def test_strangers_are_sent_to_the_sign_in(client: FlaskClient, tip: Tip) -> None:
    assert client.get(f"/staff/tips/{tip.id}").status_code in {302, 401}
    assert readings() == 0


def events_of(tip: Tip) -> list[tuple[str, str]]:
    """The kinds and notes of a tip's history."""
    with current_database().unit_of_work(writes=False) as session:
        query = select(TipEvent).where(TipEvent.tip_id == tip.id).order_by(TipEvent.id)
        return [(event.kind.value, str(event.note or "")) for event in session.scalars(query)]


def test_every_button_of_a_tip_sends_its_note(desk: FlaskClient, tip: Tip) -> None:
    page = desk.get(f"/staff/tips/{tip.id}").text
    [form] = [part for part in page.split("<form")[1:] if 'name="note"' in part]
    inside, _rest = form.split("</form>", 1)
    outside = page.replace(inside, "")
    for action in ("mark", "take", "urgency", "move"):
        assert f'action="/staff/tips/{tip.id}/{action}"' in inside
    buttons = re.findall(r"<button[^>]*/staff/tips/[^>]*>", outside)
    assert buttons
    assert all('form="tip-form"' in button for button in buttons)


@pytest.mark.parametrize(
    ("action", "kind"),
    [("take", "taken"), ("release", ""), ("urgency", "called_urgent"), ("move", "filed")],
)
def test_a_note_is_kept_by_the_button_that_was_pressed(
    desk: FlaskClient, tip: Tip, action: str, kind: str
) -> None:
    with current_database().unit_of_work() as session:
        make_appeal(session, "THFTH5", "0900-10161-00019-24", "Tyveri")
    typed = {"note": "Se kameraet", "urgent": "true", "reference": "0900-10161-00019-24"}
    token = csrf_token(desk.get(f"/staff/tips/{tip.id}"))
    answer = desk.post(
        f"/staff/tips/{tip.id}/{action}", data={"csrf_token": token, "reason": "Ny sag", **typed}
    )
    assert answer.status_code == 303
    assert ("noted", "Se kameraet") in events_of(tip)
    assert kind == "" or kind in dict(events_of(tip))
    assert "Se kameraet" in desk.get(f"/staff/tips/{tip.id}").text


LONG = "lang " * 500


@pytest.mark.parametrize(
    ("action", "note"),
    [
        ("mark", "Se kameraet"), ("move", "Se kameraet"),
        ("mark", LONG), ("move", LONG), ("take", LONG), ("urgency", LONG),
    ],
)  # fmt: skip
def test_a_page_with_an_error_holds_all_that_was_typed(
    desk: FlaskClient, tip: Tip, action: str, note: str
) -> None:
    token = csrf_token(desk.get(f"/staff/tips/{tip.id}"))
    typed = {"note": note, "reference": "0900-10161-99999-24", "reason": "Skrevet forkert"}
    answer = desk.post(f"/staff/tips/{tip.id}/{action}", data={"csrf_token": token, **typed})
    assert answer.status_code == 422
    for text in typed.values():
        assert text.strip() in answer.text
    assert "noted" not in dict(events_of(tip))
    assert reload(tip).assigned_to is None
