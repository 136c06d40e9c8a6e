"""Where a message goes: the first rule that applies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tips.intake.routing import (
    FOLLOW_UP,
    MOST_CANDIDATES,
    Appeal,
    Ask,
    AskAgain,
    Decision,
    Earlier,
    Facts,
    OnCase,
    StatedCase,
    Unassigned,
    decide,
    read_choice,
)
from tips.models import CHOICE_LASTS, Placement

NOW = datetime(2025, 3, 3, 14, 5, tzinfo=UTC)
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
REFERENCE = "0900-10161-00018-24"
OTHER = "0900-10161-00019-24"


def appeal(code: str, case_id: int | None, age: timedelta = DAY, district: str = "D1") -> Appeal:
    return Appeal(code, case_id, f"Title of {code}", NOW - age, frozenset({district}))


ROBBERY = appeal("RBBRY2", 1)
MISSING = appeal("MSSNG3", 2, age=2 * DAY, district="D2")
NO_CASE = appeal("NCSE44", None)
THE_CASE = StatedCase(7, frozenset({"D1"}))
TWIN = StatedCase(8, frozenset({"D2"}))
"""Another district's case with the same reference: one of the two is mistyped."""


@pytest.mark.parametrize(
    ("facts", "decision"),
    [
        pytest.param(Facts(NOW), Unassigned(), id="nothing known: the queue"),
        pytest.param(
            Facts(NOW, appeals=(ROBBERY,)),
            OnCase(1, Placement.APPEAL, "RBBRY2"),
            id="one open appeal: its case",
        ),
        pytest.param(
            Facts(NOW, appeals=(NO_CASE,)),
            Unassigned(Placement.APPEAL, "NCSE44", None, frozenset({"D1"})),
            id="one open appeal without a case: the queue, with the appeal noted",
        ),
        pytest.param(
            Facts(NOW, appeals=(MISSING, ROBBERY)),
            Ask((ROBBERY, MISSING)),
            id="two appeals: ask, the newest first",
        ),
        pytest.param(
            Facts(NOW, appeals=(ROBBERY, appeal("AGAIN5", 1, age=MINUTE))),
            OnCase(1, Placement.APPEAL, "AGAIN5"),
            id="two appeals of one case are one",
        ),
        pytest.param(
            Facts(
                NOW, stated=(REFERENCE,), cases={REFERENCE: [THE_CASE]}, appeals=(ROBBERY, MISSING)
            ),
            OnCase(7, Placement.REFERENCE),
            id="a case reference in the text beats every appeal",
        ),
        pytest.param(
            Facts(
                NOW,
                stated=(REFERENCE,),
                cases={REFERENCE: [StatedCase(2, frozenset({"D2"}))]},
                appeals=(ROBBERY, MISSING),
            ),
            OnCase(2, Placement.REFERENCE, "MSSNG3"),
            id="and the appeal of that case is noted",
        ),
        pytest.param(
            Facts(NOW, stated=(OTHER, REFERENCE), cases={REFERENCE: [THE_CASE]}),
            OnCase(7, Placement.REFERENCE),
            id="of several references the first that exists counts",
        ),
        pytest.param(
            Facts(NOW, stated=(REFERENCE,), appeals=(ROBBERY,)),
            Unassigned(Placement.UNKNOWN_REFERENCE, "RBBRY2", REFERENCE, frozenset({"D1"})),
            id="an unknown reference: the queue, with what was stated and what was received",
        ),
        pytest.param(
            Facts(NOW, stated=(REFERENCE,), appeals=(ROBBERY, MISSING)),
            Unassigned(Placement.UNKNOWN_REFERENCE, None, REFERENCE, frozenset({"D1", "D2"})),
            id="an unknown reference and two appeals: the queue of both districts",
        ),
        pytest.param(
            Facts(NOW, asked_at=NOW - MINUTE, appeals=(ROBBERY, MISSING)),
            AskAgain(),
            id="who was asked and writes on is asked again",
        ),
        pytest.param(
            Facts(NOW, stated=(REFERENCE,), cases={REFERENCE: [THE_CASE]}, asked_at=NOW - MINUTE),
            OnCase(7, Placement.REFERENCE),
            id="a reference answers the question too",
        ),
        pytest.param(
            Facts(
                NOW,
                asked_at=NOW - 5 * MINUTE,
                appeals=(ROBBERY, MISSING, appeal("NEWER6", 3, age=MINUTE)),
            ),
            OnCase(3, Placement.APPEAL, "NEWER6"),
            id="an appeal that was sent after the question is what was asked last",
        ),
        pytest.param(
            Facts(
                NOW,
                stated=(REFERENCE,),
                cases={REFERENCE: [THE_CASE, TWIN]},
                owners={REFERENCE: "D2"},
            ),
            OnCase(8, Placement.REFERENCE),
            id="of two cases with one number that of its owner",
        ),
        pytest.param(
            Facts(
                NOW,
                stated=(REFERENCE,),
                cases={REFERENCE: [THE_CASE, TWIN]},
                owners={REFERENCE: "D2"},
                appeals=(appeal("WRONG7", 7),),
            ),
            OnCase(7, Placement.REFERENCE, "WRONG7"),
            id="or that whose appeal the sender got",
        ),
        pytest.param(
            Facts(NOW, stated=(REFERENCE,), cases={REFERENCE: [THE_CASE, TWIN]}),
            Unassigned(Placement.UNKNOWN_REFERENCE, None, REFERENCE, frozenset({"D1", "D2"})),
            id="of two cases and no known owner none: both districts decide",
        ),
        pytest.param(
            Facts(
                NOW, stated=(REFERENCE,), cases={REFERENCE: [THE_CASE]}, owners={REFERENCE: "D2"}
            ),
            Unassigned(Placement.UNKNOWN_REFERENCE, None, REFERENCE, frozenset({"D2"})),
            id="a case that mistyped another district's number gets nothing by it",
        ),
        pytest.param(
            Facts(NOW, earlier=Earlier(2, "MSSNG3", NOW - MINUTE), appeals=(ROBBERY, MISSING)),
            OnCase(2, Placement.FOLLOW_UP, "MSSNG3"),
            id="a follow-up within minutes goes where the last one went",
        ),
        pytest.param(
            Facts(NOW, earlier=Earlier(2, None, NOW - FOLLOW_UP - MINUTE), appeals=(ROBBERY,)),
            OnCase(1, Placement.APPEAL, "RBBRY2"),
            id="an hour later it is no follow-up",
        ),
        pytest.param(
            Facts(
                NOW,
                earlier=Earlier(2, None, NOW - 5 * MINUTE),
                appeals=(MISSING, appeal("NEWER6", 3, age=MINUTE)),
            ),
            Ask((appeal("NEWER6", 3, age=MINUTE), MISSING)),
            id="nor if the sender got a new appeal in between",
        ),
        pytest.param(
            Facts(NOW, earlier=Earlier(9, None, NOW - MINUTE)),
            OnCase(9, Placement.FOLLOW_UP),
            id="a follow-up needs no open appeal",
        ),
    ],
)
def test_the_first_rule_that_applies_decides(facts: Facts, decision: Decision) -> None:
    assert decide(facts) == decision


