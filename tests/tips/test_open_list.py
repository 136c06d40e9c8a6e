"""Reading tips within the list that was open; urgency, and closing a case with unread tips."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from cases.models import CaseStatus
from database import current_database
from tests.staff.factories import csrf_token
from tests.tips.factories import ROBBERY, all_tips, case_of, make_appeal, text_in
from tips.models import TipEvent, TipEventKind, TipStatus
from web.http.app import VarskoApp

pytestmark = pytest.mark.one_database


@pytest.fixture
def tips(app: VarskoApp) -> list[int]:
    """The ids of four tips on a case, oldest first; the second and the last are urgent."""
    with current_database().unit_of_work() as session:
        make_appeal(session)
        for number in range(4):
            text_in(session, f"Tip {number}, sag {ROBBERY}", f"+452065432{number}")
        found = all_tips(session)
        for place, tip in enumerate(found):
            tip.urgent = place in (1, 3)
        return [tip.id for tip in found]


def case_id() -> int:
    """The case's id."""
    with current_database().unit_of_work(writes=False) as session:
        return case_of(session).id


def go_on(desk: FlaskClient, page: TestResponse, kind: str, **typed: str) -> TestResponse | None:
    """What comes of pressing a button that leads off a tip's page; None if it has none."""
    found = re.search(rf'formaction="([^"]+/step[^"]*)" name="to" value="(\d*)"{kind}', page.text)
    if found is None:
        return None
    data = {"csrf_token": csrf_token(page), "to": found[2], **typed}
    return desk.post(unescape(found[1]), data=data)


PREVIOUS, NEXT, BACK = ' data-step="prev"', ' data-step="next"', ">"


def test_stepping_follows_the_order_and_the_filter_of_the_list(
    desk: FlaskClient, tips: list[int]
) -> None:
    first, second, third, fourth = tips
    for query, order in (
        ("", [fourth, second, third, first]),
        ("?urgent=true", [fourth, second]),
        ("?status=new", [fourth, second, third, first]),
    ):
        with current_database().unit_of_work() as session:
            for tip in all_tips(session):
                tip.status = TipStatus.NEW
        listed = desk.get(f"/staff/cases/{case_id()}{query}").text
        shown = re.findall(r'href="(/staff/tips/\d+[^"]*)"', listed)
        assert shown == [f"/staff/tips/{tip}{query}" for tip in order]
        address: str | None = shown[0]
        walked = []
        while address is not None:
            page = desk.get(address)
            back = go_on(desk, page, BACK)
            assert back is not None
            assert back.location == f"/staff/cases/{case_id()}{query}"
            walked.append(address)
            following = go_on(desk, page, NEXT)
            address = following.location if following else None
        assert walked == shown
        # What has been read has left a list of what is new.
        above = go_on(desk, page, PREVIOUS)
        assert (above and above.location) == (None if "new" in query else shown[-2])


def test_a_mark_leads_on_within_the_list(desk: FlaskClient, tips: list[int]) -> None:
    last = f"/staff/tips/{tips[3]}"
    token = re.search(r'csrf_token" value="([^"]+)"', desk.get(f"{last}?urgent=true").text)
    assert token
    mark = {"csrf_token": token[1], "status": "useful"}
    onward = desk.post(f"{last}/mark?urgent=true", data=mark)
    address, _question, query = onward.location.partition("?")
    assert address == f"/staff/tips/{tips[1]}"
    assert query.endswith("urgent=true")
    assert f"Tip {tips[3]} er markeret" in desk.get(onward.location).text
    done = desk.post(f"/staff/tips/{tips[1]}/mark?urgent=true", data=mark)
    assert done.location == f"/staff/cases/{case_id()}?urgent=true"


def test_urgency_is_taken_back_without_judging_the_tip(desk: FlaskClient, tips: list[int]) -> None:
    address = f"/staff/tips/{tips[1]}"
    token = re.search(r'csrf_token" value="([^"]+)"', desk.get(address).text)
    assert token
    for urgent in (False, True):
        answer = desk.post(
            f"{address}/urgency", data={"csrf_token": token[1], "urgent": str(urgent).lower()}
        )
        assert answer.location == address
        with current_database().unit_of_work(writes=False) as session:
            tip = all_tips(session)[1]
            assert (tip.urgent, tip.status) == (urgent, TipStatus.READ)
    assert "Haster ikke" in desk.get(address).text


