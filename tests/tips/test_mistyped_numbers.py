"""A case number of another district: nothing of theirs moves, and their own appeal goes out."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.errors import CaseOfAnotherDistrict, SeveralCases
from cases.lookup import case_of_appeal, cases_with, find_case_by_reference
from cases.models import Case
from tests.tips.factories import (
    FUNEN,
    MISSING,
    NORTH,
    OTHER_PHONE,
    ROBBERY,
    actor_of,
    all_tips,
    hand_over,
    know_prefix,
    make_appeal,
    text_in,
)
from tips.case_lists import count_unassigned, list_cases
from tips.models import Tip


def the_tip(session: Session) -> Tip:
    """The only tip there is."""
    [tip] = all_tips(session)
    session.refresh(tip)
    return tip


def mistype(session: Session) -> Case:
    """North Zealand publishes an appeal under a number of Funen's."""
    make_appeal(session, "WRNG77", MISSING, "Indbrud", districts=[NORTH])
    found = case_of_appeal(session, "WRNG77")
    assert found is not None
    return found


def total_of(session: Session, district: str) -> int:
    """How many tips an investigator of this district counts on cases."""
    return sum(case.total for case in list_cases(session, actor_of(session, district)))


@pytest.mark.parametrize("is_known", [True, False])
def test_a_mistyped_number_gets_none_of_the_tips_that_wait_for_its_owner(
    session: Session, is_known: bool
) -> None:
    if is_known:
        know_prefix(session, "0500", FUNEN)
    text_in(session, f"{MISSING}: jeg så ham ved havnen")
    mistype(session)
    assert the_tip(session).case is None
    assert count_unassigned(session, actor_of(session, FUNEN)) == 1
    assert total_of(session, NORTH) == 0


def test_a_tip_that_states_a_known_number_waits_with_the_district_it_belongs_to(
    session: Session,
) -> None:
    know_prefix(session, "0500", FUNEN)
    text_in(session, f"{MISSING}: jeg så ham ved havnen")
    assert count_unassigned(session, actor_of(session, FUNEN)) == 1
    assert count_unassigned(session, actor_of(session, NORTH)) == 0


def test_its_owner_gets_the_tips_that_waited_whatever_was_mistyped_before(
    session: Session,
) -> None:
    know_prefix(session, "0500", FUNEN)
    text_in(session, f"{MISSING}: jeg så ham ved havnen")
    wrong = mistype(session)
    make_appeal(session, "RIGHT8", MISSING, "Savnet", districts=[FUNEN])
    case = the_tip(session).case
    assert case is not None
    assert case.id != wrong.id
    assert case.district_codes == {FUNEN}


@pytest.mark.parametrize("is_known", [True, False])
def test_its_owner_s_own_appeal_is_not_blocked_and_the_cases_stay_apart(
    session: Session, is_known: bool
) -> None:
    if is_known:
        know_prefix(session, "0500", FUNEN)
    wrong = mistype(session)
    make_appeal(session, "RIGHT8", MISSING, "Savnet", districts=[FUNEN])
    session.expire_all()
    right = case_of_appeal(session, "RIGHT8")
    assert right is not None
    assert wrong.district_codes == {NORTH}
    assert right.district_codes == {FUNEN}
    again = make_appeal(session, "AGAIN9", MISSING, "Savnet igen", districts=[FUNEN])
    assert case_of_appeal(session, again.code) is right
    assert len(cases_with(session, MISSING)) == 2


def test_a_number_known_to_be_another_district_s_case_is_refused(session: Session) -> None:
    know_prefix(session, "0500", FUNEN)
    make_appeal(session, "RIGHT8", MISSING, "Savnet", districts=[FUNEN])
    with pytest.raises(CaseOfAnotherDistrict):
        mistype(session)


def test_an_unknown_number_pulls_only_tips_of_the_case_s_own_districts(session: Session) -> None:
    hand_over(session, make_appeal(session, "NRTH22", None, districts=[NORTH]))
    text_in(session, f"{MISSING}: jeg så ham")
    hand_over(session, make_appeal(session, "FUNN33", None, districts=[FUNEN]), OTHER_PHONE)
    text_in(session, f"{MISSING}: jeg så hende", OTHER_PHONE)
    make_appeal(session, "BOTH44", MISSING, "Savnet", districts=[NORTH])
    ours, theirs = all_tips(session)
    assert ours.case is case_of_appeal(session, "BOTH44")
    assert theirs.case is None
    assert [district.code for district in theirs.districts] == [FUNEN]


def test_who_got_the_mistyped_appeal_and_states_its_number_answers_it(session: Session) -> None:
    know_prefix(session, "0500", FUNEN)
    appeal = make_appeal(session, "WRNG77", MISSING, "Indbrud", districts=[NORTH])
    make_appeal(session, "RIGHT8", MISSING, "Savnet", districts=[FUNEN])
    hand_over(session, appeal)
    text_in(session, f"{MISSING} jeg så en varevogn")
    text_in(session, f"{MISSING} jeg så ham", OTHER_PHONE)
    ours, theirs = all_tips(session)
    assert ours.case is case_of_appeal(session, "WRNG77")
    assert theirs.case is case_of_appeal(session, "RIGHT8")


def test_a_tip_that_states_a_number_of_two_cases_waits_with_both_districts(
    session: Session,
) -> None:
    mistype(session)
    make_appeal(session, "RIGHT8", MISSING, "Savnet", districts=[FUNEN])
    text_in(session, f"{MISSING} jeg så ham")
    tip = the_tip(session)
    assert tip.case is None
    assert {district.code for district in tip.districts} == {NORTH, FUNEN}


def test_an_investigator_of_both_districts_is_told_that_two_cases_have_the_number(
    session: Session,
) -> None:
    mistype(session)
    make_appeal(session, "RIGHT8", MISSING, "Savnet", districts=[FUNEN])
    with pytest.raises(SeveralCases):
        find_case_by_reference(session, actor_of(session, NORTH, FUNEN), MISSING)
    know_prefix(session, "0500", FUNEN)
    found = find_case_by_reference(session, actor_of(session, NORTH, FUNEN), MISSING)
    assert found.district_codes == {FUNEN}


def test_within_a_district_a_number_names_one_case(session: Session) -> None:
    make_appeal(session)
    make_appeal(session, "AGAIN4", ROBBERY, "Nyt om røveriet", districts=[NORTH])
    assert len(session.scalars(select(Case)).all()) == 1
