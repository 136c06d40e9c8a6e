"""Tips go some time after their case was closed; never unread ones, nor those of open cases."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.models import Alert, AlertStatus
from cases.models import Case, CaseAppeal
from cases.opening import close_case, reopen_case
from database import current_database, utcnow
from staff.actor import Actor
from tests.retention.conftest import Later, Work
from tests.retention.factories import DAY, count, one_chunk
from tests.staff.factories import sign_in
from tests.tips.factories import (
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
from tips.models import CaseSender, Tip, TipEvent, TipStatus
from tips.review import mark_tip, move_tip

KEPT = 730
LONG = 1800
"""Days: longer than tips are kept, and not so long that the trail itself goes."""
HOUR = 1 / 24


@pytest.fixture
def actor(work: Work) -> Actor:
    """An investigator who has closed a case with two read tips and an unread one."""
    with work() as session:
        make_appeal(session)
        reader = actor_of(session)
        for text, phone in (
            (f"Sag {ROBBERY}: en hvid bil", "+4520123456"),
            ("Den kørte mod nord", "+4520123456"),
            (f"Sag {ROBBERY}: to mænd løb", OTHER_PHONE),
        ):
            text_in(session, text, phone)
        for tip in all_tips(session)[:2]:
            read_tip(session, reader, tip.id)
        close_case(session, reader, case_of(session).id)
    return reader


def texts() -> list[str]:
    with current_database().unit_of_work(writes=False) as session:
        return [str(tip.text) for tip in all_tips(session)]


def test_read_tips_go_when_the_case_has_been_closed_for_long_enough(
    actor: Actor, later: Later
) -> None:
    assert later(KEPT - HOUR) == {}
    assert len(texts()) == 3
    assert later(KEPT + HOUR) == {"tips": 2}
    assert texts() == [f"Sag {ROBBERY}: to mænd løb"]
    # Their history and what recognised their sender go with them, and only theirs.
    assert count(TipEvent) == 2
    assert count(CaseSender) == 1


def test_a_tip_that_nobody_has_read_stays_however_old(
    actor: Actor, later: Later, work: Work
) -> None:
    later(LONG)
    assert len(texts()) == 1
    with work() as session:
        (left,) = all_tips(session)
        mark_tip(session, actor, left.id, TipStatus.NOT_USEFUL)
    assert later(LONG)["tips"] == 1


def test_a_sender_with_a_tip_left_on_the_case_is_still_recognised(work: Work, later: Later) -> None:
    with work() as session:
        make_appeal(session)
        reader = actor_of(session)
        for number in range(2):
            text_in(session, f"Sag {ROBBERY}: bil {number}")
        read_tip(session, reader, all_tips(session)[0].id)
        close_case(session, reader, case_of(session).id)
    assert later(KEPT + 1) == {"tips": 1}
    assert count(CaseSender) == 1


def test_tips_of_an_open_case_stay(actor: Actor, later: Later, work: Work) -> None:
    with work() as session:
        reopen_case(session, actor, case_of(session).id)
    assert "tips" not in later(LONG)
    assert len(texts()) == 3


def test_a_case_that_was_reopened_counts_from_when_it_was_closed_again(
    actor: Actor, later: Later, work: Work
) -> None:
    with time_machine.travel(utcnow() + 100 * DAY), work() as session:
        case = case_of(session)
        reopen_case(session, actor, case.id)
        assert case.closed_at is None
        close_case(session, actor, case.id)
    assert later(KEPT + 99) == {}
    assert later(KEPT + 101) == {"tips": 2}


def test_a_new_appeal_reopens_the_case(actor: Actor, work: Work, later: Later) -> None:
    with work() as session:
        make_appeal(session, "RBBRY3")
        assert case_of(session).closed_at is None
    assert "tips" not in later(KEPT + 1)


def test_a_tip_that_came_after_the_case_was_closed_is_kept_as_long(
    actor: Actor, later: Later, work: Work
) -> None:
    with time_machine.travel(utcnow() + 100 * DAY), work() as session:
        text_in(session, f"Sag {ROBBERY}: for sent", "+4520999999")
        read_tip(session, actor, all_tips(session)[-1].id)
    assert later(KEPT + 1) == {"tips": 2}
    assert f"Sag {ROBBERY}: for sent" in texts()
    assert later(KEPT + 101) == {"tips": 1}


def test_a_tip_that_was_moved_to_an_old_case_is_kept_as_long(
    actor: Actor, later: Later, work: Work
) -> None:
    with work() as session:
        text_in(session, "Jeg så en mand", "+4520888888")
        waiting = all_tips(session)[-1].id
    with time_machine.travel(utcnow() + KEPT * DAY), work() as session:
        move_tip(session, actor, waiting, ROBBERY, "Samme sag")
        read_tip(session, actor, waiting)
    assert later(KEPT + 1) == {"tips": 2}
    assert "Jeg så en mand" in texts()


@pytest.mark.parametrize("is_read", [True, False])
def test_a_tip_without_a_case_counts_from_when_it_came(
    work: Work, later: Later, is_read: bool
) -> None:
    with work() as session:
        text_in(session, "Jeg så en mand")
        if is_read:
            read_tip(session, actor_of(session), all_tips(session)[0].id)
    assert later(KEPT - 1) == {}
    assert later(KEPT + 1) == ({"tips": 1} if is_read else {})


def test_a_case_goes_once_neither_tips_nor_alerts_are_left(
    actor: Actor, later: Later, work: Work
) -> None:
    later(KEPT + 1)
    assert count(Case) == 1, "a tip that nobody has read is left"
    with work() as session:
        (left,) = all_tips(session)
        mark_tip(session, actor, left.id, TipStatus.USEFUL)
    assert later(KEPT + 2) == {"tips": 1}
    assert count(Case) == 1, "its appeal can still be read by everybody"
    with work() as session:
        alert = session.scalars(select(Alert)).one()
        alert.status, alert.closed_at = AlertStatus.CLOSED, utcnow()
    assert later(KEPT + 3) == {"alerts": 1, "cases": 1}
    assert (count(Case), count(CaseAppeal), count(CaseSender)) == (0, 0, 0)
    with work() as session:
        reply = text_in(session, f"Sag {ROBBERY}: jeg har set noget", "+4520777777")
        assert reply
        (tip,) = all_tips(session)
        assert (tip.case_id, tip.stated_reference) == (None, ROBBERY)


def test_a_case_that_another_tips_history_names_stays(
    actor: Actor, later: Later, work: Work
) -> None:
    other = "0900-10161-00055-24"
    with work() as session:
        make_appeal(session, "OTHER2", other)
        moved = all_tips(session)[0].id
        move_tip(session, actor, moved, other, "Forkert sag")
        mark_tip(session, actor, all_tips(session)[2].id, TipStatus.USEFUL)
        for alert in session.scalars(select(Alert)):
            alert.status, alert.closed_at = AlertStatus.CLOSED, utcnow()
    later(KEPT + 1)
    with work() as session:
        assert {case.reference for case in session.scalars(select(Case))} == {ROBBERY, other}
        close_case(session, actor, case_of(session, other).id)
    later(KEPT + 2)
    assert count(Case) == 0


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("held", [Tip, Case])
def test_what_somebody_is_working_on_is_left_for_the_next_time(
    actor: Actor, work: Work, held: type[Tip] | type[Case]
) -> None:
    with time_machine.travel(utcnow() + (KEPT + 1) * DAY, tick=False):
        with work() as colleague:
            lock_first(colleague, held)
            run = one_chunk()
            assert run.deleted == ({"tips": 1} if held is Tip else {})
        assert len(texts()) == (2 if held is Tip else 3)


def lock_first(session: Session, table: type[Tip] | type[Case]) -> None:
    session.scalars(select(table).order_by(table.id).limit(1).with_for_update()).one()


def test_the_page_of_a_closed_case_says_from_when_its_tips_are_deleted(
    work: Work, client: FlaskClient
) -> None:
    with work() as session:
        make_appeal(session)
        text_in(session, f"Sag {ROBBERY}: en hvid bil")
        investigator = make_investigator(session)
        case_id = case_of(session).id
    sign_in(client, investigator)
    address = f"/staff/cases/{case_id}"
    assert "Læste tips slettes fra" not in client.get(address).text
    with work() as session:
        case = close_case(session, actor_of(session), case_id)
        case.closed_at = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
    page = client.get(address).text
    assert "Lukket 1. marts 2026. Læste tips slettes fra 29. februar 2028." in page
