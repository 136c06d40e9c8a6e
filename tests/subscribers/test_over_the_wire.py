"""The same roads over real wires: signed webhooks, Twilio's API, SMTP, a form by HTTP."""

from __future__ import annotations

import re
import secrets
from typing import Any
from urllib.request import Request, urlopen

import pytest
from sqlalchemy import func, select
from twilio.request_validator import RequestValidator

from database import current_database
from dispatch import Dispatcher
from dispatch.models import InboundRecord
from simulator import Simulator
from simulator.http.signatures import Signature
from subscribers.models import Consent, Subscriber
from tests.conftest import Browser
from tests.dispatch.fixtures import deliver
from tests.settings import AUTH_TOKEN, SMS_NUMBER
from tests.subscribers.factories import MAIL, PHONE, add_areas, code_in, contact_of, follows
from tips.models import Tip
from web.http.app import VarskoApp


@pytest.fixture
def service(app_with_simulator: VarskoApp) -> VarskoApp:
    with current_database().unit_of_work() as session:
        add_areas(session)
    app_with_simulator.test_client_class = Browser
    return app_with_simulator


def count(model: type[Any]) -> int:
    with current_database().unit_of_work() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def following(address: str) -> list[str]:
    with current_database().unit_of_work() as session:
        return follows(session, address)


def test_a_phone_signs_up_and_leaves(
    service: VarskoApp, simulator: Simulator, dispatcher: Dispatcher
) -> None:
    simulator.receive_sms(PHONE, "TRYK 3400")
    assert following(PHONE) == ["3400"]
    simulator.receive_sms(PHONE, "Stop!")
    deliver(simulator, dispatcher)
    welcome, goodbye = simulator.phone(PHONE).texts
    assert welcome.startswith("Du får nu varsler for 3400 Hillerød.")
    assert goodbye.startswith("Du er afmeldt")
    with current_database().unit_of_work() as session:
        contact = contact_of(session, PHONE)
        assert contact is not None
        assert contact.is_suppressed


def test_a_replayed_webhook_is_answered_and_not_done_again(
    service: VarskoApp, simulator: Simulator
) -> None:
    sid = "SM" + "0" * 32
    simulator.receive_sms(PHONE, "TRYK 3400", sid=sid)
    simulator.receive_sms(PHONE, "STOP")
    simulator.receive_sms(PHONE, "TRYK 3400", sid=sid)
    with current_database().unit_of_work() as session:
        contact = contact_of(session, PHONE)
        assert contact is not None
        assert contact.is_suppressed, "an old sign-up that is sent again does not lift STOP"
    assert count(InboundRecord) == 2
    assert count(Consent) == 1


@pytest.mark.parametrize("signature", [Signature.FORGED, Signature.MISSING])
def test_a_webhook_that_is_not_signed_does_nothing(
    service: VarskoApp, simulator: Simulator, signature: Signature
) -> None:
    simulator.receive_sms(PHONE, "TRYK 3400", signature=signature)
    assert count(Subscriber) == count(InboundRecord) == 0


def test_the_web_form_end_to_end(
    service: VarskoApp, simulator: Simulator, dispatcher: Dispatcher
) -> None:
    client = service.test_client()
    form = {"phone": PHONE, "email": MAIL, "places": "3400", "consent": "true"}
    page = client.post("/tilmeld", data=form).location
    deliver(simulator, dispatcher)
    code = code_in(simulator.phone(PHONE).texts[-1])
    assert client.post(page, data={"code": code}).status_code == 303
    mail = simulator.mailbox(MAIL).messages[-1]
    link = re.search(r"http://127\.0\.0\.1:\d+/tilmeld/mail/\S+", mail.text)
    assert link, mail.text
    with urlopen(link[0]) as opened:  # noqa: S310 - our own server
        assert opened.status == 200
    with urlopen(Request(link[0], data=b"", method="POST")) as confirmed:  # noqa: S310
        assert "Du er tilmeldt" in confirmed.read().decode()
    assert following(PHONE) == following(MAIL) == ["3400"]
    assert count(Subscriber) == 1
    deliver(simulator, dispatcher)
    assert simulator.phone(PHONE).texts[-1].startswith("Du får nu varsler for 3400 Hillerød.")
    assert simulator.mailbox(MAIL).messages[-1].subject == "Velkommen til Varsko"


