"""Publishing sends once, to those the preview counted, and leaves a record nobody can change."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alerts.composing.saving import find_alert, update_draft
from alerts.draft import AlertDraft, Wording
from alerts.errors import (
    AlertNotFound,
    DraftChanged,
    IllegalMove,
    InvalidAlert,
    KeyReused,
    NoRecipients,
)
from alerts.models import (
    Alert,
    AlertStatus,
    ImmutableRecord,
    Outcome,
    ReleaseKind,
)
from alerts.releasing.follow_ups import close_alert, send_update
from alerts.releasing.jobs import close_expired_alerts, note_settled, start_due_alerts
from alerts.releasing.preview import preview
from alerts.releasing.published import find_public_alert
from alerts.releasing.publishing import publish_alert
from alerts.releasing.releases import list_releases
from alerts.releasing.steering import cancel_alert, stop_alert
from audit.models import AuditEntry
from database import current_database, utcnow
from dispatch.audiences import resolve
from dispatch.broadcasts import Audience, count_audience
from dispatch.models import (
    Broadcast,
    BroadcastContent,
    BroadcastStatus,
    Channel,
    Contact,
    Delivery,
    DeliveryState,
)
from staff.actor import Actor, NotAllowed
from tests.alerts.factories import Country, a_draft, make_draft, make_officer, make_reader
from web.http.app import VarskoApp

KEY = "nøgle-nr-1-til-test"


def broadcasts(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Broadcast)) or 0


def status_of(alert: Alert) -> str:
    """The state it is in now."""
    return alert.status.value


def hand_over(session: Session, alert: Alert, *contacts: Contact) -> None:
    """Write into the ledger that these contacts got the alert's own broadcast."""
    initial = list_releases(session, alert)[0]
    content = session.scalars(
        select(BroadcastContent).where(
            BroadcastContent.broadcast_id == initial.broadcast_ids[0],
            BroadcastContent.language == "da",
            BroadcastContent.channel == Channel.SMS,
        )
    ).one()
    for contact in contacts:
        session.add(
            Delivery(
                broadcast_id=initial.broadcast_ids[0],
                contact_id=contact.id,
                content_id=content.id,
                channel=contact.channel,
                state=DeliveryState.SENT,
            )
        )
    session.flush()


def settle(session: Session, alert: Alert) -> None:
    """Let the alert's own broadcast come to its end."""
    initial = list_releases(session, alert)[0]
    note_settled(session, session.get_one(Broadcast, initial.broadcast_ids[0]))


@pytest.fixture
def reader(session: Session, country: Country) -> Contact:
    """One who follows postcode 3400."""
    return make_reader(session, country.p3400)


def test_publishing_sends_to_exactly_those_the_preview_counted(
    session: Session, country: Country, officer: Actor
) -> None:
    for language, channel in [("da", Channel.SMS), ("en", Channel.SMS), ("da", Channel.EMAIL)]:
        make_reader(session, country.p3400, language, channel)
    make_reader(session, country.hilleroed)
    make_reader(session, country.north)
    make_reader(session, country.p3480)
    make_reader(session, country.p4600)
    alert = make_draft(session, country, officer)
    seen = preview(session, officer, alert)
    assert seen.recipients == 5
    assert seen.problems == []
    assert seen.districts == ["Nordsjællands Politi"]
    publish_alert(session, officer, alert, KEY)
    assert alert.status is AlertStatus.SENDING
    (release,) = list_releases(session, alert)
    assert release.recipients == seen.recipients
    assert release.counts == [
        {"channel": c.channel.value, "language": c.language, "recipients": c.recipients}
        for c in seen.counts
    ]
    broadcast = session.get_one(Broadcast, release.broadcast_ids[0])
    resent = count_audience(session, Audience(broadcast.audience_kind, broadcast.audience_params))
    assert resent.counts == seen.counts
    assert [c["body"] for c in release.contents] == [m.content.body for m in seen.messages]


