"""What follows an alert needs approval as the alert does; stopping and withdrawing never wait."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.approving.approval import content_of
from alerts.approving.steps import (
    approve_alert,
    reject_alert,
    return_alert,
    submit_alert,
    take_back_alert,
)
from alerts.approving.waiting import answered, sent_unapproved, waiting_for
from alerts.composing.saving import find_alert
from alerts.draft import AlertDraft, Wording
from alerts.errors import (
    AlertNotFound,
    ApprovalMissing,
    DraftChanged,
    IllegalMove,
    InvalidAlert,
    OwnWork,
)
from alerts.kinds import AlertKind
from alerts.models import (
    Alert,
    AlertStatus,
    FollowUp,
    Outcome,
    ReleaseKind,
    Severity,
    StepKind,
)
from alerts.releasing.follow_ups import (
    close_alert,
    correct_alert,
    drop_follow_up,
    find_follow_up,
    save_follow_up,
    send_follow_up,
    send_update,
    unsent_follow_ups,
)
from alerts.releasing.jobs import note_settled
from alerts.releasing.publishing import publish_alert
from alerts.releasing.releases import list_releases
from alerts.releasing.retention import forget_alerts
from alerts.releasing.steering import pause_alert, stop_alert
from alerts.releasing.withdrawing import withdraw_alert
from audit.models import AuditEntry
from database import current_database, utcnow
from dispatch.models import Broadcast, BroadcastStatus
from staff.actor import Actor, NotAllowed
from staff.models import Staff
from staff.permissions import Role
from tests.alerts.approving.conftest import SetRules
from tests.alerts.factories import NORTH, SOUTH, Country, make_draft, make_officer, make_reader
from web.http.app import VarskoApp

KEY = "the-key-of-a-send"
KINDS = [ReleaseKind.UPDATE, ReleaseKind.CORRECTION, ReleaseKind.CLOSURE]
kinds = pytest.mark.parametrize("kind", KINDS)


def let_out(session: Session, officer: Actor, alert: Alert) -> Alert:
    """Publish it, and let all have it."""
    publish_alert(session, officer, alert, f"key-of-{alert.code}")
    for broadcast in session.scalars(select(Broadcast)):
        broadcast.status, broadcast.settled_at = BroadcastStatus.SETTLED, utcnow()
        session.flush()
        note_settled(session, broadcast)
    return alert


@pytest.fixture
def out(
    session: Session, country: Country, officer: Actor, alert: Alert, set_rules: SetRules
) -> Alert:
    """An alert of a whole district that is out; from now on it must be approved what follows."""
    replace(AlertDraft.of(alert), target={"area_ids": [country.north]}).fill(alert)
    set_rules(above_recipients=None, for_whole_district=False)
    let_out(session, officer, alert)
    set_rules(for_whole_district=True)
    return alert


def texts(body: str = "Bilen er grå.", title: str = "Indbrud på Åvej") -> dict[str, Wording]:
    return {"da": Wording(title, body)}


def seen(session: Session, work: FollowUp) -> str:
    return content_of(session, work).fingerprint()


def is_now(work: FollowUp, status: AlertStatus) -> bool:
    return work.status is status


def submitted(
    session: Session, officer: Actor, alert: Alert, kind: ReleaseKind, body: str = "Bilen er grå."
) -> FollowUp:
    kept = save_follow_up(session, officer, alert, kind, texts(body))
    return submit_alert(session, officer, kept)


def kinds_sent(session: Session, alert: Alert) -> list[ReleaseKind]:
    return [made.kind for made in list_releases(session, alert)]


@pytest.mark.parametrize("step", [send_update, close_alert, correct_alert])
def test_what_nobody_approved_does_not_follow(
    session: Session, officer: Actor, out: Alert, step: Callable[..., object]
) -> None:
    said = texts() if step is correct_alert else {"da": "Bilen er grå."}
    with pytest.raises(ApprovalMissing) as refused:
        step(session, officer, out, said, KEY)
    assert refused.value.extra == {"reasons": ["whole_district"]}
    assert kinds_sent(session, out) == [ReleaseKind.INITIAL]
    assert AlertDraft.of(out).texts["da"].title == "Indbrud på Søvej"
    assert out.status is AlertStatus.ACTIVE


@kinds
def test_the_rules_are_those_of_the_alert(
    session: Session, country: Country, officer: Actor, set_rules: SetRules, kind: ReleaseKind
) -> None:
    make_reader(session, country.p3400)
    set_rules(above_recipients=None)
    severe = make_draft(
        session, country, officer,
        kind=AlertKind.AREA_ALERT, severity=Severity.SEVERE, case_reference=None,
    )  # fmt: skip
    kept = save_follow_up(session, officer, let_out(session, officer, severe), kind, texts())
    set_rules(from_severity="severe")
    with pytest.raises(ApprovalMissing):
        send_follow_up(session, officer, kept, KEY)
    set_rules(from_severity="extreme")
    send_follow_up(session, officer, kept, KEY)


@kinds
def test_approved_by_somebody_else_it_follows_once(
    session: Session, officer: Actor, approver: Actor, out: Alert, kind: ReleaseKind
) -> None:
    kept = submitted(session, officer, out, kind)
    assert waiting_for(session, approver) == [kept]
    with pytest.raises(ApprovalMissing):
        send_follow_up(session, officer, kept, KEY)
    approve_alert(session, approver, kept, "Godt set", seen=seen(session, kept))
    assert waiting_for(session, approver) == []
    assert [step.work for step in answered(session, officer)] == [kept]
    made = send_follow_up(session, officer, kept, KEY)
    assert send_follow_up(session, officer, kept, "another-key") is made
    assert kinds_sent(session, out) == [ReleaseKind.INITIAL, kind]
    assert kept.release is made
    assert answered(session, officer) == []
    assert (out.outcome is Outcome.RESOLVED) == (kind is ReleaseKind.CLOSURE)
    is_corrected = AlertDraft.of(out).texts == texts()
    assert is_corrected == (kind is ReleaseKind.CORRECTION)
    actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert [each for each in actions if "follow_up" in each] == [
        "alert.follow_up_drafted", "alert.follow_up_submitted",
        "alert.follow_up_approved", "alert.follow_up_sending",
    ]  # fmt: skip


def test_nobody_approves_what_they_wrote_themselves(
    session: Session, officer: Actor, out: Alert
) -> None:
    both = make_officer(session, [NORTH], [Role.OFFICER, Role.APPROVER])
    kept = submitted(session, both, out, ReleaseKind.UPDATE)
    assert waiting_for(session, both) == []
    with pytest.raises(OwnWork):
        approve_alert(session, both, kept, seen=seen(session, kept))
    with pytest.raises(NotAllowed):
        approve_alert(session, officer, kept, seen=seen(session, kept))


def test_any_change_voids_the_approval(
    session: Session, officer: Actor, approver: Actor, out: Alert
) -> None:
    kept = submitted(session, officer, out, ReleaseKind.UPDATE)
    read = seen(session, kept)
    approve_alert(session, approver, kept, seen=read)
    save_follow_up(session, officer, out, kept.kind, texts("Bilen er rød."), kept)
    assert is_now(kept, AlertStatus.DRAFT)
    assert kept.edited_by == officer.staff_id
    with pytest.raises(ApprovalMissing):
        send_follow_up(session, officer, kept, KEY)
    submit_alert(session, officer, kept)
    with pytest.raises(DraftChanged):
        approve_alert(session, approver, kept, seen=read)
    save_follow_up(session, officer, out, kept.kind, texts("Bilen er rød."), kept)
    assert is_now(kept, AlertStatus.SUBMITTED), "saved as it was, nothing changes"


@kinds
def test_what_was_sent_in_between_voids_the_approval(
    session: Session, officer: Actor, approver: Actor, out: Alert, kind: ReleaseKind
) -> None:
    """Of two who correct at once, the second is approved by somebody who has seen the first."""
    first = submitted(session, officer, out, ReleaseKind.CORRECTION, "Bilen er grå.")
    second = submitted(session, officer, out, kind, "Bilen er rød.")
    for each in (first, second):
        approve_alert(session, approver, each, seen=seen(session, each))
    send_follow_up(session, officer, first, KEY)
    with pytest.raises(ApprovalMissing):
        send_follow_up(session, officer, second, KEY + "2")
    take_back_alert(session, officer, second)
    submit_alert(session, officer, second)
    approve_alert(session, approver, second, seen=seen(session, second))
    send_follow_up(session, officer, second, KEY + "2")
    assert kinds_sent(session, out) == [ReleaseKind.INITIAL, ReleaseKind.CORRECTION, kind]


def test_it_is_returned_taken_back_and_rejected_as_an_alert_is(
    session: Session, officer: Actor, approver: Actor, out: Alert
) -> None:
    kept = submitted(session, officer, out, ReleaseKind.UPDATE)
    return_alert(session, approver, kept, "Hvilken bil?", seen=seen(session, kept))
    assert [step.comment for step in answered(session, officer)] == ["Hvilken bil?"]
    with pytest.raises(IllegalMove):
        send_follow_up(session, officer, kept, KEY)
    submit_alert(session, officer, kept)
    take_back_alert(session, officer, kept)
    assert kept.status is AlertStatus.DRAFT
    submit_alert(session, officer, kept)
    reject_alert(session, approver, kept, "Det er ikke vores", seen=seen(session, kept))
    for step in (submit_alert, take_back_alert, drop_follow_up):
        with pytest.raises(IllegalMove):
            step(session, officer, kept)
    with pytest.raises(IllegalMove):
        send_follow_up(session, officer, kept, KEY, without_approval="Ingen er på vagt")
    assert [step.kind for step in kept.approval_steps] == [
        StepKind.SUBMITTED, StepKind.RETURNED, StepKind.SUBMITTED, StepKind.TAKEN_BACK,
        StepKind.SUBMITTED, StepKind.REJECTED,
    ]  # fmt: skip
    assert out.approval_steps == [], "they are not steps of the alert"


def test_what_is_given_up_is_gone_from_every_list(
    session: Session, officer: Actor, approver: Actor, out: Alert
) -> None:
    kept = submitted(session, officer, out, ReleaseKind.UPDATE)
    drop_follow_up(session, officer, kept)
    assert unsent_follow_ups(session, officer, out) == []
    assert waiting_for(session, approver) == []


@kinds
def test_when_nobody_is_on_duty_it_follows_for_a_reason(
    session: Session, officer: Actor, out: Alert, kind: ReleaseKind
) -> None:
    kept = submitted(session, officer, out, kind)
    with pytest.raises(InvalidAlert):
        send_follow_up(session, officer, kept, KEY, without_approval="Haster")
    send_follow_up(session, officer, kept, KEY, without_approval="Ingen er på vagt")
    assert kinds_sent(session, out) == [ReleaseKind.INITIAL, kind]
    administrator = make_officer(session, [], [Role.ADMINISTRATOR])
    assert [step.comment for step in sent_unapproved(session, administrator)] == [
        "Ingen er på vagt"
    ]
    entry = session.scalars(
        select(AuditEntry).where(AuditEntry.action == "alert.sent_unapproved")
    ).one()
    assert entry.detail["follow_up"] == kept.id
    assert entry.detail["kind"] == kind.value


def test_withdrawing_waits_for_nobody(session: Session, officer: Actor, out: Alert) -> None:
    kept = submitted(session, officer, out, ReleaseKind.CORRECTION)
    withdraw_alert(session, officer, out, {"da": "Det var forkert."}, KEY)
    assert kinds_sent(session, out) == [ReleaseKind.INITIAL, ReleaseKind.WITHDRAWAL]
    assert out.status is AlertStatus.WITHDRAWN
    with pytest.raises(IllegalMove):
        send_follow_up(session, officer, kept, KEY, without_approval="Ingen er på vagt")


@kinds
def test_nothing_follows_what_is_over(
    session: Session, officer: Actor, approver: Actor, out: Alert, kind: ReleaseKind
) -> None:
    kept = submitted(session, officer, out, kind)
    approve_alert(session, approver, kept, seen=seen(session, kept))
    waits = submitted(session, officer, out, kind, "En anden tekst.")
    withdraw_alert(session, officer, out, {"da": "Det var forkert."}, KEY)
    for reason in (None, "Ingen er på vagt"):
        with pytest.raises(IllegalMove):
            send_follow_up(session, officer, kept, KEY, without_approval=reason)
    with pytest.raises(IllegalMove):
        approve_alert(session, approver, waits, seen=seen(session, waits))
    with pytest.raises(IllegalMove):
        submitted(session, officer, out, kind)
    assert waiting_for(session, approver) == []
    assert answered(session, officer) == []


@pytest.mark.parametrize("step", [pause_alert, stop_alert])
def test_while_a_correction_waits_the_sending_is_paused_or_stopped_by_one_person(
    session: Session,
    officer: Actor,
    alert: Alert,
    set_rules: SetRules,
    step: Callable[[Session, Actor, Alert], Alert],
) -> None:
    set_rules(above_recipients=None)
    publish_alert(session, officer, alert, KEY)
    session.scalars(select(Broadcast)).one().status = BroadcastStatus.SENDING
    set_rules(above_recipients=0)
    submitted(session, officer, alert, ReleaseKind.CORRECTION)
    step(session, officer, alert)
    broadcast = session.scalars(select(Broadcast)).one()
    session.refresh(broadcast)
    assert broadcast.status in {BroadcastStatus.PAUSED, BroadcastStatus.STOPPED}


def test_with_the_approver_goes_the_approval(
    session: Session, officer: Actor, approver: Actor, out: Alert
) -> None:
    kept = submitted(session, officer, out, ReleaseKind.UPDATE)
    approve_alert(session, approver, kept, seen=seen(session, kept))
    session.get_one(Staff, approver.staff_id).active = False
    session.flush()
    with pytest.raises(ApprovalMissing):
        send_follow_up(session, officer, kept, KEY)


def test_staff_of_elsewhere_neither_read_nor_write_it(
    session: Session, officer: Actor, out: Alert
) -> None:
    kept = submitted(session, officer, out, ReleaseKind.UPDATE)
    stranger = make_officer(session, [SOUTH], [Role.OFFICER, Role.APPROVER])
    assert unsent_follow_ups(session, stranger, out) == []
    with pytest.raises(AlertNotFound):
        find_follow_up(session, stranger, out, kept.id)
    for step in (submit_alert, take_back_alert, drop_follow_up):
        with pytest.raises(NotAllowed):
            step(session, stranger, kept)
    with pytest.raises(NotAllowed):
        approve_alert(session, stranger, kept, seen=seen(session, kept))
    with pytest.raises(NotAllowed):
        send_follow_up(session, stranger, kept, KEY, without_approval="Ingen er på vagt")


def test_it_goes_with_its_alert_when_that_is_old(
    session: Session, country: Country, officer: Actor, approver: Actor, set_rules: SetRules
) -> None:
    set_rules(above_recipients=None, for_whole_district=False)
    make_reader(session, country.p3400)
    warning = make_draft(session, country, officer, kind=AlertKind.AREA_ALERT, case_reference=None)
    out = let_out(session, officer, warning)
    sent = submitted(session, officer, out, ReleaseKind.CLOSURE)
    submitted(session, officer, out, ReleaseKind.UPDATE)
    approve_alert(session, approver, sent, seen=seen(session, sent))
    send_follow_up(session, officer, sent, KEY)
    for broadcast in session.scalars(select(Broadcast)):
        broadcast.settled_at = utcnow()
    session.flush()
    assert forget_alerts(session, utcnow()) == 1
    session.expire_all()
    assert session.scalars(select(FollowUp)).all() == []


def test_two_who_press_send_at_once_send_it_once(
    session: Session, officer: Actor, approver: Actor, out: Alert, app: VarskoApp
) -> None:
    kept = submitted(session, officer, out, ReleaseKind.CORRECTION)
    approve_alert(session, approver, kept, seen=seen(session, kept))
    code, kept_id = out.code, kept.id
    second = make_officer(session)
    session.commit()
    start = Barrier(2)

    def send(actor: Actor) -> int:
        with app.app_context():
            start.wait()
            with current_database().unit_of_work() as own:
                mine = find_follow_up(own, actor, find_alert(own, code), kept_id)
                return send_follow_up(own, actor, mine, f"key-of-{actor.staff_id}").id

    with ThreadPoolExecutor(2) as threads:
        assert len(set(threads.map(send, [officer, second]))) == 1
    session.expire_all()
    assert kinds_sent(session, out) == [ReleaseKind.INITIAL, ReleaseKind.CORRECTION]
