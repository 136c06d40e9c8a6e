"""Before anything is sent the preview says which case an alert would belong to."""

from __future__ import annotations

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from alerts.kinds import AlertKind
from alerts.models import Alert
from alerts.releasing.preview import preview
from cases.models import Case, CaseStatus, JournalPrefix
from cases.opening import Appeal, open_case
from cases.preview import CasePreview
from database import current_database
from staff.actor import Actor
from staff.permissions import Role
from tests.alerts.factories import (
    CASE,
    NORTH,
    SOUTH,
    Country,
    make_draft,
    make_officer,
    make_reader,
)
from tests.staff.factories import make_staff, sign_in
from tips.models import Placement, Tip, TipChannel
from web.http.app import VarskoApp


def know(session: Session, district: str) -> None:
    """Let it be known whose numbers begin with 0900."""
    session.add(JournalPrefix(prefix="0900", district_code=district, source="a test"))
    session.flush()


def a_case(session: Session, *districts: str, tips: int = 0) -> Case:
    """A case of these districts, with some tips on it."""
    case = open_case(session, Appeal("EARLY2", CASE, "Røveri", districts))
    for number in range(tips):
        session.add(
            Tip(case_id=case.id, channel=TipChannel.WEB, language="da", text=f"Nr. {number}",
                placement=Placement.FORM)
        )  # fmt: skip
    session.flush()
    return case


def preview_of(session: Session, actor: Actor, alert: Alert) -> CasePreview:
    """What the preview says about the case."""
    found = preview(session, actor, alert).case
    assert found is not None
    return found


def warnings_of(session: Session, actor: Actor, alert: Alert) -> str:
    """Everything that the preview warns of."""
    return " ".join(preview(session, actor, alert).warnings)


def test_an_alert_without_a_number_has_no_case(
    session: Session, country: Country, officer: Actor
) -> None:
    alert = make_draft(session, country, officer, kind=AlertKind.AREA_ALERT, case_reference=None)
    assert preview(session, officer, alert).case is None


def test_a_new_number_is_a_new_case(session: Session, country: Country, officer: Actor) -> None:
    alert = make_draft(session, country, officer)
    preview = preview_of(session, officer, alert)
    assert (preview.is_new, preview.tips, preview.owner) == (True, None, None)
    assert preview.description == "Ny sag"
    assert not preview.warnings


def test_a_known_case_is_shown_with_its_tips_district_and_state(
    session: Session, country: Country, officer: Actor
) -> None:
    case = a_case(session, NORTH, tips=3)
    case.status = CaseStatus.CLOSED
    preview = preview_of(session, officer, make_draft(session, country, officer))
    assert (preview.is_new, preview.title, preview.tips) == (False, "Røveri", 3)
    assert preview.districts == ["Nordsjællands Politi"]
    assert preview.status is CaseStatus.CLOSED
    assert "3 tips" in preview.description
    assert "lukket" in preview.description


def test_a_number_of_another_district_is_warned_of(
    session: Session, country: Country, officer: Actor
) -> None:
    know(session, SOUTH)
    alert = make_draft(session, country, officer)
    assert "hører til Midt- og Vestsjællands Politi" in warnings_of(session, officer, alert)
    assert preview_of(session, officer, alert).owner == "Midt- og Vestsjællands Politi"
    assert not preview_of(session, officer, alert).problems


def test_another_district_s_case_is_warned_of_and_neither_shown_nor_counted(
    session: Session, country: Country, officer: Actor
) -> None:
    a_case(session, SOUTH, tips=5)
    alert = make_draft(session, country, officer)
    preview = preview_of(session, officer, alert)
    assert (preview.is_new, preview.title, preview.tips) == (True, None, None)
    assert "Midt- og Vestsjællands Politi har en sag" in warnings_of(session, officer, alert)
    assert "5" not in preview.description


def test_what_publishing_would_refuse_is_a_problem(
    session: Session, country: Country, officer: Actor
) -> None:
    know(session, SOUTH)
    a_case(session, SOUTH)
    problems = preview(session, officer, make_draft(session, country, officer)).problems
    assert any("anden politikreds" in problem for problem in problems)


def test_sharing_a_case_with_further_districts_is_warned_of(
    session: Session, country: Country
) -> None:
    a_case(session, NORTH)
    both = make_officer(session, [NORTH, SOUTH])
    wide = {"area_ids": [country.p3400, country.p4600]}
    alert = make_draft(session, country, both, target=wide)
    assert "Efterforskere i Midt- og Vestsjællands Politi" in warnings_of(session, both, alert)


def test_who_has_no_part_in_the_case_does_not_see_its_tips_in_a_shared_draft(
    session: Session, country: Country
) -> None:
    a_case(session, NORTH, tips=7)
    both = make_officer(session, [NORTH, SOUTH])
    wide = {"area_ids": [country.p3400, country.p4600]}
    alert = make_draft(session, country, both, target=wide)
    southerner = make_officer(session, [SOUTH], [Role.INVESTIGATOR])
    preview = preview_of(session, southerner, alert)
    assert (preview.is_new, preview.title, preview.tips, preview.status) == (
        False, None, None, None,
    )  # fmt: skip
    assert preview_of(session, both, alert).tips == 7


def browser(app: VarskoApp, *districts: str) -> FlaskClient:
    """An officer's browser, signed in."""
    with current_database().unit_of_work() as session:
        staff = make_staff(session, [Role.OFFICER], districts)
    return sign_in(app.test_client(), staff)


def test_the_page_and_the_api_say_it(app: VarskoApp, country: Country) -> None:
    with current_database().unit_of_work() as session:
        make_reader(session, country.p3400)
        a_case(session, NORTH, tips=2)
        code = make_draft(session, country, make_officer(session)).code
    officer = browser(app, NORTH)
    page = officer.get(f"/staff/alerts/{code}/preview")
    assert "Røveri, 2 tips, Nordsjællands Politi" in page.text
    answer = officer.get(f"/api/v1/alerts/{code}/preview").json
    assert answer is not None
    assert answer["case"] == {
        "reference": CASE,
        "is_new": False,
        "title": "Røveri",
        "status": "open",
        "tips": 2,
        "districts": ["Nordsjællands Politi"],
        "owner": None,
    }