def test_closing_a_case_with_unread_tips_asks_first(desk: FlaskClient, tips: list[int]) -> None:
    address = f"/staff/cases/{case_id()}"
    token = re.search(r'csrf_token" value="([^"]+)"', desk.get(address).text)
    assert token
    closing = {"csrf_token": token[1], "status": "closed"}
    asked = desk.post(f"{address}/status", data=closing)
    assert "Luk sagen med 4 tips, som ingen har vurderet?" in asked.text
    with current_database().unit_of_work(writes=False) as session:
        assert case_of(session).status is CaseStatus.OPEN
    assert desk.post(f"{address}/status", data={**closing, "sure": "true"}).status_code == 303
    with current_database().unit_of_work(writes=False) as session:
        assert case_of(session).status is CaseStatus.CLOSED


def test_a_page_believes_no_address_that_says_what_was_done(
    desk: FlaskClient, tips: list[int]
) -> None:
    """Made by hand, or taken from another tip's page."""
    first, second, third, _fourth = tips
    page = desk.get(f"/staff/tips/{third}")
    told = go_on(desk, page, NEXT, note="Se kameraet")
    assert told is not None
    assert f"Din note til tip {third} er gemt" in desk.get(told.location).text
    query = told.location.partition("?")[2]
    for address in (
        f"{first}?after={second}",
        f"{first}?said=marked+{second}",
        f"{second}?{query}",
    ):
        shown = desk.get(f"/staff/tips/{address}").text
        assert "er markeret" not in shown
        assert "er gemt" not in shown


def notes() -> list[str]:
    """The notes that are written down, the oldest first."""
    with current_database().unit_of_work(writes=False) as session:
        noted = select(TipEvent).where(TipEvent.kind == TipEventKind.NOTED).order_by(TipEvent.id)
        return [str(event.note) for event in session.scalars(noted)]


def test_enter_in_a_field_moves_the_tip(desk: FlaskClient, tips: list[int]) -> None:
    """It presses the first button of the form, wherever on the page that is."""
    page = desk.get(f"/staff/tips/{tips[1]}").text
    first = next(found for found in re.findall(r"<button[^>]*>", page) if "/staff/tips/" in found)
    assert f"/staff/tips/{tips[1]}/move" in first


@pytest.mark.parametrize("way", [PREVIOUS, NEXT, BACK])
def test_going_on_takes_the_note_along(desk: FlaskClient, tips: list[int], way: str) -> None:
    page = desk.get(f"/staff/tips/{tips[1]}")
    assert go_on(desk, page, way) is not None
    assert notes() == []
    assert go_on(desk, page, way, note="Ring til ham") is not None
    assert notes() == ["Ring til ham"]


@pytest.mark.parametrize(
    "typed",
    [
        {"note": "x" * 2001},
        {"note": "Ring til ham", "reference": "0900-10161-00055-24"},
        {"note": "Ring til ham", "reason": "Samme bil"},
    ],
)
def test_going_on_loses_nothing_that_it_cannot_do(
    desk: FlaskClient, tips: list[int], typed: dict[str, str]
) -> None:
    answer = go_on(desk, desk.get(f"/staff/tips/{tips[1]}"), NEXT, **typed)
    assert answer is not None
    assert answer.status_code == 422
    assert all(text in answer.text for text in typed.values())
    assert notes() == []


def test_a_tip_without_a_case_is_left_with_the_number_that_it_names(
    desk: FlaskClient, tips: list[int]
) -> None:
    with current_database().unit_of_work() as session:
        text_in(session, "Sag 0900-10161-99999-24: en bil", "+4520111111")
        waiting = next(tip for tip in all_tips(session) if tip.case_id is None)
        address, stated = f"/staff/tips/{waiting.id}", waiting.stated_reference
    assert stated
    for reference in (stated, ""):
        answer = go_on(desk, desk.get(address), BACK, reference=reference)
        assert answer is not None
        assert answer.location == "/staff/tips/unassigned"
