"""A copy of the database, or of the log, does not join tips to those who wrote them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import func, select

from alerts.models import Alert, AlertStatus
from alerts.releasing.published import ANSWERED_FOR
from alerts.releasing.publishing import publish_alert
from alerts.releasing.retention import forget_old_recipients
from database import Base, UtcDateTime, current_database, utcnow
from dispatch import Dispatcher
from dispatch.forgetting import KEPT_REPLIES, forget_old
from dispatch.models import Batch, Broadcast, Delivery, InboundRecord, Tally
from dispatch.outbox import OUTBOX, OutboxMessage
from simulator import Simulator
from tests.alerts.factories import make_country, make_draft, make_officer, make_reader
from tests.dispatch.fixtures import deliver
from tests.dispatch.incoming.test_webhooks import post, sms
from tips.models import Tip
from web.http import logs
from web.http.app import VarskoApp
from web.models import SentForm

TIP = "Jeg så en mørk varebil køre hurtigt fra Slotsgade mod nord"
PHONE = "+4522334455"


def moments(table: str) -> set[dt.datetime]:
    """Every moment that stands in a table."""
    columns = [c for c in Base.metadata.tables[table].c if isinstance(c.type, UtcDateTime)]
    if not columns:
        return set()
    with current_database().unit_of_work(writes=False) as session:
        return {value for row in session.execute(select(*columns)) for value in row if value}


@pytest.fixture
def tip(dispatcher: Dispatcher, simulator: Simulator) -> None:
    for number in range(3):
        simulator.receive_sms(f"+4522334{number:03}", f"{TIP} {number}")
        deliver(simulator, dispatcher)


def test_no_moment_of_a_tip_stands_anywhere_else(tip: None) -> None:
    tips = moments("tip") | moments("tip_event")
    assert all(at.second == at.microsecond == 0 for at in tips)
    arrived = moments("inbound_record")
    assert all(at.minute == at.second == at.microsecond == 0 for at in arrived)
    exact = {at for at in tips if at.minute}
    for table in set(Base.metadata.tables) - {"tip", "tip_event"}:
        assert not exact & moments(table), table


def test_the_order_of_messages_is_not_the_order_of_tips(tip: None) -> None:
    """Ids of messages are random: three in a row do not follow each other."""
    with current_database().unit_of_work(writes=False) as session:
        ids = session.scalars(select(InboundRecord.id)).all()
        assert len(session.scalars(select(Tip.id)).all()) == 3
    assert len(ids) == 3
    assert all(number > 1_000 for number in ids)


def test_the_order_of_forms_is_not_the_order_of_tips(app: VarskoApp) -> None:
    with current_database().unit_of_work() as session:
        country = make_country(session)
        make_reader(session, country.p3400)
        officer = make_officer(session)
        alert = publish_alert(
            session, officer, make_draft(session, country, officer), "key-of-the-test"
        )
        page = f"/varsel/{alert.code}/tip"
    for number in range(3):
        form = {"text": f"{TIP} {number}", "form_id": f"form {number}"}
        assert app.test_client().post(page, data=form).status_code == 303
    with current_database().unit_of_work(writes=False) as session:
        ids = session.scalars(select(SentForm.id)).all()
        assert len(session.scalars(select(Tip.id)).all()) == len(ids) == 3
        assert all(number > 1_000 for number in ids)


def test_what_a_provider_calls_a_reply_is_forgotten_and_the_count_stays(tip: None) -> None:
    later = utcnow() + KEPT_REPLIES + dt.timedelta(hours=1)
    with time_machine.travel(later, tick=False), current_database().unit_of_work() as session:
        forget_old(session)
    with current_database().unit_of_work(writes=False) as session:
        replies = session.scalars(select(Broadcast).where(Broadcast.audience_kind == OUTBOX)).all()
        assert len(replies) == 3
        assert session.scalar(select(func.sum(Tally.delivered))) == 3
        for table in (Delivery, Batch, OutboxMessage):
            assert session.scalar(select(func.count()).select_from(table)) == 0
    for name in ("broadcast", "broadcast_tally"):
        assert all(at.minute == at.second == at.microsecond == 0 for at in moments(name))


@pytest.mark.one_database
def test_no_two_log_lines_of_a_message_share_an_id(
    tip: None, app_with_simulator: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("debug")
    client: FlaskClient = app_with_simulator.test_client()
    public = app_with_simulator.extensions["varsko_config"].public_url
    path = "/webhooks/twilio/inbound"
    status, _body = post(client, path, sms(TIP, From=PHONE), base=public)
    assert status == 200
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("{")]
    assert any("tip_received" in line for line in lines)
    assert not [line for line in lines if '"request":' in line or '"tip":' in line]
    assert not [line for line in lines if '"inbound":' in line]


def test_who_got_an_alert_is_forgotten_a_month_after_it_was_closed(
    dispatcher: Dispatcher, simulator: Simulator
) -> None:
    with current_database().unit_of_work() as session:
        country = make_country(session)
        make_reader(session, country.p3400)
        officer = make_officer(session)
        publish_alert(session, officer, make_draft(session, country, officer), "key-of-the-test")
    deliver(simulator, dispatcher)
    with current_database().unit_of_work() as session:
        alert = session.scalars(select(Alert)).one()
        alert.status, alert.closed_at = AlertStatus.CLOSED, utcnow()

    def known() -> tuple[int, int]:
        """The rows of the ledger, and how many messages were delivered."""
        with current_database().unit_of_work(writes=False) as session:
            rows = session.scalar(select(func.count()).select_from(Delivery)) or 0
            return rows, session.scalar(select(func.sum(Tally.delivered))) or 0

    assert known() == (1, 1)
    for days, left in ((ANSWERED_FOR.days - 1, 1), (ANSWERED_FOR.days + 1, 0)):
        later = utcnow() + dt.timedelta(days=days)
        with time_machine.travel(later, tick=False), current_database().unit_of_work() as session:
            forget_old_recipients(session, utcnow() - ANSWERED_FOR)
        assert known() == (left, 1)
