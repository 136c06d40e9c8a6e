"""Opened is not judged: lists and counts say which, and what is urgent stays until it is judged."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.models import CaseStatus
from database import current_database
from tests.staff.factories import csrf_token
from tests.tips.factories import (
    OTHER_PHONE,
    PHONE,
    ROBBERY,
    actor_of,
    all_tips,
    case_of,
    make_appeal,
    text_in,
)
from tips.case_lists import list_cases
from tips.inbox import read_tip
from tips.models import Tip, TipEvent, TipStatus
from web.http.app import VarskoApp

CALM, URGENT = 0, 1


@pytest.fixture
def tips(app: VarskoApp) -> list[int]:
    """A calm tip and an urgent one on the robbery."""
    with current_database().unit_of_work() as session:
        make_appeal(session)
        text_in(session, f"Jeg så en varevogn, sag {ROBBERY}")
        text_in(session, f"Han har en kniv lige nu, sag {ROBBERY}", phone=OTHER_PHONE)
        return [tip.id for tip in all_tips(session)]


def case_id() -> int:
    with current_database().unit_of_work(writes=False) as session:
        return case_of(session).id


def open_all(desk: FlaskClient, tips: list[int]) -> None:
    for tip in tips:
        assert desk.get(f"/staff/tips/{tip}").status_code == 200


def judge(desk: FlaskClient, tip: int, status: str = "useful") -> str:
    token = csrf_token(desk.get(f"/staff/tips/{tip}"))
    answer = desk.post(f"/staff/tips/{tip}/mark", data={"csrf_token": token, "status": status})
    return str(answer.location)


def test_the_numbers_tell_opened_from_judged(session: Session) -> None:
    make_appeal(session)
    for text in ("Jeg så en varevogn", "Han har en kniv lige nu", "En cykel"):
        text_in(session, f"{text} {ROBBERY}")
    reader = actor_of(session)
    tips = all_tips(session)
    read_tip(session, reader, tips[0].id)
    read_tip(session, reader, tips[1].id)
    row = list_cases(session, reader)[0]
    assert (row.total, row.new, row.opened, row.urgent, row.waiting) == (3, 1, 2, 1, 2)


def test_lists_say_which_tips_are_opened_and_not_judged(desk: FlaskClient, tips: list[int]) -> None:
    open_all(desk, tips)
    assert desk.get(f"/staff/cases/{case_id()}").text.count("Åbnet, ikke vurderet") >= 3
    assert "Åbnet, ikke vurderet" in desk.get("/staff/cases").text
    front = desk.get("/staff/").text
    assert "1 haster og er ikke vurderet." in front
    assert "2 er åbnet, men ikke vurderet." in front
    for tip in tips:
        judge(desk, tip)
    front = desk.get("/staff/").text
    assert "ikke vurderet" not in front


def test_who_has_judged_all_new_ones_comes_to_the_urgent_one(
    desk: FlaskClient, tips: list[int]
) -> None:
    open_all(desk, [tips[URGENT]])
    assert f"/staff/tips/{tips[URGENT]}?" in judge(desk, tips[CALM])
    assert judge(desk, tips[URGENT]) == f"/staff/cases/{case_id()}"


def test_an_urgent_tip_that_was_only_opened_stays_visible_on_a_closed_case(
    desk: FlaskClient, tips: list[int]
) -> None:
    open_all(desk, tips)
    case = f"/staff/cases/{case_id()}"
    closing = {"csrf_token": csrf_token(desk.get(case)), "status": "closed"}
    asked = desk.post(f"{case}/status", data=closing).text
    assert "Luk sagen med 2 tips, som ingen har vurderet?" in asked
    assert "1 haster og er ikke vurderet. 0 har ingen åbnet. 2 er åbnet, men ikke" in asked
    desk.post(f"{case}/status", data={**closing, "sure": "true"})
    with current_database().unit_of_work(writes=False) as session:
        assert case_of(session).status is CaseStatus.CLOSED
    for page in ("/staff/", "/staff/cases", case):
        assert re.search("1 tip venter på (en|den) lukke(t|de) sag", desk.get(page).text), page
    judge(desk, tips[URGENT])
    for page in ("/staff/", "/staff/cases", case):
        assert "venter på" not in desk.get(page).text, page


def test_an_urgent_tip_without_a_case_is_told_until_it_is_judged(
    desk: FlaskClient, app: VarskoApp
) -> None:
    with current_database().unit_of_work() as session:
        text_in(session, "Han har en kniv lige nu")
        tip = all_tips(session)[0].id
    open_all(desk, [tip])
    assert "1 haster og er ikke vurderet." in desk.get("/staff/").text
    judge(desk, tip, "not_useful")
    assert "ikke vurderet" not in desk.get("/staff/").text


def notes_of(tip: int) -> list[str]:
    with current_database().unit_of_work(writes=False) as session:
        query = select(TipEvent).where(TipEvent.tip_id == tip, TipEvent.note.is_not(None))
        return [str(event.note) for event in session.scalars(query.order_by(TipEvent.id))]


def form_of(desk: FlaskClient, tip: int) -> dict[str, str]:
    """The hidden fields of the form of a tip's page, as it is drawn now."""
    page = desk.get(f"/staff/tips/{tip}").text
    return {
        name: re.findall(f'name="{name}" value="([^"]+)"', page)[-1]
        for name in ("csrf_token", "form_id")
    }