def test_nobody_is_asked_about_more_appeals_than_fit_a_message() -> None:
    many = tuple(appeal(f"CDE{n}", n, age=n * MINUTE) for n in range(1, 12))
    decision = decide(Facts(NOW, appeals=many))
    assert isinstance(decision, Ask)
    assert decision.candidates == many[:MOST_CANDIDATES]


codes = st.text("BCDFG2345", min_size=1, max_size=3)
appeals = st.builds(
    Appeal,
    code=codes,
    case_id=st.none() | st.integers(1, 4),
    title=st.just("Title"),
    sent_at=st.integers(0, 5000).map(lambda minutes: NOW - minutes * MINUTE),
)
facts = st.builds(
    Facts,
    now=st.just(NOW),
    stated=st.lists(st.sampled_from([REFERENCE, OTHER]), unique=True).map(tuple),
    cases=st.dictionaries(
        st.sampled_from([REFERENCE, OTHER]),
        st.integers(1, 4).map(lambda case_id: [StatedCase(case_id, frozenset({"D1"}))]),
    ),
    asked_at=st.none() | st.integers(0, 90).map(lambda minutes: NOW - minutes * MINUTE),
    earlier=st.none()
    | st.builds(
        Earlier,
        case_id=st.integers(1, 4),
        alert_code=st.none() | codes,
        received_at=st.integers(0, 90).map(lambda minutes: NOW - minutes * MINUTE),
    ),
    appeals=st.lists(appeals, max_size=8).map(tuple),
)


@given(facts)
def test_a_question_has_two_or_more_different_answers(known: Facts) -> None:
    decision = decide(known)
    if isinstance(decision, Ask):
        assert 2 <= len(decision.candidates) <= MOST_CANDIDATES
        places = [candidate.case_id or candidate.code for candidate in decision.candidates]
        assert len(set(places)) == len(places)


@given(facts)
def test_a_reference_that_exists_is_never_overruled(known: Facts) -> None:
    wanted = [
        known.cases[reference][0].case_id for reference in known.stated if reference in known.cases
    ]
    decision = decide(known)
    if wanted:
        assert isinstance(decision, OnCase)
        assert decision.case_id == wanted[0]
    elif known.stated:
        assert isinstance(decision, Unassigned)
        assert decision.stated_reference == known.stated[0]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", 1),
        (" 2. ", 2),
        ("2)", 2),
        ("(2)", 2),
        ("#2", 2),
        ("Nr. 2", 2),
        ("nr 1!", 1),
        ("Sag 1", 1),
        ("svar: 1", 1),
        ("1 tak", 1),
        ("1👍", 1),
        ("“1”", 1),
        ("1\nMvh Anna", 1),
        ("hej 2 tak", 2),
        ("2\n\nSendt fra min iPhone", 2),
        ('"1"', 1),
        ("1️⃣", 1),
        ("２", 2),
        ("9", 9),
        ("0", 0),
        ("12", None),
        ("1 og 2", None),
        ("1 mand i sort jakke", None),
        ("en", None),
        ("", None),
        ("²", 2),
    ],
)
def test_an_answer_is_one_digit_and_nothing_else(text: str, number: int | None) -> None:
    assert read_choice(text) == number


def test_a_question_waits_for_a_day() -> None:
    assert timedelta(hours=24) == CHOICE_LASTS
