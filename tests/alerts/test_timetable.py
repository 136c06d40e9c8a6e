"""When an alert will have been sent: at the senders' rate now, after the alerts that go first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy.orm import Session

from alerts.kinds import AlertKind
from alerts.models import Alert, Severity
from alerts.releasing.publishing import publish_alert
from alerts.releasing.releases import list_releases
from alerts.releasing.steering import pause_alert
from alerts.releasing.timetable import Timetable, timetable
from config import current_config
from database import current_database, utcnow
from dispatch import Dispatcher
from dispatch.audiences import AudienceCount
from dispatch.broadcasts import Content
from dispatch.models import Channel, Sender, Tally
from dispatch.segments import count_segments
from dispatch.sender_routes import routes_of
from staff.actor import Actor
from tests.alerts.factories import Country, make_country, make_draft, make_officer, make_reader
from tests.dispatch.fixtures import MakeApp
from tests.settings import SECOND_NUMBER, SMS_NUMBER
from web.http.app import VarskoApp

ONE_SEGMENT = [Content(Channel.SMS, "da", "Pas på"), Content(Channel.EMAIL, "da", "Pas på", "Pas")]
READERS = 8
ALERT: dict[str, Any] = {"kind": AlertKind.AREA_ALERT, "case_reference": None}


@pytest.fixture
def app(make_app: MakeApp) -> Iterator[VarskoApp]:
    """Two senders of one segment a second each."""
    made = make_app(sms_senders=f"twilio:{SMS_NUMBER}@1,twilio:{SECOND_NUMBER}@1")
    with made.app_context():
        yield made


@pytest.fixture
def country(app: VarskoApp) -> Country:
    """Eight people follow 3400."""
    with current_database().unit_of_work() as session:
        made = make_country(session)
        for _ in range(READERS):
            make_reader(session, made.p3400)
        return made


def times(session: Session, alert: Alert, number: int = 10, mails: int = 0) -> Timetable:
    """Of an alert with so many recipients and one segment for each."""
    counts = [AudienceCount(Channel.SMS, "da", number), AudienceCount(Channel.EMAIL, "da", mails)]
    return timetable(session, alert, counts, ONE_SEGMENT, utcnow())


def another(session: Session, country: Country, officer: Actor, **changes: Any) -> Alert:
    """An alert that was published before."""
    alert = make_draft(session, country, officer, **{**ALERT, **changes})
    return publish_alert(session, officer, alert, f"key-{alert.code}")


def segments_of(session: Session, alert: Alert) -> int:
    """How many segments it still has to send."""
    contents = list_releases(session, alert)[0].contents
    (text,) = (c["body"] for c in contents if (c["channel"], c["language"]) == ("sms", "da"))
    return READERS * count_segments(text).segments


def test_alone_it_takes_as_long_as_the_agreed_rates_say(
    session: Session, country: Country, officer: Actor
) -> None:
    found = times(session, make_draft(session, country, officer), 100)
    assert found.seconds == pytest.approx(50)
    assert (found.nearest_at, found.alerts_ahead) == (None, 0)


def test_the_nearest_thousand_have_it_before_the_last(
    session: Session, country: Country, officer: Actor
) -> None:
    found = times(session, make_draft(session, country, officer), 3_000, mails=1_000)
    assert found.nearest_at is not None
    assert (found.nearest_at - found.starts_at).total_seconds() == pytest.approx(375)
    assert found.seconds == pytest.approx(1_500)


@time_machine.travel("2026-03-02T12:00:00Z", tick=False)
def test_what_is_as_urgent_and_was_published_before_goes_first(
    session: Session, country: Country, officer: Actor
) -> None:
    alert = make_draft(session, country, officer, **ALERT)
    ahead = another(session, country, officer)
    another(session, country, officer, kind=AlertKind.PREVENTION_ADVICE)
    expected = 5 + segments_of(session, ahead) / 2
    assert times(session, alert).seconds == pytest.approx(expected)
    assert times(session, alert).alerts_ahead == 1
    alert.severity = Severity.SEVERE
    assert times(session, alert).seconds == pytest.approx(5)
    assert times(session, alert).alerts_ahead == 0


@time_machine.travel("2026-03-02T12:00:00Z", tick=False)
def test_what_is_paused_or_begins_later_is_not_counted(
    session: Session, country: Country, officer: Actor
) -> None:
    alert = make_draft(session, country, officer, **ALERT)
    another(session, country, officer, send_at=utcnow() + timedelta(hours=1))
    held = another(session, country, officer)
    pause_alert(session, officer, held)
    assert times(session, alert).seconds == pytest.approx(5)
    alert.send_at = utcnow() + timedelta(hours=1)
    assert times(session, alert).starts_at == alert.send_at
    assert times(session, alert).seconds == pytest.approx(5)


def test_a_sender_that_rests_sends_nothing(
    session: Session, country: Country, officer: Actor
) -> None:
    first, _second = routes_of(current_config(), Channel.SMS)
    now = utcnow()
    session.add(
        Sender(name=first.name, free_at=now, failures=3, rests_until=now + timedelta(minutes=5))
    )
    session.flush()
    alert = make_draft(session, country, officer)
    assert times(session, alert, 100).seconds == pytest.approx(100)


def test_busy_senders_are_taken_at_the_rate_at_which_they_send(
    app: VarskoApp, country: Country
) -> None:
    with time_machine.travel("2026-03-02T12:00:00Z", tick=False) as clock:
        with current_database().unit_of_work() as session:
            officer = make_officer(session)
            for _ in range(READERS * 4):
                make_reader(session, country.p3400)
            ahead = another(session, country, officer)
            code = make_draft(session, country, officer, **ALERT).id
            wave = list_releases(session, ahead)[0].broadcast_ids[0]
            each = segments_of(session, ahead) // READERS
        dispatcher = Dispatcher(app)
        dispatcher.tick()
        dispatcher.tick()
        clock.shift(20)
        with current_database().unit_of_work() as session:
            tally = session.get_one(Tally, (wave, Channel.SMS))
            tally.queued, tally.sent, tally.segments = 5 * READERS - 4, 4, 4 * each
            session.flush()
            alert = session.get_one(Alert, code)
            rate = 4 * each / 20
            waiting = (5 * READERS - 4) * each
            assert times(session, alert).seconds == pytest.approx((waiting + 10) / rate)
