"""The same roads over real wires: signed webhooks, Twilio's API, SMTP, a form by HTTP."""

from __future__ import annotations

import re
from typing import Any
from urllib.request import Request, urlopen

import pytest
from sqlalchemy import func, select

from database import current_database
from dispatch import Dispatcher
from dispatch.models import InboundRecord
from simulator import Simulator
from simulator.http.signatures import Signature
from subscribers.models import Consent, Subscriber
from tests.dispatch.fixtures import deliver
from tests.subscribers.factories import MAIL, PHONE, add_areas, code_in, contact_of, follows
from web.http.app import VarskoApp


@pytest.fixture
def service(app_with_simulator: VarskoApp) -> VarskoApp:
    with current_database().unit_of_work() as session:
        add_areas(session)
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