def test_the_record_says_what_to_whom_and_by_whom(
    session: Session, country: Country, officer: Actor, reader: Contact
) -> None:
    alert = publish_alert(session, officer, make_draft(session, country, officer), KEY)
    (release,) = list_releases(session, alert)
    assert release.kind is ReleaseKind.INITIAL
    assert release.texts["da"]["title"] == "Indbrud på Søvej"
    assert release.target == {"area_ids": [country.p3400]}
    assert release.waves[0].audience["kind"] == "areas"
    assert str(country.p3400) in release.waves[0].audience["params"]["area_ids"]
    assert release.created_by == officer.staff_id
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "alert.released")).one()
    assert entry.staff_id == officer.staff_id
    assert entry.detail["recipients"] == 1


def test_nobody_can_change_or_delete_the_record(
    session: Session, country: Country, officer: Actor, reader: Contact
) -> None:
    alert = publish_alert(session, officer, make_draft(session, country, officer), KEY)
    release = list_releases(session, alert)[0]
    release.recipients = 99
    with pytest.raises(ImmutableRecord):
        session.flush()
    session.rollback()


def test_the_same_key_again_gives_the_same_answer_and_sends_once(
    session: Session, country: Country, officer: Actor, reader: Contact
) -> None:
    alert = make_draft(session, country, officer)
    for _ in range(3):
        assert publish_alert(session, officer, alert, KEY) is alert
    assert broadcasts(session) == 1
    with pytest.raises(IllegalMove, match="Sendes nu"):
        publish_alert(session, officer, alert, "en anden nøgle")
    assert broadcasts(session) == 1


def test_a_key_belongs_to_one_alert(
    session: Session, country: Country, officer: Actor, reader: Contact
) -> None:
    publish_alert(session, officer, make_draft(session, country, officer), KEY)
    with pytest.raises(KeyReused):
        publish_alert(session, officer, make_draft(session, country, officer), KEY)


@pytest.mark.parametrize("keys", [(KEY, KEY), (KEY, "en anden nøgle")], ids=["same", "different"])
def test_two_who_publish_at_once_send_once(
    app: VarskoApp, country: Country, keys: tuple[str, str]
) -> None:
    with current_database().unit_of_work() as session:
        officer = make_officer(session)
        make_reader(session, country.p3400)
        code = make_draft(session, country, officer).code
    ready = threading.Barrier(2)
    outcomes: list[str] = []

    def publish(key: str) -> None:
        with app.app_context():
            ready.wait(120)
            try:
                with current_database().unit_of_work() as session:
                    publish_alert(session, officer, find_alert(session, code), key)
                outcomes.append("sent")
            except IllegalMove:
                outcomes.append("refused")

    threads = [threading.Thread(target=publish, args=(key,)) for key in keys]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    expected = ["sent", "sent"] if keys[0] == keys[1] else ["refused", "sent"]
    assert sorted(outcomes) == expected
    with current_database().unit_of_work() as session:
        assert broadcasts(session) == 1


