"""An administrator corrects a case: what belongs to it moves along, and everything is kept."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.models import Alert
from audit.models import AuditEntry
from cases.correction import change_districts, change_reference, history_of, move_appeal
from cases.errors import InvalidCorrection
from cases.lookup import case_of_appeal
from cases.models import Case, CaseChangeKind
from database import current_database
from staff.actor import Actor
from staff.permissions import Role
from tests.staff.factories import api_headers, make_staff, sign_in
from tests.tips.factories import (
    FUNEN,
    MISSING,
    NORTH,
    OTHER_PHONE,
    ROBBERY,
    actor_of,
    all_tips,
    case_of,
    hand_over,
    know_prefix,
    make_appeal,
    text_in,
)
from tips.case_lists import list_cases
from tips.inbox import list_events
from web.http.app import VarskoApp

WHY = "Nummeret var tastet forkert"


@pytest.fixture
def administrator(session: Session) -> Actor:
    """Somebody who corrects cases and belongs to no district."""
    staff = actor_of(session)
    return Actor(staff.staff_id, staff.name, frozenset({Role.ADMINISTRATOR}), frozenset())


def audited(session: Session, action: str) -> AuditEntry:
    """The one entry of an action."""
    return session.scalars(select(AuditEntry).where(AuditEntry.action == action)).one()


def test_a_corrected_number_is_on_the_case_its_alert_and_its_waiting_tips(
    session: Session, administrator: Actor
) -> None:
    know_prefix(session, "0900", NORTH)
    alert = make_appeal(session, "WRNG77", MISSING, "Indbrud", districts=[NORTH])
    text_in(session, f"{ROBBERY}: jeg så ham")
    case = case_of(session, MISSING)
    change_reference(session, administrator, case.id, "0900 10161 00018 24", WHY)
    session.expire_all()
    assert (case.reference, alert.case_reference) == (ROBBERY, ROBBERY)
    assert [tip.case for tip in all_tips(session)] == [case]
    [change] = history_of(session, case)
    assert (change.kind, change.before, change.after, change.reason) == (
        CaseChangeKind.REFERENCE, MISSING, ROBBERY, WHY,
    )  # fmt: skip
    entry = audited(session, "case.reference_changed")
    assert (entry.staff_id, entry.detail) == (
        administrator.staff_id, {"before": MISSING, "after": ROBBERY},
    )  # fmt: skip
    # The number is free again: its owner's next appeal opens a case of its own.
    make_appeal(session, "RIGHT8", MISSING, "Savnet", districts=[NORTH])
    assert case_of(session, MISSING).id != case.id


def test_a_number_that_the_district_has_a_case_with_is_not_given_twice(
    session: Session, administrator: Actor
) -> None:
    make_appeal(session)
    make_appeal(session, "MSSNG3", MISSING)
    for wrong in (ROBBERY, MISSING, "12"):
        with pytest.raises(InvalidCorrection):
            change_reference(session, administrator, case_of(session, MISSING).id, wrong, WHY)
    assert case_of(session, MISSING)


def test_a_case_moves_to_another_district_and_out_of_the_first_one_s_sight(
    session: Session, administrator: Actor
) -> None:
    hand_over(session, make_appeal(session))
    text_in(session, "Jeg så ham")
    change_districts(session, administrator, case_of(session).id, [FUNEN], WHY)
    session.expire_all()
    assert list_cases(session, actor_of(session, NORTH)) == []
    assert [row.total for row in list_cases(session, actor_of(session, FUNEN))] == [1]
    entry = audited(session, "case.districts_changed")
    assert entry.detail == {"before": [NORTH], "after": [FUNEN]}
    with pytest.raises(InvalidCorrection):
        change_districts(session, administrator, case_of(session).id, [], WHY)


def test_a_moved_appeal_takes_the_tips_along_that_came_on_it_and_no_others(
    session: Session, administrator: Actor
) -> None:
    make_appeal(session)
    wrong = make_appeal(session, "WRNG77", ROBBERY, "Savnet")
    hand_over(session, wrong)
    text_in(session, "Jeg så hende")
    text_in(session, f"{ROBBERY}: jeg så ham", OTHER_PHONE)
    robbery = case_of(session)
    moved = move_appeal(session, administrator, "WRNG77", MISSING, [], WHY)
    session.expire_all()
    assert (moved.reference, moved.title) == (MISSING, "Savnet")
    assert moved.district_codes == {NORTH}
    assert wrong.case_reference == MISSING
    hers, his = all_tips(session)
    assert (hers.case, his.case) == (moved, robbery)
    latest = list_events(session, hers)[0]
    assert (latest.from_case, latest.to_case) == (robbery, moved)
    assert [change.kind for change in history_of(session, robbery)] == ["appeal_left"]
    assert [change.kind for change in history_of(session, moved)] == ["appeal_joined"]
    assert audited(session, "case.appeal_moved").detail == {"alert": "WRNG77", "after": moved.id}
    with pytest.raises(InvalidCorrection):
        move_appeal(session, administrator, "WRNG77", MISSING, [], WHY)


@pytest.fixture
def case_id(app: VarskoApp) -> int:
    """A case of North Zealand."""
    with current_database().unit_of_work() as session:
        make_appeal(session)
        return case_of(session).id


def browser(app: VarskoApp, role: Role) -> FlaskClient:
    """Somebody with this role, signed in."""
    with current_database().unit_of_work() as session:
        staff = make_staff(session, [role], [NORTH])
    return sign_in(app.test_client(), staff)


def test_the_page_finds_corrects_and_shows_what_was_corrected(app: VarskoApp, case_id: int) -> None:
    client = browser(app, Role.ADMINISTRATOR)
    address = f"/staff/case-corrections/{case_id}"
    assert address in client.get(f"/staff/case-corrections?reference={ROBBERY}").text
    assert client.get("/staff/case-corrections?reference=12").status_code == 422
    token = api_headers(client)
    unexplained = client.post(f"{address}/reference", data={"reference": MISSING}, headers=token)
    assert unexplained.status_code == 422
    done = client.post(
        f"{address}/reference", data={"reference": MISSING, "reason": WHY}, headers=token
    )
    assert done.status_code == 303
    shown = client.get(address).text
    assert f"{ROBBERY} → {MISSING}" in shown
    assert WHY in shown
    moved = client.post(
        f"{address}/appeals/RBBRY2",
        data={"reference": ROBBERY, "reason": WHY, "districts": []},
        headers=token,
    )
    with current_database().unit_of_work() as session:
        found = case_of_appeal(session, "RBBRY2")
        assert found is not None
        assert moved.location.endswith(f"/{found.id}")
        assert session.scalars(select(Alert)).one().case_reference == ROBBERY


def test_the_api_corrects_too(app: VarskoApp, case_id: int) -> None:
    client = browser(app, Role.ADMINISTRATOR)
    address = "/api/v1/case-corrections"
    found = client.get(f"{address}?reference={ROBBERY}").json
    assert found is not None
    assert [case["id"] for case in found["cases"]] == [case_id]
    headers = api_headers(client)
    done = client.patch(
        f"{address}/{case_id}", json={"reference": MISSING, "reason": WHY}, headers=headers
    ).json
    assert done is not None
    assert (done["reference"], done["history"][0]["before"]) == (MISSING, ROBBERY)
    back = client.post(
        f"{address}/appeals/RBBRY2", json={"reference": ROBBERY, "reason": WHY}, headers=headers
    ).json
    assert back is not None
    assert back["appeals"] == ["RBBRY2"]
    nothing = client.patch(f"{address}/{case_id}", json={"reason": WHY}, headers=headers)
    assert nothing.status_code == 422


@pytest.mark.parametrize("role", [Role.OFFICER, Role.INVESTIGATOR])
def test_nobody_else_corrects_cases(app: VarskoApp, case_id: int, role: Role) -> None:
    client = browser(app, role)
    headers = api_headers(client)
    for address in (f"/staff/case-corrections/{case_id}", "/staff/case-corrections"):
        assert client.get(address).status_code == 403
    change = {"reference": MISSING, "reason": WHY}
    page = client.post(f"/staff/case-corrections/{case_id}/reference", data=change, headers=headers)
    api = client.patch(f"/api/v1/case-corrections/{case_id}", json=change, headers=headers)
    assert (page.status_code, api.status_code) == (403, 403)
    with current_database().unit_of_work() as session:
        assert session.get_one(Case, case_id).reference == ROBBERY
