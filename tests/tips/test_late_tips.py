"""Tips that came after their case was closed are marked, and not overlooked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from cases.models import CaseStatus
from database import current_database, utcnow
from tests.staff.factories import csrf_token
from tests.tips.factories import ROBBERY, all_tips, case_of, make_appeal, text_in
from web.http.app import VarskoApp

pytestmark = pytest.mark.one_database

LATE = "Kom efter lukningen"
OTHER = "0900-10161-00019-24"


@pytest.fixture
def case_id(app: VarskoApp) -> int:
    """A case that was closed an hour ago, with a tip from before and one from after."""
    with current_database().unit_of_work() as session:
        make_appeal(session)
        text_in(session, f"Den gamle {ROBBERY}")
        make_appeal(session, "THFTH5", OTHER, "Tyveri")
        case = case_of(session)
        case.status, case.closed_at = CaseStatus.CLOSED, utcnow() - timedelta(hours=1)
        all_tips(session)[0].received_at = utcnow() - timedelta(hours=2)
        text_in(session, f"Den sene {ROBBERY}")
        return case.id


def test_a_late_tip_is_marked_in_the_list_and_on_its_own_page(
    desk: FlaskClient, case_id: int
) -> None:
    page = desk.get(f"/staff/cases/{case_id}").text
    assert page.count(LATE) == 1
    assert "2 tips venter på den lukkede sag" in page
    with current_database().unit_of_work(writes=False) as session:
        old, late = (tip.id for tip in all_tips(session))
    assert desk.get(f"/staff/tips/{late}").text.count(LATE) == 1
    # The other tip of the same sender stands beside it, with its own marks.
    assert desk.get(f"/staff/tips/{old}").text.count(LATE) == 1


def test_closed_cases_with_unread_tips_come_first_and_are_on_the_front_page(
    desk: FlaskClient, case_id: int
) -> None:
    cases = desk.get("/staff/cases").text
    assert cases.index("Røveri i Hillerød") < cases.index("Tyveri")
    for page in (cases, desk.get("/staff/").text):
        assert "2 tips venter på lukkede sager" in page
    with current_database().unit_of_work(writes=False) as session:
        tips = [tip.id for tip in all_tips(session)]
    for tip in tips:
        desk.get(f"/staff/tips/{tip}")
    cases = desk.get("/staff/cases").text
    assert cases.index("Tyveri") < cases.index("Røveri i Hillerød")
    for page in (cases, desk.get("/staff/").text, desk.get(f"/staff/cases/{case_id}").text):
        assert "lukkede sag" not in page


def test_a_reopened_case_has_no_late_tips(desk: FlaskClient, case_id: int) -> None:
    token = csrf_token(desk.get(f"/staff/cases/{case_id}"))
    desk.post(f"/staff/cases/{case_id}/status", data={"csrf_token": token, "status": "open"})
    assert LATE not in desk.get(f"/staff/cases/{case_id}").text
