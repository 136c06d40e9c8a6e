"""What other rooms hear and ask of alerts."""

from __future__ import annotations

from sqlalchemy.orm import Session

from alerts.hooks import on_published
from alerts.releasing.follow_ups import close_alert
from alerts.releasing.published import appeals_received, open_appeals
from alerts.releasing.publishing import publish_alert
from dispatch.models import (
    Channel,
    Contact,
)
from staff.actor import Actor
from tests.alerts.factories import Country, make_draft
from tests.alerts.test_publishing import KEY, hand_over, reader, settle
from web.http.app import VarskoApp

__all__ = ["reader"]


def test_listeners_hear_of_each_published_alert_once(
    app: VarskoApp, session: Session, country: Country, officer: Actor, reader: Contact
) -> None:
    heard: list[str] = []
    on_published(app, lambda _session, alert: heard.append(alert.code))
    alert = make_draft(session, country, officer)
    assert heard == []
    publish_alert(session, officer, alert, KEY)
    publish_alert(session, officer, alert, KEY)
    assert heard == [alert.code]


def test_an_address_is_asked_about_the_open_appeals_it_got(
    session: Session, country: Country, officer: Actor, reader: Contact
) -> None:
    mine = publish_alert(session, officer, make_draft(session, country, officer), KEY)
    other = publish_alert(session, officer, make_draft(session, country, officer), KEY + "2")
    hand_over(session, mine, reader)
    (received,) = appeals_received(session, Channel.SMS, str(reader.address))
    assert received.alert is mine
    assert set(open_appeals(session)) == {mine, other}
    settle(session, mine)
    close_alert(session, officer, mine, {"da": "Løst."}, KEY)
    (late,) = appeals_received(session, Channel.SMS, str(reader.address))
    assert late.alert is mine, "late answers still belong to it"
    assert open_appeals(session) == [other]