def test_two_alerts_with_one_key_at_once_are_told_apart(app: VarskoApp, country: Country) -> None:
    with current_database().unit_of_work() as session:
        officer = make_officer(session)
        make_reader(session, country.p3400)
        codes = [make_draft(session, country, officer).code for _ in range(2)]
    ready = threading.Barrier(2)
    outcomes: list[str] = []

    def publish(code: str) -> None:
        with app.app_context():
            ready.wait(120)
            try:
                with current_database().unit_of_work() as session:
                    publish_alert(session, officer, find_alert(session, code), KEY)
                outcomes.append("sent")
            except KeyReused:
                outcomes.append("refused")

    threads = [threading.Thread(target=publish, args=(code,)) for code in codes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert sorted(outcomes) == ["refused", "sent"]


def test_an_alert_that_nobody_would_get_is_not_sent(
    session: Session, country: Country, officer: Actor
) -> None:
    alert = make_draft(session, country, officer)
    assert any(
        "Ingen modtagere" in problem for problem in preview(session, officer, alert).problems
    )
    with pytest.raises(NoRecipients) as refused:
        publish_alert(session, officer, alert, KEY)
    assert refused.value.status == 422


def test_a_draft_whose_time_has_passed_is_not_sent(
    session: Session, country: Country, officer: Actor, reader: Contact
) -> None:
    alert = make_draft(session, country, officer, send_at=utcnow() + timedelta(minutes=10))
    with time_machine.travel(utcnow() + timedelta(hours=1)):
        with pytest.raises(InvalidAlert) as refused:
            publish_alert(session, officer, alert, KEY)
        assert "send_at" in refused.value.fields


def test_a_draft_changed_since_it_was_read_is_not_sent(
    session: Session, country: Country, officer: Actor, reader: Contact
) -> None:
    alert = make_draft(session, country, officer)
    seen = AlertDraft.of(alert).fingerprint()
    update_draft(session, officer, alert, a_draft(country, texts={"da": Wording("Nyt", "Nyt")}))
    with pytest.raises(DraftChanged):
        publish_alert(session, officer, alert, KEY, seen=seen)
    publish_alert(session, officer, alert, KEY, seen=AlertDraft.of(alert).fingerprint())


def test_only_an_officer_of_all_its_districts_publishes(
    session: Session, country: Country, officer: Actor, reader: Contact
) -> None:
    both = make_officer(session, ["01", "02"])
    target = {"area_ids": [country.p3400, country.p4600]}
    alert = make_draft(session, country, both, target=target)
    with pytest.raises(NotAllowed):
        publish_alert(session, officer, alert, KEY)
    publish_alert(session, both, alert, KEY)


def test_a_scheduled_alert_waits_starts_and_becomes_active(
    session: Session, country: Country, officer: Actor, reader: Contact
) -> None:
    when = utcnow() + timedelta(hours=2)
    alert = make_draft(session, country, officer, send_at=when)
    publish_alert(session, officer, alert, KEY)
    assert alert.status is AlertStatus.SCHEDULED
    assert alert.expires_at == when + timedelta(hours=24)
    release = list_releases(session, alert)[0]
    assert session.get_one(Broadcast, release.broadcast_ids[0]).not_before == when
    start_due_alerts(session)
    assert alert.status is AlertStatus.SCHEDULED
    with pytest.raises(AlertNotFound):
        find_public_alert(session, alert.code)
    with time_machine.travel(when + timedelta(seconds=1)):
        assert find_public_alert(session, alert.code) is alert
        start_due_alerts(session)
        assert status_of(alert) == "sending"
        settle(session, alert)
        assert status_of(alert) == "active"


def test_a_scheduled_alert_can_be_cancelled_until_its_time_comes(
    session: Session, country: Country, officer: Actor, reader: Contact
) -> None:
    when = utcnow() + timedelta(hours=2)
    early, late = (make_draft(session, country, officer, send_at=when) for _ in range(2))
    publish_alert(session, officer, early, KEY)
    publish_alert(session, officer, late, KEY + "2")
    cancel_alert(session, officer, early)
    assert early.status is AlertStatus.CANCELLED
    broadcast = session.get_one(Broadcast, list_releases(session, early)[0].broadcast_ids[0])
    assert broadcast.status is BroadcastStatus.STOPPED
    with time_machine.travel(when + timedelta(minutes=1)), pytest.raises(IllegalMove):
        cancel_alert(session, officer, late)


def test_stopping_stops_the_broadcast_and_can_be_followed_by_a_closure(
    session: Session, country: Country, officer: Actor, reader: Contact
) -> None:
    alert = publish_alert(session, officer, make_draft(session, country, officer), KEY)
    hand_over(session, alert, reader)
    stop_alert(session, officer, alert)
    assert alert.status is AlertStatus.STOPPED
    broadcast = session.get_one(Broadcast, list_releases(session, alert)[0].broadcast_ids[0])
    assert broadcast.status is BroadcastStatus.STOPPED
    settle(session, alert)
    assert alert.status is AlertStatus.STOPPED
    with pytest.raises(IllegalMove):
        send_update(session, officer, alert, {"da": "Nyt"}, KEY)
    assert close_alert(session, officer, alert, {"da": "Det var en fejl."}, KEY).recipients == 1


def test_a_closure_reaches_exactly_those_who_got_the_alert(
    session: Session, country: Country, officer: Actor, reader: Contact
) -> None:
    missed = make_reader(session, country.p3400)
    alert = publish_alert(session, officer, make_draft(session, country, officer), KEY)
    hand_over(session, alert, reader)
    late = make_reader(session, country.p3400)
    settle(session, alert)
    closure = close_alert(session, officer, alert, {"da": "Manden er fundet."}, KEY)
    assert (alert.status, alert.outcome) == (AlertStatus.CLOSED, Outcome.RESOLVED)
    broadcast = session.get_one(Broadcast, closure.broadcast_ids[0])
    found = resolve(session, Audience(broadcast.audience_kind, broadcast.audience_params))
    reached = set(session.scalars(select(found.c.contact_id)))
    assert reached == {reader.id}
    assert not reached & {missed.id, late.id}
    assert closure.texts == {"da": {"title": "Indbrud på Søvej", "body": "Manden er fundet."}}
    for content in closure.contents:
        ended = "Afsluttet: " if content["language"] == "da" else "Ended: "
        for said in ("body", "subject") if content["subject"] else ("body",):
            assert f"{ended}Indbrud på Søvej" in content[said], "which of several in force"
        assert "3400 Hillerød" in content["body"]
        assert "Manden er fundet.\n" in content["body"]
    assert close_alert(session, officer, alert, {"da": "Manden er fundet."}, KEY) is closure
    with pytest.raises(IllegalMove):
        close_alert(session, officer, alert, {"da": "Igen."}, "en anden nøgle")


def test_an_update_goes_to_the_area_once_per_key(
    session: Session, country: Country, officer: Actor, reader: Contact
) -> None:
    alert = publish_alert(session, officer, make_draft(session, country, officer), KEY)
    first = send_update(session, officer, alert, {"da": "Bilen er grå."}, KEY)
    assert send_update(session, officer, alert, {"da": "Bilen er grå."}, KEY) is first
    second = send_update(session, officer, alert, {"da": "Bilen er fundet."}, KEY + "2")
    assert [r.number for r in list_releases(session, alert)] == [1, 2, 3]
    assert (first.recipients, second.recipients) == (1, 1)
    sms = next(c for c in first.contents if c["channel"] == "sms" and c["language"] == "da")
    assert "Opdatering: Indbrud på Søvej" in sms["body"]


@pytest.mark.parametrize("bodies", [{}, {"da": " "}, {"en": "Only English"}, {"da": "x" * 900}])
def test_a_follow_up_without_a_fitting_danish_text_is_refused(
    session: Session, country: Country, officer: Actor, reader: Contact, bodies: dict[str, str]
) -> None:
    alert = publish_alert(session, officer, make_draft(session, country, officer), KEY)
    with pytest.raises(InvalidAlert):
        send_update(session, officer, alert, bodies, KEY)


def test_an_expired_alert_is_closed_and_nobody_is_written_to(
    session: Session, country: Country, officer: Actor, reader: Contact
) -> None:
    alert = publish_alert(session, officer, make_draft(session, country, officer), KEY)
    settle(session, alert)
    close_expired_alerts(session)
    assert alert.status is AlertStatus.ACTIVE
    with time_machine.travel(utcnow() + timedelta(hours=25)):
        close_expired_alerts(session)
    assert (alert.status, alert.outcome) == (AlertStatus.CLOSED, Outcome.EXPIRED)
    assert broadcasts(session) == 1
