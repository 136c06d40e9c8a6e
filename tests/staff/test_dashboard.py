"""The desk's front page shows each person their own cards."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from staff.dashboard import Card, add_card
from staff.models import Staff
from staff.permissions import Permission
from tests.staff.factories import sign_in
from web.http.app import VarskoApp

pytestmark = pytest.mark.one_database


def test_cards_are_shown_to_those_whose_work_they_are(
    app: VarskoApp, client: FlaskClient, officer: Staff
) -> None:
    add_card(
        app,
        lambda _session, actor: Card("Dine varsler", "/staff/alerts", f"Hej {actor.name}", 3),
        Permission.ALERT_READ,
    )
    add_card(app, lambda _s, _a: Card("Hemmeligt", "/staff/tips"), Permission.TIP_READ)
    add_card(app, lambda _s, _a: None)
    sign_in(client, officer)
    page = client.get("/staff/").text
    assert "Dine varsler" in page
    assert "Hej Olga Officer" in page
    assert "Hemmeligt" not in page


def test_whoever_has_no_recovery_codes_is_told(client: FlaskClient, officer: Staff) -> None:
    sign_in(client, officer)
    assert "ingen gendannelseskoder" in client.get("/staff/").text


def test_the_profile_shows_ones_own_account(client: FlaskClient, officer: Staff) -> None:
    sign_in(client, officer)
    page = client.get("/staff/profile").text
    assert officer.email in page
    assert "Betjent" in page
