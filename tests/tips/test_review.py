"""Reading, marking and moving tips: within the reader's districts, and all of it audited."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.models import AuditEntry
from cases.errors import CaseNotFound
from cases.lookup import find_case
from cases.models import CaseStatus
from cases.opening import close_case, reopen_case
from tests.tips.factories import (
    FUNEN,
    MISSING,
    NORTH,
    OTHER_PHONE,
    PHONE,
    ROBBERY,
    actor_of,
    all_tips,
    case_of,
    hand_over,
    make_appeal,
    text_in,
)
from tips.case_lists import count_unassigned, list_cases
from tips.errors import InvalidMove, TipNotFound
from tips.inbox import (
    PAGE_SIZE,
    TipFilter,
    list_tips,
    list_unassigned,
    next_new_tip,
    read_tip,
    search_tips,
)
from tips.models import Placement, TipChannel, TipEventKind, TipStatus
from tips.review import mark_tip, move_tip, release_tip, take_tip


def audited(session: Session, action: str) -> list[AuditEntry]:
    """The audit entries of an action, in order."""
    session.flush()
    query = select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id)
    return list(session.scalars(query))


def on_robbery(session: Session, *texts: str, phone: str = PHONE) -> None:
    """A case in North Zealand with these tips."""
    make_appeal(session)
    for text in texts:
        text_in(session, f"{text} (sag {ROBBERY})", phone)


def test_opening_a_tip_makes_it_read_and_is_audited_every_time(session: Session) -> None:
    on_robbery(session, "Jeg så en varevogn")
    reader = actor_of(session)
    tip = all_tips(session)[0]
    first = read_tip(session, reader, tip.id)
    assert tip.status is TipStatus.READ
    assert first.sender == 1
    read_tip(session, reader, tip.id)
    entries = audited(session, "tip.read")
    assert [(entry.staff_id, entry.subject_id) for entry in entries] == [
        (reader.staff_id, str(tip.id))
    ] * 2
    events = [event.kind for event in read_tip(session, reader, tip.id).events]
    assert events == [TipEventKind.MARKED, TipEventKind.FILED, TipEventKind.RECEIVED]


def test_a_list_that_shows_how_tips_begin_is_audited_with_their_ids(session: Session) -> None:
    on_robbery(session, "Jeg så en varevogn", "Og en cykel")
    reader = actor_of(session)
    page = list_tips(session, reader, case_of(session), TipFilter())
    assert page.total == 2
    [entry] = audited(session, "tip.listed")
    assert entry.detail == {"tips": [row.tip.id for row in page.rows]}
    assert all(tip.status is TipStatus.NEW for tip in all_tips(session))


def test_the_same_sender_s_other_tips_are_shown_and_audited(session: Session) -> None:
    on_robbery(session, "Jeg så en varevogn", "Den var sort")
    text_in(session, f"Noget andet (sag {ROBBERY})", OTHER_PHONE)
    first, second, _other = all_tips(session)
    reading = read_tip(session, actor_of(session), first.id)
    assert [row.tip.id for row in reading.siblings] == [second.id]
    assert audited(session, "tip.read")[0].detail["also_shown"] == [second.id]


def test_urgent_tips_come_first_until_somebody_judges_them(session: Session) -> None:
    on_robbery(session, "Han har en kniv", "Jeg så en varevogn")
    reader = actor_of(session)
    urgent, calm = all_tips(session)
    case = case_of(session)
    assert [row.tip for row in list_tips(session, reader, case, TipFilter()).rows] == [urgent, calm]
    mark_tip(session, reader, urgent.id, TipStatus.NOT_USEFUL)
    assert [row.tip for row in list_tips(session, reader, case, TipFilter()).rows] == [calm, urgent]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (TipFilter(), 3),
        (TipFilter(status=TipStatus.NEW), 2),
        (TipFilter(status=TipStatus.USEFUL), 1),
        (TipFilter(urgent=True), 1),
        (TipFilter(channel=TipChannel.SMS), 3),
        (TipFilter(channel=TipChannel.WEB), 0),
        (TipFilter(sender=2), 1),
        (TipFilter(sender=1, status=TipStatus.NEW), 1),
    ],
)
def test_the_inbox_can_be_narrowed(session: Session, wanted: TipFilter, found: int) -> None:
    on_robbery(session, "Jeg så en varevogn", "Han har en kniv")
    text_in(session, f"Noget andet (sag {ROBBERY})", OTHER_PHONE)
    reader = actor_of(session)
    mark_tip(session, reader, all_tips(session)[0].id, TipStatus.USEFUL)
    page = list_tips(session, reader, case_of(session), wanted)
    assert (len(page.rows), page.total) == (found, found)


def test_a_long_inbox_has_pages_and_each_tip_is_on_one(session: Session) -> None:
    on_robbery(session, *[f"Tip {n}" for n in range(PAGE_SIZE + 5)])
    reader = actor_of(session)
    pages = [list_tips(session, reader, case_of(session), TipFilter(), n) for n in (1, 2)]
    ids = [row.tip.id for page in pages for row in page.rows]
    assert pages[0].pages == 2
    assert sorted(ids) == sorted(tip.id for tip in all_tips(session))
    assert list_tips(session, reader, case_of(session), TipFilter(), 99).page == 2
    assert list_tips(session, reader, case_of(session), TipFilter(), -1).page == 1


def test_sealed_texts_can_be_searched_by_the_beginnings_of_words(session: Session) -> None:
    on_robbery(session, "En sort varevogn", "En SORT cykel", "Rød bil")
    reader = actor_of(session)
    texts = [
        str(row.tip.text) for row in search_tips(session, reader, case_of(session), "sort VAR").rows
    ]
    assert [text.split(" (")[0] for text in texts] == ["En sort varevogn"]
    assert search_tips(session, reader, case_of(session), "arevogn").total == 0
    assert search_tips(session, reader, case_of(session), "  ").total == 0
    found, in_vain = audited(session, "tip.searched")
    assert len(found.detail["tips"]) == 1
    assert in_vain.detail["tips"] == []


def test_neighbours_lead_through_the_inbox(session: Session) -> None:
    on_robbery(session, "Et", "To", "Tre")
    oldest, middle, newest = all_tips(session)
    reading = read_tip(session, actor_of(session), middle.id)
    assert (reading.previous_id, reading.next_id) == (newest.id, oldest.id)
    assert next_new_tip(session, case_of(session)) == newest.id


def test_marking_is_in_the_history_and_the_audit_and_the_note_in_neither_s_detail(
    session: Session,
) -> None:
    on_robbery(session, "Jeg så en varevogn")
    reader = actor_of(session)
    tip = all_tips(session)[0]
    mark_tip(session, reader, tip.id, TipStatus.FOLLOW_UP, "Ring til ejeren")
    mark_tip(session, reader, tip.id, TipStatus.FOLLOW_UP)
    event = read_tip(session, reader, tip.id).events[0]
    assert (event.kind, event.status, event.note) == (
        TipEventKind.MARKED,
        TipStatus.FOLLOW_UP,
        "Ring til ejeren",
    )
    [entry] = audited(session, "tip.marked")
    assert entry.detail == {"before": "new", "after": "follow_up", "noted": True}


def test_a_tip_can_be_taken_and_given_free(session: Session) -> None:
    on_robbery(session, "Jeg så en varevogn")
    reader = actor_of(session)
    tip = all_tips(session)[0]
    taken = [take_tip(session, reader, tip.id).assigned_to for _twice in range(2)]
    assert taken == [reader.staff_id] * 2
    assert release_tip(session, reader, tip.id).assigned_to is None
    assert len(audited(session, "tip.taken")) == len(audited(session, "tip.released")) == 1


def test_a_tip_moves_to_another_case_for_a_reason(session: Session) -> None:
    on_robbery(session, "Jeg så en varevogn")
    make_appeal(session, "MSSNG3", MISSING)
    reader = actor_of(session)
    tip = all_tips(session)[0]
    move_tip(session, reader, tip.id, MISSING.replace("-", " "), "Handler om den savnede")
    assert (tip.case, tip.placement) == (case_of(session, MISSING), Placement.STAFF)
    event = read_tip(session, reader, tip.id).events[1]
    assert (event.from_case, event.to_case) == (case_of(session), case_of(session, MISSING))
    assert event.note == "Handler om den savnede"
    assert audited(session, "tip.moved")[0].detail == {
        "before": case_of(session).id,
        "after": case_of(session, MISSING).id,
    }


@pytest.mark.parametrize(
    ("reference", "reason", "field"),
    [
        ("ikke et nummer", "fordi", "reference"),
        ("0900-10161-99999-24", "fordi", "reference"),
        (ROBBERY, "fordi", "reference"),
        (MISSING, None, "reason"),
        (MISSING, "", "reason"),
    ],
)
def test_a_move_that_makes_no_sense_is_refused(
    session: Session, reference: str, reason: str | None, field: str
) -> None:
    on_robbery(session, "Jeg så en varevogn")
    make_appeal(session, "MSSNG3", MISSING)
    with pytest.raises(InvalidMove) as refused:
        move_tip(session, actor_of(session), all_tips(session)[0].id, reference, reason)
    assert list(refused.value.fields) == [field]
    assert all_tips(session)[0].case is case_of(session)


def test_nobody_moves_a_tip_into_a_case_of_another_district(session: Session) -> None:
    on_robbery(session, "Jeg så en varevogn")
    make_appeal(session, "MSSNG3", MISSING, districts=[FUNEN])
    tip = all_tips(session)[0]
    with pytest.raises(InvalidMove):
        move_tip(session, actor_of(session, NORTH), tip.id, MISSING, "fordi")
    with pytest.raises(TipNotFound):
        move_tip(session, actor_of(session, FUNEN), tip.id, MISSING, "fordi")
    move_tip(session, actor_of(session, NORTH, FUNEN), tip.id, MISSING, "fordi")


def test_a_tip_from_the_queue_is_put_on_a_case_without_a_reason(session: Session) -> None:
    make_appeal(session)
    text_in(session, "Jeg så en varevogn")
    reader = actor_of(session)
    tip = all_tips(session)[0]
    move_tip(session, reader, tip.id, ROBBERY)
    assert tip.case is case_of(session)
    assert read_tip(session, reader, tip.id).sender == 1
    assert list_unassigned(session, reader).total == 0


def test_what_staff_filed_the_sender_s_late_answer_does_not_move(session: Session) -> None:
    hand_over(session, make_appeal(session))
    hand_over(session, make_appeal(session, "MSSNG3", MISSING))
    text_in(session, "Jeg så en varevogn")
    tip = all_tips(session)[0]
    move_tip(session, actor_of(session), tip.id, ROBBERY)
    text_in(session, "1")
    assert tip.case is case_of(session)
    assert len(all_tips(session)) == 1


def test_an_investigator_sees_the_cases_of_own_districts_only(session: Session) -> None:
    on_robbery(session, "Jeg så en varevogn")
    make_appeal(session, "MSSNG3", MISSING, "Savnet", districts=[FUNEN])
    make_appeal(session, "BTHCS4", "0900-10161-00001-24", "Begge", districts=[NORTH, FUNEN])
    north, funen = actor_of(session, NORTH), actor_of(session, FUNEN)
    assert {row.case.title for row in list_cases(session, north)} == {"Røveri i Hillerød", "Begge"}
    assert {row.case.title for row in list_cases(session, funen)} == {"Savnet", "Begge"}
    with pytest.raises(CaseNotFound):
        find_case(session, funen, case_of(session).id)
    with pytest.raises(TipNotFound):
        read_tip(session, funen, all_tips(session)[0].id)
    assert not audited(session, "tip.read")


def test_the_queue_shows_what_may_concern_the_reader_s_districts(session: Session) -> None:
    text_in(session, "Ingen ved, hvor det var")
    hand_over(session, make_appeal(session, reference=None), OTHER_PHONE)
    text_in(session, "Det var i Hillerød", OTHER_PHONE)
    north, funen = actor_of(session, NORTH), actor_of(session, FUNEN)
    assert [row.tip.text for row in list_unassigned(session, north).rows] == [
        "Ingen ved, hvor det var",
        "Det var i Hillerød",
    ]
    assert [row.tip.text for row in list_unassigned(session, funen).rows] == [
        "Ingen ved, hvor det var"
    ]
    assert (count_unassigned(session, north), count_unassigned(session, funen)) == (2, 1)


def test_the_queue_says_which_tips_await_an_answer(session: Session) -> None:
    hand_over(session, make_appeal(session))
    hand_over(session, make_appeal(session, "MSSNG3", MISSING))
    text_in(session, "Jeg så en varevogn")
    [row] = list_unassigned(session, actor_of(session)).rows
    assert row.is_awaiting_choice


def test_cases_are_counted_and_the_pressing_ones_come_first(session: Session) -> None:
    make_appeal(session, "MSSNG3", MISSING, "Savnet")
    on_robbery(session, "Jeg så en varevogn", "Han har en kniv")
    reader = actor_of(session)
    mark_tip(session, reader, all_tips(session)[0].id, TipStatus.USEFUL)
    rows = list_cases(session, reader)
    assert [(row.case.title, row.total, row.new, row.urgent) for row in rows] == [
        ("Røveri i Hillerød", 2, 1, 1),
        ("Savnet", 0, 0, 0),
    ]
    assert rows[0].latest_at == all_tips(session)[1].received_at


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("0900 10161 00018 24", 1),
        ("00018", 1),
        ("røveri", 1),
        ("hillerød røveri", 1),
        ("100%", 0),
        ("99999", 0),
        ("", 1),
    ],
)
def test_a_case_is_found_by_reference_or_title(session: Session, text: str, found: int) -> None:
    make_appeal(session)
    assert len(list_cases(session, actor_of(session), text)) == found


def test_a_case_can_be_closed_and_opened_again(session: Session) -> None:
    make_appeal(session)
    reader = actor_of(session)
    case = case_of(session)
    closed = [close_case(session, reader, case.id).status for _twice in range(2)]
    assert closed == [CaseStatus.CLOSED] * 2
    assert reopen_case(session, reader, case.id).status is CaseStatus.OPEN
    assert len(audited(session, "case.closed")) == len(audited(session, "case.reopened")) == 1
