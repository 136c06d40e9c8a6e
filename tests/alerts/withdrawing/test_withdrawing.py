"""A withdrawn alert: those who heard of it are told, and nothing else is ever sent about it."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alerts.composing.saving import find_alert
from alerts.errors import IllegalMove, WordingReasonMissing
from alerts.lifecycle import is_open
from alerts.models import Alert, AlertStatus, Outcome, ReleaseKind, Severity
from alerts.releasing.follow_ups import close_alert, send_update
from alerts.releasing.jobs import close_expired_alerts, note_settled, start_due_alerts
from alerts.releasing.publishing import publish_alert
from alerts.releasing.releases import list_releases
from alerts.releasing.steering import pause_alert, stop_alert
from alerts.releasing.withdrawing import withdraw_alert
from audit.models import AuditEntry
from database import current_database, utcnow
from dispatch.models import Broadcast, BroadcastStatus, Contact, Priority
from staff.actor import Actor, NotAllowed
from tests.alerts.factories import SOUTH, Country, make_draft, make_officer, make_reader
from web.http.app import VarskoApp

KEY = "key-of-a-withdrawal"
WHY = {"da": "Området var forkert. Der er ingen fare."}


@pytest.fixture
def reader(session: Session, country: Country) -> Contact:
    """One who follows postcode 3400."""
    return make_reader(session, country.p3400)


@pytest.fixture
def alert(session: Session, country: Country, officer: Actor, reader: Contact) -> Alert:
    """An alert that is being sent."""
    return publish_alert(session, officer, make_draft(session, country, officer), "key-of-alert")


def broadcasts_of(session: Session, alert: Alert) -> list[Broadcast]:
    """Its broadcasts, in the order of the releases."""
    ids = [id_ for made in list_releases(session, alert) for id_ in made.broadcast_ids]
    return [session.get_one(Broadcast, id_, populate_existing=True) for id_ in ids]


def test_what_waits_is_stopped_and_the_alert_is_over_for_good(
    session: Session, officer: Actor, alert: Alert
) -> None:
    send_update(session, officer, alert, {"da": "Bilen er grå."}, "key-of-update")
    made = withdraw_alert(session, officer, alert, WHY, KEY)
    assert made.kind is ReleaseKind.WITHDRAWAL
    assert (alert.status, alert.outcome) == (AlertStatus.WITHDRAWN, Outcome.WITHDRAWN)
    assert not is_open(alert)
    own, update, withdrawal = broadcasts_of(session, alert)
    assert (own.status, update.status) == (BroadcastStatus.STOPPED, BroadcastStatus.STOPPED)
    assert withdrawal.status is BroadcastStatus.WAITING
    assert withdrawal.priority is Priority.URGENT
    assert withdrawal.audience_params == {"broadcast_ids": [own.id, update.id]}
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "alert.withdrawn")).one()
    assert (entry.staff_id, entry.detail["stopped"]) == (officer.staff_id, [own.id, update.id])


def test_its_messages_say_that_it_is_withdrawn_and_ask_for_nothing(
    session: Session, officer: Actor, alert: Alert
) -> None:
    made = withdraw_alert(session, officer, alert, {**WHY, "en": "The area was wrong."}, KEY)
    for content in made.contents:
        marked = "Trukket tilbage: " if content["language"] == "da" else "Withdrawn: "
        for said in ("body", "subject") if content["subject"] else ("body",):
            assert f"{marked}Indbrud på Søvej" in content[said], "which of several"
        assert "/tip" not in content["body"]
        assert "112" not in content["body"]
        assert "3400 Hillerød" in content["body"]
    assert made.texts["en"]["body"] == "The area was wrong."


def test_the_record_keeps_what_was_sent(session: Session, officer: Actor, alert: Alert) -> None:
    withdraw_alert(session, officer, alert, WHY, KEY)
    initial, withdrawal = list_releases(session, alert)
    assert initial.texts["da"]["body"] == "Har du set en hvid varevogn i nat?"
    assert withdrawal.texts == {"da": {"title": "Indbrud på Søvej", "body": WHY["da"]}}


def test_the_same_key_again_is_the_same_withdrawal_and_another_is_refused(
    session: Session, officer: Actor, alert: Alert
) -> None:
    made = withdraw_alert(session, officer, alert, WHY, KEY)
    assert withdraw_alert(session, officer, alert, WHY, KEY) is made
    with pytest.raises(IllegalMove, match="Trukket tilbage"):
        withdraw_alert(session, officer, alert, WHY, "another-key")
    assert len(list_releases(session, alert)) == 2


def test_nothing_follows_a_withdrawal(session: Session, officer: Actor, alert: Alert) -> None:
    withdraw_alert(session, officer, alert, WHY, KEY)
    with pytest.raises(IllegalMove):
        send_update(session, officer, alert, {"da": "Nyt."}, "key-of-update")
    with pytest.raises(IllegalMove):
        close_alert(session, officer, alert, {"da": "Slut."}, "key-of-closure")
    with pytest.raises(IllegalMove):
        publish_alert(session, officer, alert, "key-of-another")
    for broadcast in broadcasts_of(session, alert):
        note_settled(session, broadcast)
    start_due_alerts(session)
    with time_machine.travel(utcnow() + timedelta(days=30)):
        close_expired_alerts(session)
    assert (alert.status, alert.outcome) == (AlertStatus.WITHDRAWN, Outcome.WITHDRAWN)
    assert session.scalar(select(func.count()).select_from(Broadcast)) == 2


def test_one_that_is_paused_is_withdrawn(session: Session, officer: Actor, alert: Alert) -> None:
    pause_alert(session, officer, alert)
    withdraw_alert(session, officer, alert, WHY, KEY)
    own, withdrawal = broadcasts_of(session, alert)
    assert own.status is BroadcastStatus.STOPPED
    assert withdrawal.status is BroadcastStatus.WAITING


@pytest.mark.parametrize("ended", ["stopped", "closed", "expired"])
def test_what_is_over_can_be_withdrawn_for_it_stays_readable(
    session: Session, officer: Actor, alert: Alert, ended: str
) -> None:
    if ended == "stopped":
        stop_alert(session, officer, alert)
    else:
        note_settled(session, broadcasts_of(session, alert)[0])
    if ended == "closed":
        close_alert(session, officer, alert, {"da": "Fundet."}, "key-of-closure")
    with time_machine.travel(utcnow() + timedelta(days=3)):
        if ended == "expired":
            close_expired_alerts(session)
        withdraw_alert(session, officer, alert, WHY, KEY)
        assert alert.closed_at is not None
        assert utcnow() - alert.closed_at < timedelta(minutes=1), "kept as long as any other"
        withdrawal = broadcasts_of(session, alert)[-1]
        assert withdrawal.expires_at is not None
        assert withdrawal.expires_at > utcnow(), "although the alert has expired"
    assert alert.status is AlertStatus.WITHDRAWN


def test_a_scheduled_one_is_cancelled_until_its_time_has_come(
    session: Session, country: Country, officer: Actor, reader: Contact
) -> None:
    when = utcnow() + timedelta(hours=2)
    made = make_draft(session, country, officer, send_at=when)
    with pytest.raises(IllegalMove, match="Udkast"):
        withdraw_alert(session, officer, made, WHY, KEY)
    publish_alert(session, officer, made, "key-of-later")
    with pytest.raises(IllegalMove, match="annullere"):
        withdraw_alert(session, officer, made, WHY, KEY)
    with time_machine.travel(when + timedelta(seconds=1)):
        withdraw_alert(session, officer, made, WHY, KEY)
    assert made.status is AlertStatus.WITHDRAWN


def test_it_needs_no_approval_but_a_reason_for_what_is_grave(
    session: Session, country: Country, officer: Actor, reader: Contact
) -> None:
    made = make_draft(session, country, officer, severity=Severity.EXTREME)
    publish_alert(session, officer, made, "key-of-it", without_approval="Ingen er på vagt.")
    grave = {"da": "Det var ikke 010190-1234, vi søgte."}
    with pytest.raises(WordingReasonMissing):
        withdraw_alert(session, officer, made, grave, KEY)
    session.refresh(made)
    released = withdraw_alert(session, officer, made, grave, KEY, "Personen har selv bedt om det.")
    assert released.wording_reason == "Personen har selv bedt om det."


def test_only_an_officer_of_all_its_districts_withdraws(
    session: Session, country: Country, reader: Contact
) -> None:
    both = make_officer(session, ["01", SOUTH])
    target = {"area_ids": [country.p3400, country.p4600]}
    made = make_draft(session, country, both, target=target)
    publish_alert(session, both, made, "key-of-both")
    with pytest.raises(NotAllowed):
        withdraw_alert(session, make_officer(session), made, WHY, KEY)
    withdraw_alert(session, both, made, WHY, KEY)


@pytest.mark.parametrize("keys", [(KEY, KEY), (KEY, "another-key")], ids=["same", "different"])
def test_two_who_withdraw_at_once_do_it_once(
    app: VarskoApp, country: Country, keys: tuple[str, str]
) -> None:
    with current_database().unit_of_work() as session:
        officer = make_officer(session)
        make_reader(session, country.p3400)
        made = make_draft(session, country, officer)
        code = publish_alert(session, officer, made, "key-of-alert").code
    ready = threading.Barrier(2)
    outcomes: list[str] = []

    def withdraw(key: str) -> None:
        with app.app_context():
            ready.wait(120)
            try:
                with current_database().unit_of_work() as session:
                    withdraw_alert(session, officer, find_alert(session, code), WHY, key)
                outcomes.append("withdrawn")
            except IllegalMove:
                outcomes.append("refused")

    threads = [threading.Thread(target=withdraw, args=(key,)) for key in keys]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    expected = ["withdrawn"] * 2 if keys[0] == keys[1] else ["refused", "withdrawn"]
    assert sorted(outcomes) == expected
    with current_database().unit_of_work() as session:
        assert len(find_alert(session, code).releases) == 2
