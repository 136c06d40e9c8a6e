"""An alert that reaches many times as many as is usual is sent only when somebody confirms it."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert
from sqlalchemy.orm import Session

from alerts.composing.saving import find_alert
from alerts.draft import AlertDraft
from alerts.errors import SizeNotConfirmed
from alerts.kinds import AlertKind
from alerts.models import Alert, AlertStatus
from alerts.releasing.preview import preview
from alerts.releasing.publishing import publish_alert
from alerts.releasing.usual_size import FEWEST_EARLIER, NEVER_BELOW, TOO_MANY_TIMES, Size
from audit.trail import find_entries
from database import current_database, utcnow
from dispatch.contacts import ensure_contact
from dispatch.models import Channel
from staff.actor import Actor
from staff.permissions import Role
from subscribers.models import Subscriber, SubscriberContact, Subscription
from tests.alerts.factories import NORTH, SOUTH, Country, make_draft, make_officer, make_reader
from tests.dispatch.factories import number
from tests.staff.factories import api_headers, make_staff, sign_in
from web.http.app import VarskoApp

DESK = "/staff/alerts"
FIELD = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')
BOX = 'id="field-confirmed_size"'


@pytest.mark.parametrize(
    ("recipients", "usual", "is_implausible"),
    [
        (NEVER_BELOW, 1, False),
        (NEVER_BELOW + 1, 1, True),
        (TOO_MANY_TIMES * 2_000, 2_000, False),
        (TOO_MANY_TIMES * 2_000 + 1, 2_000, True),
        (0, 2_000, False),
    ],
)
def test_ten_times_the_usual_is_too_many_but_never_a_few(
    recipients: int, usual: int, is_implausible: bool
) -> None:
    assert Size(recipients, usual, 12).is_implausible == is_implausible


def earlier(session: Session, country: Country, sizes: list[int], **changes: object) -> None:
    """Alerts to 3480 that so many got."""
    officer = make_officer(session, [NORTH, SOUTH])
    target = {"area_ids": [country.p3480]}
    followers = 0
    for size in sizes:
        for _ in range(size - followers):
            make_reader(session, country.p3480)
        followers = max(followers, size)
        alert = make_draft(session, country, officer, **{"target": target, **changes})
        publish_alert(session, officer, alert, f"key-{alert.code}")


def test_usual_is_the_median_of_earlier_ones_of_the_kind_in_the_districts(
    session: Session, country: Country, officer: Actor
) -> None:
    make_reader(session, country.p3400)
    make_reader(session, country.p4600)
    alert = make_draft(session, country, officer)
    expected = AlertKind.WITNESS_APPEAL.row.expected_size
    assert preview(session, officer, alert).size == Size(1, expected, 0)
    earlier(session, country, [1, 2, 4, 4])
    earlier(session, country, [4] * 9, kind=AlertKind.MISSING_PERSON)
    earlier(session, country, [4] * 9, target={"area_ids": [country.p4600]})
    assert preview(session, officer, alert).size == Size(1, expected, 0)
    earlier(session, country, [9])
    assert preview(session, officer, alert).size == Size(1, 4, FEWEST_EARLIER)


@pytest.fixture
def code(session: Session, country: Country, officer: Actor) -> str:
    """A draft to more than five hundred, where four were usual."""
    earlier(session, country, [1, 2, 4, 5, 6])
    ids = [ensure_contact(session, Channel.SMS, number(i)).id for i in range(NEVER_BELOW + 1)]
    people = [Subscriber(language="da") for _ in ids]
    session.add_all(people)
    session.flush()
    pairs = list(zip(ids, [person.id for person in people], strict=True))
    session.execute(
        insert(SubscriberContact),
        [{"contact_id": c, "subscriber_id": s, "confirmed_at": utcnow()} for c, s in pairs],
    )
    session.execute(
        insert(Subscription), [{"subscriber_id": s, "area_id": country.p3400} for _c, s in pairs]
    )
    alert = make_draft(session, country, officer)
    session.commit()
    return alert.code


def test_it_is_sent_when_it_was_confirmed_of_this_content(
    session: Session, officer: Actor, code: str
) -> None:
    alert = find_alert(session, code)
    seen = AlertDraft.of(alert).fingerprint()
    for confirmed in (None, "another-fingerprint"):
        with pytest.raises(SizeNotConfirmed):
            publish_alert(session, officer, alert, "one-key-of-it", confirmed_size=confirmed)
    publish_alert(session, officer, alert, "one-key-of-it", confirmed_size=seen)
    assert alert.status is AlertStatus.SENDING
    (entry,) = find_entries(session, action="alert.size_confirmed")
    assert entry.detail == {"code": code, "recipients": NEVER_BELOW + 1, "usual": 4}


def client_of(app: VarskoApp) -> FlaskClient:
    with current_database().unit_of_work() as session:
        staff = make_staff(session, [Role.OFFICER], [NORTH])
    return sign_in(app.test_client(), staff)


def status_of(code: str) -> AlertStatus:
    with current_database().unit_of_work(writes=False) as session:
        found: Alert = find_alert(session, code)
        return found.status


@pytest.mark.one_database
def test_the_page_asks_and_remembers_the_answer_for_what_was_read(
    app: VarskoApp, code: str
) -> None:
    desk = client_of(app)
    page = desk.get(f"{DESK}/{code}/preview").text
    assert "Det når mange flere end sædvanligt" in page
    assert "omkring 4 modtagere" in page
    form = {**dict(FIELD.findall(page)), "read": "true"}
    refused = desk.post(f"{DESK}/{code}/publish", data=form)
    assert refused.status_code == 422
    assert "Sæt kryds, hvis det er meningen" in refused.text
    ticked = {**form, "confirmed_size": form["seen"]}
    unread = desk.post(f"{DESK}/{code}/publish", data={**ticked, "read": ""})
    assert re.search(rf"{BOX}[^>]*checked", unread.text)
    stale = desk.post(f"{DESK}/{code}/publish", data={**ticked, "confirmed_size": "0" * 64})
    assert not re.search(rf"{BOX}[^>]*checked", stale.text)
    assert status_of(code) is AlertStatus.DRAFT
    assert desk.post(f"{DESK}/{code}/publish", data=ticked).status_code == 302
    assert status_of(code) is AlertStatus.SENDING


@pytest.mark.one_database
def test_the_api_asks_likewise(app: VarskoApp, code: str) -> None:
    desk, address = client_of(app), f"/api/v1/alerts/{code}"
    seen = desk.get(f"{address}/preview").get_json()
    assert seen["size"] == {"usual": 4, "earlier": FEWEST_EARLIER, "is_implausible": True}
    headers = {**api_headers(desk), "Idempotency-Key": "a-key-of-this-test"}
    refused = desk.post(f"{address}/publish", json={}, headers=headers)
    assert (refused.status_code, refused.get_json()["type"].rpartition(":")[2]) == (
        422, "size-not-confirmed",
    )  # fmt: skip
    body = {"confirmed_size": seen["fingerprint"]}
    assert desk.post(f"{address}/publish", json=body, headers=headers).status_code == 200


@pytest.mark.one_database
def test_nothing_is_asked_of_what_is_usual(
    app: VarskoApp, session: Session, country: Country, officer: Actor
) -> None:
    make_reader(session, country.p3400)
    alert = make_draft(session, country, officer)
    session.commit()
    page = client_of(app).get(f"{DESK}/{alert.code}/preview").text
    assert BOX not in page
    assert "Vi regner med omkring 2.000 modtagere" in page