WAYS = [
    ("step", {"to": ""}), ("mark", {"status": "useful"}), ("take", {}), ("release", {}),
    ("urgency", {"urgent": "true"}),
]  # fmt: skip


@pytest.mark.parametrize(("first", "typed"), WAYS)
@pytest.mark.parametrize(("second", "then"), WAYS)
def test_a_note_that_a_page_sends_twice_is_one_note(
    desk: FlaskClient,
    tips: list[int],
    first: str,
    typed: dict[str, str],
    second: str,
    then: dict[str, str],
) -> None:
    tip = tips[CALM]
    form = form_of(desk, tip) | {"note": "Se kameraet"}
    desk.post(f"/staff/tips/{tip}/{first}", data=form | typed)
    desk.post(f"/staff/tips/{tip}/{second}", data=form | then)
    assert notes_of(tip) == ["Se kameraet"]


def test_what_is_written_anew_or_changed_is_another_note(
    desk: FlaskClient, tips: list[int]
) -> None:
    tip = tips[CALM]
    form = form_of(desk, tip) | {"to": ""}
    for note in ("Ringet, intet svar", "Ringet igen", "Ringet, intet svar"):
        desk.post(f"/staff/tips/{tip}/step", data=form | {"note": note})
    again = form_of(desk, tip) | {"to": "", "note": "Ringet, intet svar"}
    desk.post(f"/staff/tips/{tip}/step", data=again)
    assert notes_of(tip) == ["Ringet, intet svar", "Ringet igen", "Ringet, intet svar"]


def test_a_note_beside_a_mistake_is_not_lost(desk: FlaskClient, tips: list[int]) -> None:
    tip = tips[CALM]
    form = form_of(desk, tip) | {"note": "Se kameraet"}
    refused = desk.post(f"/staff/tips/{tip}/move", data=form | {"reference": "12", "reason": "x"})
    assert refused.status_code == 422
    assert notes_of(tip) == []
    desk.post(f"/staff/tips/{tip}/step", data=form | {"to": ""})
    assert notes_of(tip) == ["Se kameraet"]


def test_marking_back_and_forth_does_what_the_last_button_says(
    desk: FlaskClient, tips: list[int]
) -> None:
    tip = tips[CALM]
    form = form_of(desk, tip) | {"note": "Se kameraet"}
    for status in ("useful", "not_useful", "useful"):
        desk.post(f"/staff/tips/{tip}/mark", data=form | {"status": status})
    with current_database().unit_of_work(writes=False) as session:
        assert session.get_one(Tip, tip).status is TipStatus.USEFUL
    assert notes_of(tip) == ["Se kameraet"]


def test_the_sender_is_shown_by_one_rule_with_and_without_a_case(
    desk: FlaskClient, tips: list[int]
) -> None:
    with current_database().unit_of_work() as session:
        text_in(session, "Jeg så noget ved søen", phone="+4520777777")
        text_in(session, "Og bilen var rød", phone="+4520777777")
        text_in(session, "Noget helt andet", phone="+4520888888")
        text_in(session, f"Jeg hørte et råb, sag {ROBBERY}", phone="+4520777777")
        queued = [tip.id for tip in all_tips(session) if tip.case_id is None]
    for tip in (tips[CALM], queued[0]):
        page = desk.get(f"/staff/tips/{tip}").text
        assert "Afsenderens nummer er forseglet og vises ikke." in page
        assert PHONE.removeprefix("+45") not in re.sub(r"\D", "", page)
    page = desk.get(f"/staff/tips/{queued[0]}").text
    assert "Og bilen var rød" in page, "the same sender's, also without a case"
    assert "Jeg hørte et råb" not in page, "what lies on a case stays there"
    assert "Noget helt andet" not in page
    assert "Afsender 1" not in page
