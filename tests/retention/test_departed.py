"""Those who left: their numbers go, their opt-out stays; accounts forget whose they were."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from audit.models import AuditEntry
from audit.trail import record
from database import current_database, utcnow
from dispatch.models import Contact
from staff.accounts import activate_staff, deactivate_staff, get_staff
from staff.actor import Actor
from staff.models import Staff
from staff.permissions import Role
from subscribers.models import Consent
from subscribers.retention import forget_unsubscribed, purge_sign_ups
from tests.retention.conftest import Later, Work
from tests.retention.factories import DAY, count, deleted_now
from tests.staff.factories import make_staff, sign_in
from tests.subscribers.factories import PHONE, add_areas, contact_of, follows, say
from web.http.app import VarskoApp
from web.problems.errors import NotFound

KEPT = 730
NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


@pytest.fixture
def clock(app: VarskoApp, work: Work) -> Iterator[time_machine.Traveller]:
    """A clock that stands still, in a service that knows a few areas."""
    with work() as session:
        add_areas(session)
    with time_machine.travel(NOW, tick=False) as travelled:
        yield travelled


def leave(clock: time_machine.Traveller) -> None:
    """Follow an area, say STOP, and let the subscription be forgotten."""
    say("TRYK 3400")
    say("STOP")
    clock.shift(31 * DAY)
    with current_database().unit_of_work() as session:
        forget_unsubscribed(session)


def test_the_number_of_who_left_goes_and_the_opt_out_stays(
    clock: time_machine.Traveller, work: Work
) -> None:
    leave(clock)
    clock.move_to(NOW + (KEPT - 1) * DAY)
    assert "contacts" not in deleted_now()
    clock.move_to(NOW + (KEPT + 1) * DAY)
    assert deleted_now()["contacts"] == 1
    with work() as session:
        contact = contact_of(session, PHONE)
        assert contact is not None
        assert (contact.address, contact.is_suppressed) == (None, True)
    assert count(Consent) == 0
    assert "contacts" not in deleted_now(), "it is not forgotten twice"


def test_a_number_that_was_forgotten_signs_up_again_as_any_other(
    clock: time_machine.Traveller, work: Work
) -> None:
    leave(clock)
    clock.shift(KEPT * DAY)
    deleted_now()
    say("TRYK 3400")
    with work() as session:
        contact = contact_of(session, PHONE)
        assert contact is not None
        assert (contact.address, contact.is_suppressed) == (PHONE, False)
        assert follows(session, PHONE) == ["3400"]
        assert count(Contact) == 1


def test_somebody_else_s_sign_up_sends_no_alert_and_leaves_the_opt_out(
    clock: time_machine.Traveller, work: Work, client: FlaskClient
) -> None:
    """The number is stored for the code, and forgotten again when nobody has used it."""
    leave(clock)
    clock.shift(KEPT * DAY)
    deleted_now()
    asked = client.post(
        "/tilmeld", data={"places": "3400", "phone": PHONE, "language": "da", "consent": "true"}
    )
    assert asked.status_code == 303
    with work() as session:
        contact = contact_of(session, PHONE)
        assert contact is not None
        assert (contact.address, contact.is_suppressed) == (PHONE, True)
        assert follows(session, PHONE) == []
    assert "contacts" not in deleted_now(), "the sign-up is still open"
    clock.shift(2 * DAY)
    with work() as session:
        purge_sign_ups(session)
    assert deleted_now()["contacts"] == 1
    with work() as session:
        contact = contact_of(session, PHONE)
        assert contact is not None
        assert (contact.address, contact.is_suppressed) == (None, True)


def test_start_without_an_area_leaves_nothing_to_keep(
    clock: time_machine.Traveller, work: Work
) -> None:
    leave(clock)
    say("START")
    clock.shift(KEPT * DAY)
    assert deleted_now()["contacts"] == 1
    assert count(Contact) == 0


def test_who_still_follows_something_is_not_forgotten(
    clock: time_machine.Traveller, work: Work
) -> None:
    say("TRYK 3400")
    clock.shift(5 * KEPT * DAY)
    assert "contacts" not in deleted_now()
    with work() as session:
        assert follows(session, PHONE) == ["3400"]


@pytest.fixture
def departed(work: Work, administrator: Staff) -> int:
    """An officer who has done something, and whose account was closed."""
    with work() as session:
        officer = make_staff(session, [Role.OFFICER], name="Olga Officer", email="olga@politi.test")
        record(session, Actor.of(officer), "alert.published", "alert", 1)
        deactivate_staff(session, Actor.of(administrator), get_staff(session, officer.id))
        return officer.id


def test_a_closed_account_forgets_whose_it_was(departed: int, later: Later, work: Work) -> None:
    assert "staff" not in later(KEPT - 1)
    assert later(KEPT + 1)["staff"] == 1
    with work() as session:
        officer = session.get_one(Staff, departed)
        assert (officer.name, officer.email) == (
            f"Tidligere medarbejder {departed}", f"{departed}@anonym.invalid",
        )  # fmt: skip
        assert not any([officer.has_second_factor, officer.mf_recovery_codes, officer.roles])
        done = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "alert.published")
        ).one()
        assert (done.staff_id, done.actor_name) == (departed, "Olga Officer")
    assert "staff" not in later(KEPT + 2)


def test_it_cannot_be_opened_again_and_its_address_is_free(
    departed: int, later: Later, work: Work, client: FlaskClient, administrator: Staff
) -> None:
    later(KEPT + 1)
    with work() as session:
        with pytest.raises(NotFound):
            get_staff(session, departed)
        make_staff(session, [Role.OFFICER], name="Olga Officer", email="olga@politi.test")
    sign_in(client, administrator)
    assert f"Tidligere medarbejder {departed}" not in client.get("/staff/accounts").text
    assert client.get(f"/staff/accounts/{departed}").status_code == 404


def test_an_account_that_was_opened_again_keeps_its_name(
    departed: int, later: Later, work: Work, administrator: Staff
) -> None:
    with work() as session:
        activate_staff(session, Actor.of(administrator), get_staff(session, departed))
    assert "staff" not in later(2 * KEPT)
    with time_machine.travel(utcnow() + 100 * DAY), work() as session:
        deactivate_staff(session, Actor.of(administrator), get_staff(session, departed))
    assert "staff" not in later(KEPT + 99)
    assert later(KEPT + 101)["staff"] == 1
