"""Messages come in and become tips on the right case."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alerts.models import Alert, AlertStatus
from alerts.releasing.publishing import tie_to_case
from audit.models import AuditEntry
from cases.errors import CaseOfAnotherDistrict
from cases.models import CaseStatus
from dispatch.segments import count_segments
from tests.tips.factories import (
    FUNEN,
    MISSING,
    NORTH,
    OTHER_PHONE,
    PHONE,
    ROBBERY,
    all_tips,
    case_of,
    hand_over,
    know_prefix,
    make_appeal,
    text_in,
)
from tips.intake.choices import forget_expired_choices
from tips.models import CaseSender, PendingChoice, Placement, Tip, TipStatus


def two_appeals(session: Session) -> None:
    """The phone has received a robbery of two hours ago and a missing person of one."""
    hand_over(session, make_appeal(session))
    missing = make_appeal(
        session,
        "MSSNG3",
        MISSING,
        "Savnet: 82-årig mand fra Odense",
        english_title="Missing: man, 82, from Odense",
        districts=[FUNEN],
        age=timedelta(hours=1),
    )
    hand_over(session, missing)


def test_a_reply_to_the_only_appeal_lies_on_its_case(session: Session) -> None:
    hand_over(session, make_appeal(session))
    reply = text_in(session, "Jeg så en sort varevogn ved stationen")
    [tip] = all_tips(session)
    assert tip.case is case_of(session)
    assert (tip.placement, tip.status, tip.urgent) == (Placement.APPEAL, TipStatus.NEW, False)
    assert tip.text == "Jeg så en sort varevogn ved stationen"
    assert ROBBERY in reply
    assert "http://varsko.test/varsel/RBBRY2/tip" in reply
    assert "ikke anonym" in reply


def test_an_english_message_is_answered_in_english(session: Session) -> None:
    hand_over(session, make_appeal(session))
    reply = text_in(session, "I saw a black van near the station")
    assert reply.startswith("Thank you. Your tip has been received in case")
    assert "http://varsko.test/en/varsel/RBBRY2/tip" in reply


def test_a_case_reference_in_the_text_wins(session: Session) -> None:
    two_appeals(session)
    text_in(session, f"Sag {ROBBERY.replace('-', ' ')}: han løb mod Netto")
    [tip] = all_tips(session)
    assert (tip.case, tip.placement) == (case_of(session), Placement.REFERENCE)


def test_an_unknown_reference_waits_for_an_investigator_and_is_kept(session: Session) -> None:
    reply = text_in(session, "Sag 0900-10161-99999-24: jeg så ham")
    [tip] = all_tips(session)
    assert tip.case is None
    assert tip.stated_reference == "0900-10161-99999-24"
    assert "0900-10161-99999-24" in reply


def test_tips_that_waited_for_a_reference_are_on_the_case_once_it_opens(session: Session) -> None:
    know_prefix(session, "0900", NORTH)
    text_in(session, f"Sag {ROBBERY}: jeg så ham")
    make_appeal(session)
    [tip] = all_tips(session)
    assert tip.case is case_of(session)


def test_a_stranger_s_message_waits_in_the_queue(session: Session) -> None:
    make_appeal(session)
    reply = text_in(session, "Jeg så en sort varevogn")
    [tip] = all_tips(session)
    assert (tip.case, tip.placement, tip.alert_code) == (None, Placement.NONE, None)
    assert reply.startswith("Tak. Dit tip er modtaget.")


def test_an_appeal_without_a_case_leaves_its_tips_in_the_queue_of_its_district(
    session: Session,
) -> None:
    hand_over(session, make_appeal(session, reference=None))
    text_in(session, "Jeg så en sort varevogn")
    [tip] = all_tips(session)
    assert (tip.case, tip.alert_code) == (None, "RBBRY2")
    assert [district.code for district in tip.districts] == [NORTH]


def test_a_late_tip_on_a_closed_appeal_lies_on_its_case(session: Session) -> None:
    hand_over(session, make_appeal(session, status=AlertStatus.CLOSED))
    case_of(session).status = CaseStatus.CLOSED
    text_in(session, "Jeg kom i tanke om noget")
    [tip] = all_tips(session)
    assert tip.case is case_of(session)


def test_a_reply_to_a_withdrawn_appeal_lies_on_its_case(session: Session) -> None:
    hand_over(session, make_appeal(session, status=AlertStatus.WITHDRAWN))
    text_in(session, "Jeg så ham alligevel")
    [tip] = all_tips(session)
    assert tip.case is case_of(session)


def test_the_question_which_appeal_does_not_repeat_what_was_withdrawn(session: Session) -> None:
    two_appeals(session)
    for appeal in session.scalars(select(Alert)):
        appeal.status = AlertStatus.WITHDRAWN
    session.flush()
    question = text_in(session, "Jeg så ham ved havnen")
    assert "Svar 1 eller 2" in question
    assert "Røveri" not in question
    assert "1: Trukket tilbage: Vidner søges" in question
    assert "2: Trukket tilbage: Vidner søges" in question


def test_several_appeals_ask_which_and_the_answer_files_the_tip(session: Session) -> None:
    two_appeals(session)
    question = text_in(session, "Jeg så ham ved havnen")
    assert "Svar 1 eller 2" in question
    assert "1: Savnet: 82-årig mand fra Odense" in question
    assert "2: Røveri i Hillerød" in question
    [tip] = all_tips(session)
    assert (tip.case, tip.placement) == (None, Placement.ASKED)
    assert {district.code for district in tip.districts} == {NORTH, FUNEN}
    reply = text_in(session, "1.")
    assert MISSING in reply
    assert all_tips(session) == [tip]
    assert (tip.case, tip.placement) == (case_of(session, MISSING), Placement.CHOICE)
    assert not tip.districts
    assert session.scalar(select(func.count()).select_from(PendingChoice)) == 0


def test_the_question_is_asked_in_the_language_of_the_message(session: Session) -> None:
    two_appeals(session)
    question = text_in(session, "I saw him at the harbour")
    assert "Reply 1 or 2" in question
    assert "1: Missing: man, 82, from Odense" in question
    assert "2: Røveri i Hillerød" in question
    assert text_in(session, "1").startswith("Thank you")


def test_who_writes_on_instead_of_answering_loses_nothing(session: Session) -> None:
    two_appeals(session)
    text_in(session, "Jeg så ham ved havnen")
    reply = text_in(session, "Han havde en rød jakke på")
    assert "fra 1 til 2" in reply
    text_in(session, "2")
    assert [tip.case for tip in all_tips(session)] == [case_of(session)] * 2


def test_a_number_that_was_not_offered_asks_again(session: Session) -> None:
    two_appeals(session)
    text_in(session, "Jeg så ham ved havnen")
    assert "fra 1 til 2" in text_in(session, "7")
    assert len(all_tips(session)) == 1
    text_in(session, "1")
    assert all_tips(session)[0].case is case_of(session, MISSING)


def test_a_follow_up_after_the_answer_goes_to_the_same_case(session: Session) -> None:
    with time_machine.travel("2025-03-03T12:00:00Z", tick=False) as clock:
        two_appeals(session)
        # When a tip came is kept to the minute only.
        clock.shift(timedelta(minutes=2))
        text_in(session, "Jeg så ham ved havnen")
        text_in(session, "1")
        reply = text_in(session, "Han havde en rød jakke på")
    assert f"også lagt denne besked på sag {MISSING}" in reply
    assert all_tips(session)[1].placement is Placement.FOLLOW_UP
    assert all_tips(session)[1].case is case_of(session, MISSING)


def test_only_the_one_who_was_asked_can_answer(session: Session) -> None:
    two_appeals(session)
    text_in(session, "Jeg så ham ved havnen")
    text_in(session, "1", OTHER_PHONE)
    first, second = all_tips(session)
    assert (first.case, second.case) == (None, None)
    assert second.text == "1"


def test_an_answer_after_a_day_is_too_late_and_the_tip_stays_in_the_queue(
    session: Session,
) -> None:
    with time_machine.travel("2025-03-03T12:00:00Z", tick=False) as clock:
        two_appeals(session)
        text_in(session, "Jeg så ham ved havnen")
        clock.shift(timedelta(hours=24, seconds=1))
        forget_expired_choices(session)
        session.expire_all()
        text_in(session, "1")
        first, second = all_tips(session)
        assert (first.case, first.choice_id) == (None, None)
        assert second.text == "1"
        assert second.choice_id is not None


def test_an_answer_just_before_a_day_is_over_counts(session: Session) -> None:
    with time_machine.travel("2025-03-03T12:00:00Z", tick=False) as clock:
        two_appeals(session)
        text_in(session, "Jeg så ham ved havnen")
        clock.shift(timedelta(hours=23, minutes=59))
        forget_expired_choices(session)
        text_in(session, "1")
        assert [tip.case for tip in all_tips(session)] == [case_of(session, MISSING)]


def test_danger_is_answered_with_112_and_flags_the_tip(session: Session) -> None:
    hand_over(session, make_appeal(session))
    reply = text_in(session, "Han er her lige nu, han har en kniv!")
    assert reply.startswith("Ring 112 nu")
    assert all_tips(session)[0].urgent


def test_danger_without_a_case_is_answered_with_112_too(session: Session) -> None:
    assert text_in(session, "help now, he has a gun").startswith("Call 112 now")


@pytest.mark.parametrize("text", ["", "   ", "\u200b\u2060", "\n"])
def test_an_empty_message_is_answered_and_makes_no_tip(session: Session, text: str) -> None:
    assert "tom" in text_in(session, text)
    assert not all_tips(session)


@pytest.mark.parametrize("text", ["🚲🔨", "x" * 10_000, "æøå ﷽ \x00-free", "1 og 2"])
def test_odd_messages_are_kept_as_they_came(session: Session, text: str) -> None:
    text_in(session, text)
    session.expire_all()
    assert [tip.text for tip in all_tips(session)] == [text]


def test_a_sender_has_one_number_on_a_case_and_another_on_the_next(session: Session) -> None:
    make_appeal(session)
    make_appeal(session, "MSSNG3", MISSING)
    text_in(session, f"{ROBBERY} noget", OTHER_PHONE)
    text_in(session, f"{ROBBERY} noget", PHONE)
    text_in(session, f"{ROBBERY} mere", PHONE)
    text_in(session, f"{MISSING} andet", PHONE)
    numbers = session.execute(
        select(Tip.id, CaseSender.number)
        .join(
            CaseSender,
            (CaseSender.case_id == Tip.case_id) & (CaseSender.sender_hash == Tip.sender_hash),
        )
        .order_by(Tip.id)
    )
    assert [number for _id, number in numbers] == [1, 2, 2, 1]


@pytest.mark.parametrize("dangerous", ["", "Han har en kniv. "])
@pytest.mark.parametrize("words", ["Jeg så ham ved havnen", "I saw him at the harbour"])
def test_replies_fit_two_cheap_segments(session: Session, dangerous: str, words: str) -> None:
    hand_over(session, make_appeal(session, title="Røveri – “stort” røveri i Hillerød C " * 2))
    on_case = text_in(session, dangerous + words)
    in_queue = text_in(session, dangerous + words, OTHER_PHONE)
    hand_over(session, make_appeal(session, "MSSNG3", MISSING, "Savnet … 82-årig mand " * 3))
    question = text_in(session, dangerous + words)
    for reply in (on_case, in_queue, question):
        counted = count_segments(reply)
        assert counted.encoding == "GSM-7"
        assert counted.segments <= 2, reply


def test_two_appeals_of_one_case_make_one_case_of_both_districts(session: Session) -> None:
    make_appeal(session)
    make_appeal(session, "AGAIN4", ROBBERY, "Nyt om røveriet", districts=[NORTH, FUNEN])
    session.expire_all()
    case = case_of(session)
    assert case.title == "Røveri i Hillerød"
    assert case.district_codes == {NORTH, FUNEN}
    assert [appeal.alert_code for appeal in case.appeals] == ["RBBRY2", "AGAIN4"]
    shared = session.scalars(select(AuditEntry).where(AuditEntry.action == "case.shared")).one()
    assert shared.detail["districts"] == [FUNEN]


def test_an_alert_of_another_district_gets_no_part_in_the_case(session: Session) -> None:
    know_prefix(session, "0900", NORTH)
    make_appeal(session)
    with pytest.raises(CaseOfAnotherDistrict):
        make_appeal(session, "ALIEN5", ROBBERY, "Et andet sted", districts=[FUNEN])
    assert case_of(session).district_codes == {NORTH}


def test_a_new_appeal_reopens_a_closed_case(session: Session) -> None:
    alert = make_appeal(session)
    case_of(session).status = CaseStatus.CLOSED
    tie_to_case(session, alert)
    assert case_of(session).status is CaseStatus.OPEN


@pytest.mark.parametrize(
    "words", ["RBBRY2: en sort bil", "varslet rbbry2.", "http://varsko.test/varsel/RBBRY2 sort bil"]
)
def test_the_code_of_an_alert_in_the_text_names_its_case(session: Session, words: str) -> None:
    make_appeal(session)
    reply = text_in(session, words)
    [tip] = all_tips(session)
    assert (tip.case, tip.placement) == (case_of(session), Placement.CODE)
    assert ROBBERY in reply


@pytest.mark.parametrize("words", ["RBBRY22 sort bil", "xRBBRY2", "RBBRY3", "RBBRY2 eller MSSNG3"])
def test_what_is_no_one_code_is_not_guessed_at(session: Session, words: str) -> None:
    make_appeal(session)
    make_appeal(session, "MSSNG3", MISSING, districts=[FUNEN])
    text_in(session, words)
    assert all_tips(session)[0].placement is Placement.NONE


def test_the_code_of_an_alert_without_a_case_leads_to_its_district(session: Session) -> None:
    make_appeal(session, reference=None)
    text_in(session, "RBBRY2: en sort bil")
    [tip] = all_tips(session)
    assert (tip.case, tip.placement, tip.alert_code) == (None, Placement.CODE, "RBBRY2")
    assert [district.code for district in tip.districts] == [NORTH]


def test_the_code_of_an_alert_that_ended_long_ago_is_not_looked_for(session: Session) -> None:
    make_appeal(session, status=AlertStatus.CLOSED, age=timedelta(days=40))
    text_in(session, "RBBRY2: en sort bil")
    assert all_tips(session)[0].placement is Placement.NONE
