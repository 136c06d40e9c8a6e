"""The steps on the way to approval, and what is never sent without it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alerts.approving.approval import changed_since_decision
from alerts.approving.steps import (
    approve_alert,
    reject_alert,
    return_alert,
    submit_alert,
    take_back_alert,
)
from alerts.approving.waiting import answered, sent_unapproved, waiting_for
from alerts.composing.saving import find_alert, update_draft
from alerts.draft import AlertDraft, Wording
from alerts.errors import (
    ApprovalMissing,
    DraftChanged,
    IllegalMove,
    InvalidAlert,
    OwnWork,
)
from alerts.models import Alert, AlertRelease, AlertStatus, Severity, StepKind
from alerts.releasing.publishing import publish_alert
from alerts.releasing.retention import forget_alerts
from alerts.releasing.steering import cancel_alert
from audit.models import AuditEntry
from database import current_database, utcnow
from dispatch.models import Broadcast
from staff.actor import Actor, NotAllowed
from staff.models import Staff, StaffDistrict, StaffRole
from staff.permissions import Role
from tests.alerts.approving.conftest import SetRules
from tests.alerts.factories import NORTH, SOUTH, Country, make_draft, make_officer, make_reader
from web.http.app import VarskoApp

pytestmark = pytest.mark.usefixtures("always")
KEY = "the-key-of-a-send"


def seen(alert: Alert) -> str:
    return AlertDraft.of(alert).fingerprint()


def edit(session: Session, actor: Actor, alert: Alert, title: str = "Andet") -> Alert:
    texts = {"da": Wording(title, "Har du set en rød varevogn i nat?")}
    return update_draft(session, actor, alert, replace(AlertDraft.of(alert), texts=texts))


def approved(session: Session, officer: Actor, approver: Actor, alert: Alert) -> Alert:
    submit_alert(session, officer, alert)
    return approve_alert(session, approver, alert, seen=seen(alert))


def is_now(alert: Alert, status: AlertStatus) -> bool:
    return alert.status is status


def nothing_is_sent(session: Session) -> bool:
    made = session.scalar(select(func.count()).select_from(AlertRelease))
    return not made and not session.scalar(select(func.count()).select_from(Broadcast))


def test_what_nobody_approved_is_not_sent(session: Session, officer: Actor, alert: Alert) -> None:
    with pytest.raises(ApprovalMissing) as refused:
        publish_alert(session, officer, alert, KEY)
    assert refused.value.status == 409
    assert refused.value.extra == {"reasons": ["recipients"]}
    assert nothing_is_sent(session)


def test_what_waits_is_not_sent_even_if_it_need_not_be_approved(
    session: Session, officer: Actor, alert: Alert, set_rules: SetRules
) -> None:
    submit_alert(session, officer, alert)
    set_rules(above_recipients=None)
    with pytest.raises(ApprovalMissing):
        publish_alert(session, officer, alert, KEY)
    assert nothing_is_sent(session)


def test_approved_by_somebody_else_it_is_sent_once(
    session: Session, officer: Actor, approver: Actor, alert: Alert
) -> None:
    approved(session, officer, approver, alert)
    publish_alert(session, officer, alert, KEY)
    publish_alert(session, officer, alert, KEY)
    assert alert.status is AlertStatus.SENDING
    assert session.scalar(select(func.count()).select_from(AlertRelease)) == 1
    assert [step.kind for step in alert.approval_steps] == [StepKind.SUBMITTED, StepKind.APPROVED]
    actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions[:5] == [
        "alert.drafted", "alert.submitted", "alert.approved", "alert.released", "alert.sending",
    ]  # fmt: skip


def test_any_change_voids_the_approval_and_is_named(
    session: Session, officer: Actor, approver: Actor, alert: Alert
) -> None:
    approved(session, officer, approver, alert)
    before = AlertDraft.of(alert)
    edit(session, officer, alert)
    assert alert.status is AlertStatus.DRAFT
    assert changed_since_decision(session, alert) == ["texts"]
    with pytest.raises(ApprovalMissing):
        publish_alert(session, officer, alert, KEY)
    update_draft(session, officer, alert, before)
    assert changed_since_decision(session, alert) == []
    with pytest.raises(ApprovalMissing):
        publish_alert(session, officer, alert, KEY)
    assert nothing_is_sent(session)


def test_saving_without_a_change_keeps_the_approval(
    session: Session, officer: Actor, approver: Actor, alert: Alert
) -> None:
    approved(session, officer, approver, alert)
    update_draft(session, officer, alert, AlertDraft.of(alert))
    assert alert.status is AlertStatus.APPROVED
    assert alert.edited_by is None


@pytest.mark.parametrize("name", ["area_ids", "left_out_ids"])
def test_the_order_of_areas_changes_nothing(
    session: Session, country: Country, officer: Actor, approver: Actor, alert: Alert, name: str
) -> None:
    target = {"area_ids": [country.north], "left_out_ids": []}
    target[name] = [country.p3400, country.p3480]
    draft = replace(AlertDraft.of(alert), target=target)
    update_draft(session, officer, alert, draft)
    approved(session, officer, approver, alert)
    before = seen(alert)
    target[name].reverse()
    update_draft(session, officer, alert, replace(draft, target=target))
    assert alert.status is AlertStatus.APPROVED
    assert seen(alert) == before


def test_only_what_was_read_is_approved(
    session: Session, officer: Actor, approver: Actor, alert: Alert
) -> None:
    submit_alert(session, officer, alert)
    read = seen(alert)
    edit(session, officer, alert)
    with pytest.raises(IllegalMove):
        approve_alert(session, approver, alert, seen=read)
    submit_alert(session, officer, alert)
    with pytest.raises(DraftChanged, match="titel og tekst") as refused:
        approve_alert(session, approver, alert, seen=read)
    assert refused.value.extra == {"changed": ["texts"]}
    approve_alert(session, approver, alert, seen=seen(alert))


@pytest.mark.parametrize("part", ["created", "edited", "submitted"])
def test_nobody_decides_about_their_own(
    session: Session, country: Country, officer: Actor, alert: Alert, part: str
) -> None:
    both = make_officer(session, [NORTH], [Role.OFFICER, Role.APPROVER])
    if part == "created":
        alert = make_draft(session, country, both)
    elif part == "edited":
        edit(session, both, alert)
    submit_alert(session, both if part == "submitted" else officer, alert)
    decisions: list[Callable[[], Alert]] = [
        lambda: approve_alert(session, both, alert, seen=seen(alert)),
        lambda: return_alert(session, both, alert, "Ret det", seen=seen(alert)),
        lambda: reject_alert(session, both, alert, "Nej tak", seen=seen(alert)),
    ]
    for decide in decisions:
        with pytest.raises(OwnWork):
            decide()
    assert alert.status is AlertStatus.SUBMITTED
    assert alert not in waiting_for(session, both)


def test_returned_it_is_changed_and_submitted_again(
    session: Session, officer: Actor, approver: Actor, alert: Alert
) -> None:
    submit_alert(session, officer, alert, "Haster lidt")
    with pytest.raises(InvalidAlert):
        return_alert(session, approver, alert, "  ", seen=seen(alert))
    return_alert(session, approver, alert, "Hvilken vej?", seen=seen(alert))
    assert is_now(alert, AlertStatus.RETURNED)
    assert [step.comment for step in answered(session, officer)] == ["Hvilken vej?"]
    with pytest.raises(IllegalMove):
        publish_alert(session, officer, alert, KEY)
    edit(session, officer, alert)
    assert is_now(alert, AlertStatus.DRAFT)
    assert answered(session, officer) == []
    submit_alert(session, officer, alert)
    assert changed_since_decision(session, alert) == ["texts"]


def test_an_approval_is_withdrawn_by_returning_it(
    session: Session, officer: Actor, approver: Actor, alert: Alert
) -> None:
    approved(session, officer, approver, alert)
    return_alert(session, approver, alert, "Vent, området er forkert", seen=seen(alert))
    with pytest.raises(IllegalMove):
        publish_alert(session, officer, alert, KEY)
    assert nothing_is_sent(session)


def test_rejected_it_is_over(
    session: Session, officer: Actor, approver: Actor, alert: Alert
) -> None:
    submit_alert(session, officer, alert)
    reject_alert(session, approver, alert, "Sagen er lukket", seen=seen(alert))
    assert [step.comment for step in answered(session, officer)] == ["Sagen er lukket"]
    reason = "Ingen andre er på vagt"
    steps: list[Callable[[], Alert]] = [
        lambda: edit(session, officer, alert),
        lambda: submit_alert(session, officer, alert),
        lambda: publish_alert(session, officer, alert, KEY, without_approval=reason),
        lambda: cancel_alert(session, officer, alert),
    ]
    for step in steps:
        with pytest.raises(IllegalMove, match="Afvist"):
            step()
    assert nothing_is_sent(session)


def test_taken_back_it_no_longer_waits(
    session: Session, officer: Actor, approver: Actor, alert: Alert
) -> None:
    submit_alert(session, officer, alert)
    assert waiting_for(session, approver) == [alert]
    take_back_alert(session, officer, alert)
    assert waiting_for(session, approver) == []
    with pytest.raises(IllegalMove, match=f"Taget tilbage af {officer.name}"):
        approve_alert(session, approver, alert, seen=seen(alert))


def test_of_two_approvers_the_second_is_told_who_was_first(
    session: Session, officer: Actor, approver: Actor, alert: Alert
) -> None:
    second = make_officer(session, [NORTH], [Role.APPROVER])
    approved(session, officer, approver, alert)
    approve_alert(session, approver, alert, seen=seen(alert))
    with pytest.raises(IllegalMove, match=f"Godkendt af {approver.name}"):
        approve_alert(session, second, alert, seen=seen(alert))
    assert len(alert.approval_steps) == 2


def deactivate(staff: Staff) -> None:
    staff.active = False


def take_role(staff: Staff) -> None:
    staff.roles = [StaffRole(role=Role.INVESTIGATOR)]


def move_away(staff: Staff) -> None:
    staff.districts = [StaffDistrict(district_code=SOUTH)]


@pytest.mark.parametrize(
    ("leave", "said"),
    [
        (deactivate, "ikke længere en aktiv konto"),
        (take_role, "ikke længere ret"),
        (move_away, "arbejder ikke for"),
    ],
)
def test_an_approver_who_has_left_approves_nothing_and_has_approved_nothing(
    session: Session,
    officer: Actor,
    approver: Actor,
    alert: Alert,
    leave: Callable[[Staff], None],
    said: str,
) -> None:
    approved(session, officer, approver, alert)
    leave(session.get_one(Staff, approver.staff_id))
    with pytest.raises(ApprovalMissing, match=said):
        publish_alert(session, officer, alert, KEY)
    take_back_alert(session, officer, alert)
    submit_alert(session, officer, alert)
    with pytest.raises(NotAllowed, match=said):
        approve_alert(session, approver, alert, seen=seen(alert))
    assert nothing_is_sent(session)


def test_one_of_its_districts_is_enough_to_approve_but_not_to_submit(
    session: Session, country: Country, officer: Actor, approver: Actor
) -> None:
    make_reader(session, country.p3400)
    both = make_officer(session, [NORTH, SOUTH])
    target = {"area_ids": [country.p3400, country.p4600]}
    alert = make_draft(session, country, both, target=target)
    with pytest.raises(NotAllowed):
        submit_alert(session, officer, alert)
    approved(session, both, approver, alert)
    publish_alert(session, both, alert, KEY)


def test_when_nobody_is_on_duty_it_is_sent_with_a_reason(
    session: Session, officer: Actor, approver: Actor, alert: Alert
) -> None:
    submit_alert(session, officer, alert)
    with pytest.raises(InvalidAlert):
        publish_alert(session, officer, alert, KEY, without_approval="Det haster")
    with pytest.raises(NotAllowed):
        publish_alert(session, approver, alert, KEY, without_approval="Ingen er på vagt")
    assert nothing_is_sent(session)
    publish_alert(session, officer, alert, KEY, without_approval=" Ingen er på vagt ")
    assert alert.status is AlertStatus.SENDING
    assert alert.approval_steps[-1].comment == "Ingen er på vagt"
    entry = session.scalars(
        select(AuditEntry).where(AuditEntry.action == "alert.sent_unapproved")
    ).one()
    assert entry.detail["reason"] == "Ingen er på vagt"
    administrators = {
        districts: make_officer(session, districts, [Role.ADMINISTRATOR])
        for districts in ((), (NORTH,), (SOUTH,))
    }
    told = {who: len(sent_unapproved(session, actor)) for who, actor in administrators.items()}
    assert told == {(): 1, (NORTH,): 1, (SOUTH,): 0}


def test_the_most_severe_and_then_the_oldest_is_first(
    session: Session, country: Country, officer: Actor, approver: Actor
) -> None:
    severities = [Severity.MINOR, Severity.SEVERE, Severity.MINOR, Severity.EXTREME]
    alerts = [make_draft(session, country, officer, severity=each) for each in severities]
    for alert in (alerts[2], alerts[0], alerts[1], alerts[3]):
        submit_alert(session, officer, alert)
    assert waiting_for(session, approver) == [alerts[3], alerts[1], alerts[2], alerts[0]]
    assert waiting_for(session, make_officer(session, [SOUTH], [Role.APPROVER])) == []


def test_what_was_never_sent_goes_with_its_steps_when_old(
    session: Session, officer: Actor, approver: Actor, alert: Alert
) -> None:
    submit_alert(session, officer, alert)
    reject_alert(session, approver, alert, "Sagen er lukket", seen=seen(alert))
    session.flush()
    assert forget_alerts(session, utcnow()) == 1
    session.expire_all()
    assert session.scalars(select(Alert)).all() == []


@pytest.mark.parametrize("changes", [{"seen": "x"}, {"comment": "x" * 2001}])
def test_what_was_not_read_or_is_too_long_is_not_submitted(
    session: Session, officer: Actor, alert: Alert, changes: dict[str, Any]
) -> None:
    with pytest.raises((DraftChanged, InvalidAlert)):
        submit_alert(session, officer, alert, **changes)


def test_a_reason_where_none_is_needed_alarms_nobody(
    session: Session, officer: Actor, alert: Alert, set_rules: SetRules
) -> None:
    set_rules(above_recipients=None)
    publish_alert(session, officer, alert, KEY, without_approval="Ingen er på vagt")
    assert alert.approval_steps == []


def test_of_two_who_decide_at_once_one_wins(
    session: Session, officer: Actor, approver: Actor, alert: Alert, app: VarskoApp
) -> None:
    second = make_officer(session, [NORTH], [Role.APPROVER])
    submit_alert(session, officer, alert)
    code, read = alert.code, seen(alert)
    session.commit()
    start = Barrier(2)

    def decide(actor: Actor) -> str:
        with app.app_context():
            start.wait()
            try:
                with current_database().unit_of_work() as own:
                    approve_alert(own, actor, find_alert(own, code), seen=read)
            except IllegalMove as refused:
                return str(refused.detail)
            return "done"

    with ThreadPoolExecutor(2) as threads:
        answers = sorted(threads.map(decide, [approver, second]))
    assert answers[1] == "done"
    assert answers[0].startswith("Godkendt af")
    session.expire_all()
    assert is_now(alert, AlertStatus.APPROVED)