def test_who_said_stop_may_sign_up_again_on_the_web(
    service: VarskoApp, simulator: Simulator, dispatcher: Dispatcher
) -> None:
    simulator.receive_sms(PHONE, "TRYK 3400")
    simulator.receive_sms(PHONE, "STOP")
    client = service.test_client()
    page = client.post(
        "/tilmeld", data={"phone": PHONE, "places": "3480", "consent": "true"}
    ).location
    deliver(simulator, dispatcher)
    code = code_in(simulator.phone(PHONE).texts[-1])
    assert client.post(page, data={"code": code}).status_code == 303
    assert following(PHONE) == ["3400", "3480"]


# --- The provider's own verdict ----------------------------------------------------------


def post_with_verdict(service: VarskoApp, simulator: Simulator, text: str, verdict: str) -> None:
    """Post a message as Twilio does once it has understood and answered it itself."""
    form = {
        "MessageSid": "SM" + secrets.token_hex(16),
        "From": PHONE,
        "To": SMS_NUMBER,
        "Body": text,
        "OptOutType": verdict,
    }
    url = simulator.inbound_url
    signature = RequestValidator(AUTH_TOKEN).compute_signature(url, form)
    answer = service.test_client().post(
        "/webhooks/twilio/inbound", data=form, headers={"X-Twilio-Signature": signature}
    )
    assert answer.status_code == 200


def is_stopped() -> bool:
    with current_database().unit_of_work() as session:
        contact = contact_of(session, PHONE)
        return contact is not None and contact.is_suppressed


@pytest.mark.parametrize(
    ("messages", "stopped"),
    [
        ([("STOP", "STOP"), ("YES", "START")], False),
        ([("NEJ TAK", "STOP")], True),
        ([("Jeg så en hvid varevogn", "STOP")], True),
        ([("STOP", "STOP"), ("STOP", "START")], False),
        ([("STOP", "HELP")], False),
        ([("TRYK 3480", "STOP")], True),
        ([("STOP", "SOMETHING NEW")], True),
    ],
)
def test_what_the_provider_says_decides_over_our_words(
    service: VarskoApp,
    simulator: Simulator,
    dispatcher: Dispatcher,
    messages: list[tuple[str, str]],
    stopped: bool,
) -> None:
    simulator.receive_sms(PHONE, "TRYK 3400")
    for text, verdict in messages:
        post_with_verdict(service, simulator, text, verdict)
    deliver(simulator, dispatcher)
    assert is_stopped() is stopped
    assert following(PHONE) == ["3400"], "kept, so that START can resume"
    assert count(Tip) == 0
    known = messages[0][1] in ("STOP", "HELP")
    assert len(simulator.phone(PHONE).texts) == (1 if known else 2), "the provider has answered"


def test_a_verdict_that_is_posted_again_is_not_carried_out_again(
    service: VarskoApp, simulator: Simulator
) -> None:
    simulator.receive_sms(PHONE, "TRYK 3400")
    sid = "SM" + "3" * 32
    simulator.receive_sms(PHONE, "STOP", sid=sid)
    simulator.receive_sms(PHONE, "START")
    simulator.receive_sms(PHONE, "STOP", sid=sid)
    assert not is_stopped()


def test_a_stranger_s_opt_out_at_the_provider_is_kept(
    service: VarskoApp, simulator: Simulator
) -> None:
    post_with_verdict(service, simulator, "STOP", "STOP")
    assert is_stopped()


def test_a_number_that_the_library_does_not_know_signs_up_and_gets_its_link(
    service: VarskoApp, simulator: Simulator, dispatcher: Dispatcher
) -> None:
    simulator.receive_sms("+4583456789", "TRYK 3400")
    client = service.test_client()
    asked = client.post("/min-side", data={"address": "83 45 67 89"})
    assert asked.status_code in (200, 303)
    refused = client.post("/tilmeld", data={"phone": "84 45 67 89", "places": "3400"})
    assert refused.status_code == 422
    assert "skriv TRYK og dit postnummer" in refused.text
    deliver(simulator, dispatcher)
    _welcome, link = simulator.phone("+4583456789").texts
    assert "Din side hos Varsko" in link
