"""What the public is told about its data is what the settings say and the program does."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from dispatch.forgetting import KEPT_CONTENTS
from subscribers.retention import FORGET_UNSUBSCRIBED_AFTER
from subscribers.sign_up import SIGN_UP_TTL
from tests.apps import close_app
from tests.conftest import Browser
from tests.settings import GATEWAYAPI_NUMBER, SMS_NUMBER, make_config
from web.texts.phone_numbers import spoken_number
from wsgi import create_app

pytestmark = pytest.mark.one_database


def text_of(client: FlaskClient, address: str) -> str:
    """What a page says."""
    page = client.get(address)
    assert page.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", "", page.text).split())


@pytest.mark.parametrize("address", ["/privatliv", "/en/privatliv"])
def test_the_privacy_page_says_what_the_settings_say(database_url: str, address: str) -> None:
    kept = {
        "keep_ledger_days": 41, "keep_alerts_days": 123, "keep_tips_days": 1095,
        "keep_audit_days": 2021, "keep_contacts_days": 777, "quiet_case_days": 99,
    }  # fmt: skip
    app = create_app(make_config(database_url=database_url, **kept))
    app.test_client_class = Browser
    said = text_of(app.test_client(), address)
    close_app(app)
    day, year = ("days", "years") if address.startswith("/en") else ("dage", "år")
    assert said.count(f"41 {day}") == 2
    for expected in (
        f"123 {day}",
        f"1095 {day} (3 {year})",
        f"2021 {day}",
        f"777 {day}",
        f"99 {day}",
    ):
        assert expected in said
    assert f"2021 {day} (" not in said


def test_the_privacy_page_says_what_is_fixed(client: FlaskClient) -> None:
    said = text_of(client, "/privatliv")
    assert timedelta(hours=24) == SIGN_UP_TTL
    assert "slettes efter 24 timer" in said
    assert f"senest efter {KEPT_CONTENTS.days} dage" in said
    assert f"slettes dine områder {FORGET_UNSUBSCRIBED_AFTER.days} dage efter" in said
    assert "Twilio" in said
    assert "GatewayAPI" not in said, "nothing is sent through it"


def test_each_number_that_sends_is_named(database_url: str) -> None:
    app = create_app(
        make_config(
            database_url=database_url,
            sms_senders=f"gatewayapi:{GATEWAYAPI_NUMBER}@5,gatewayapi:Politi@5",
        )
    )
    app.test_client_class = Browser
    said, privacy = (text_of(app.test_client(), address) for address in ("/om", "/privatliv"))
    close_app(app)
    for sender in (spoken_number(GATEWAYAPI_NUMBER), "Politi", spoken_number(SMS_NUMBER)):
        assert f"Sms'er kommer fra {sender}." in said.replace("&#39;", "'")
    assert "GatewayAPI" in privacy
    assert "Twilio" not in privacy


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_no_page_says_that_mail_can_be_a_tip(client: FlaskClient, prefix: str) -> None:
    for address in ("/anonym", "/privatliv"):
        said = text_of(client, prefix + address)
        assert not re.search(r"sms eller en e-mail|text message or an e-?mail", said)
