"""Open cases on which nothing happens: their districts are told, and nothing goes by itself."""

from __future__ import annotations

import re

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from alerts.models import Alert, AlertRelease, ReleaseKind
from cases.models import CaseStatus
from cases.opening import close_case, confirm_case
from database import current_database, utcnow
from staff.models import Staff
from staff.permissions import Role
from tests.retention.conftest import Later, Work
from tests.retention.factories import DAY
from tests.staff.factories import make_staff, sign_in
from tests.tips.factories import (
    FUNEN,
    OTHER_PHONE,
    ROBBERY,
    actor_of,
    all_tips,
    case_of,
    make_appeal,
    make_investigator,
    text_in,
)
from tips.inbox import read_tip
from tips.quiet_cases import quiet_cases
from tips.review import note_tip
from web.http.app import VarskoApp

QUIET = 180
CARD = "1 åben sag ligger stille"


@pytest.fixture
def investigator(work: Work) -> Staff:
    """An investigator of a case with a tip."""
    with work() as session:
        make_appeal(session)
        text_in(session, f"Sag {ROBBERY}: en hvid bil")
        return make_investigator(session)


def quiet_in(days: float) -> bool:
    """Whether the case counts as quiet so many days from now."""
    with time_machine.travel(utcnow() + days * DAY), current_database().unit_of_work() as session:
        return quiet_cases(session, actor_of(session)) == [case_of(session).id]


def test_a_case_without_activity_is_quiet(investigator: Staff) -> None:
    assert not quiet_in(QUIET - 1)
    assert quiet_in(QUIET + 1)


@pytest.mark.parametrize(
    "activity", ["a tip", "a reading", "a note", "a confirmation", "a closing"]
)
def test_whatever_is_done_on_it_counts(investigator: Staff, work: Work, activity: str) -> None:
    with time_machine.travel(utcnow() + 100 * DAY), work() as session:
        reader, case, (tip,) = actor_of(session), case_of(session), all_tips(session)
        match activity:
            case "a tip":
                text_in(session, f"Sag {ROBBERY}: to mænd", OTHER_PHONE)
            case "a reading":
                read_tip(session, reader, tip.id)
            case "a note":
                note_tip(session, reader, tip.id, "Ring til ham")
            case "a confirmation":
                confirm_case(session, reader, case.id)
            case _:
                close_case(session, reader, case.id)
    assert not quiet_in(QUIET + 99)
    assert quiet_in(QUIET + 101) is (activity != "a closing")


def test_its_district_is_told_and_can_say_that_it_goes_on(
    app: VarskoApp, investigator: Staff, work: Work
) -> None:
    with work() as session:
        stranger = make_staff(session, [Role.INVESTIGATOR], [FUNEN])
        case_id = case_of(session).id
    own = sign_in(app.test_client(), investigator)
    assert CARD not in own.get("/staff/").text
    with time_machine.travel(utcnow() + (QUIET + 1) * DAY):
        own, other = (sign_in(app.test_client(), who) for who in (investigator, stranger))
        assert CARD not in other.get("/staff/").text
        assert CARD in own.get("/staff/").text
        assert ROBBERY in own.get("/staff/cases?quiet=true").text
        address = f"/staff/cases/{case_id}"
        page = own.get(address).text
        assert "Der er længe ikke sket noget på sagen" in page
        token = re.search(r'csrf_token" value="([^"]+)"', page)
        assert token
        own.post(f"{address}/status", data={"csrf_token": token[1], "status": "confirmed"})
        assert CARD not in own.get("/staff/").text
        assert ROBBERY not in own.get("/staff/cases?quiet=true").text
        assert "Der er længe ikke sket noget" not in own.get(address).text


def test_nothing_of_it_is_deleted_or_closed_and_administrators_see_it(
    investigator: Staff, later: Later, work: Work, client: FlaskClient, administrator: Staff
) -> None:
    with work() as session:
        read_tip(session, actor_of(session), all_tips(session)[0].id)
    deleted = later(1500)
    assert not {"tips", "cases"} & deleted.keys()
    with work() as session:
        assert case_of(session).status is CaseStatus.OPEN
        assert len(all_tips(session)) == 1
    with time_machine.travel(utcnow() + 1500 * DAY):
        sign_in(client, administrator)
        page = client.get("/staff/retention").text
    row = page[page.index(">Sager") :]
    cells = re.findall(r"<td[^>]*>\s*([\d.]+)\s*<", row[: row.index("</tr>")])
    assert cells[-1] == "1"


def test_an_update_of_its_appeal_counts(investigator: Staff, work: Work) -> None:
    with time_machine.travel(utcnow() + 100 * DAY), work() as session:
        alert = session.scalars(select(Alert)).one()
        session.add(
            AlertRelease(
                alert_id=alert.id, kind=ReleaseKind.UPDATE, number=2, key="update", texts={},
                contents=[], target={}, target_description="", counts=[], recipients=0,
                created_by=alert.created_by,
            )
        )  # fmt: skip
    assert not quiet_in(QUIET + 99)
