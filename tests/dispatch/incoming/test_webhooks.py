"""The provider's webhooks: what is signed and new is accepted once, and nothing else."""

from __future__ import annotations

import secrets

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import LargeBinary, func, select, type_coerce
from sqlalchemy.orm import Session
from twilio.request_validator import RequestValidator

from database import current_database, utcnow
from dispatch import Dispatcher, Inbound, Reply, ensure_contact, find_contact, register_inbound
from dispatch.hooks import hooks_of
from dispatch.models import Channel, InboundRecord, Receipt, SuppressionReason
from dispatch.signed_links import Purpose, Tokens
from simulator import Signature, Simulator
from tests.dispatch.factories import number
from tests.settings import AUTH_TOKEN, ENVIRONMENT, SMS_NUMBER
from tests.tampering import break_sealed
from web.http.app import VarskoApp

PUBLIC = ENVIRONMENT["VARSKO_PUBLIC_URL"]
INBOUND = "/webhooks/twilio/inbound"


class Listener:
    """A handler that records messages, and fails when told to."""

    def __init__(self) -> None:
        self.heard: list[Inbound] = []
        self.fails = False
        self.silent = False

    def __call__(self, _session: Session, inbound: Inbound) -> Reply | None:
        if self.fails:
            raise RuntimeError("broken")
        self.heard.append(inbound)
        return None if self.silent else Reply(f"Tak: {inbound.text[:20]}")


@pytest.fixture
def listener(app: VarskoApp) -> Listener:
    """The only handler in the chain."""
    return plug(app)


def plug(app: VarskoApp) -> Listener:
    made = Listener()
    hooks_of(app).inbound_handlers.clear()
    register_inbound(app, made)
    return made


def sms(text: str = "hej", sid: str | None = None, **changes: str) -> dict[str, str]:
    return {
        "MessageSid": sid or "SM" + secrets.token_hex(16),
        "From": number(1),
        "To": SMS_NUMBER,
        "Body": text,
        "NumMedia": "0",
        **changes,
    }


def post(
    client: FlaskClient, path: str, form: dict[str, str], *, token: str = AUTH_TOKEN,
    base: str = PUBLIC,
) -> tuple[int, str]:  # fmt: skip
    signature = RequestValidator(token).compute_signature(base + path, form)
    answer = client.post(path, data=form, headers={"X-Twilio-Signature": signature})
    return answer.status_code, answer.text


def stored(app: VarskoApp) -> int:
    with current_database().unit_of_work(writes=False) as session:
        return session.scalar(select(func.count(InboundRecord.id))) or 0


def test_a_signed_message_is_taken_and_acknowledged_in_twiml(
    client: FlaskClient, listener: Listener
) -> None:
    status, body = post(client, INBOUND, sms("Tryk 3400 & mere"))
    assert status == 200
    assert body.endswith("<Response/>")
    assert listener.heard[0].sender == number(1)


@pytest.mark.parametrize("text", ["", "😀", "😀" * 10_000, "a" * 10_000, "  ", "\x00nul"])
def test_any_text_is_taken(client: FlaskClient, listener: Listener, text: str) -> None:
    status, _body = post(client, INBOUND, sms(text))
    assert status == 200
    assert listener.heard[0].text == text.replace("\x00", "")


def test_the_same_message_again_is_not_handled_again(
    client: FlaskClient, listener: Listener
) -> None:
    form = sms("hej")
    assert post(client, INBOUND, form) == post(client, INBOUND, form)
    assert len(listener.heard) == 1


def test_nothing_tells_who_wrote_once_it_is_handled(
    app: VarskoApp, client: FlaskClient, listener: Listener
) -> None:
    post(client, INBOUND, sms("hemmeligt"))
    with current_database().unit_of_work(writes=False) as session:
        record = session.scalars(select(InboundRecord)).one()
    assert (record.sender, record.text) == (None, None)


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("token", "base"),
    [("another token than ours", PUBLIC), (AUTH_TOKEN, "http://localhost")],
    ids=["wrong token", "the request's own host"],
)
def test_a_wrong_signature_is_refused_and_nothing_is_stored(
    app: VarskoApp, client: FlaskClient, listener: Listener, token: str, base: str
) -> None:
    status, body = post(client, INBOUND, sms(), token=token, base=base)
    assert status == 403
    assert "bad-signature" in body
    assert stored(app) == 0
    assert listener.heard == []


@pytest.mark.one_database
def test_no_signature_is_refused(app: VarskoApp, client: FlaskClient, listener: Listener) -> None:
    assert client.post(INBOUND, data=sms()).status_code == 403
    signed = {"X-Twilio-Signature": "AAAA"}
    assert client.post(INBOUND, json=sms(), headers=signed).status_code == 403
    assert stored(app) == 0


@pytest.mark.one_database
def test_a_signature_for_another_text_is_refused(client: FlaskClient, listener: Listener) -> None:
    form = sms("hej")
    signature = RequestValidator(AUTH_TOKEN).compute_signature(PUBLIC + INBOUND, form)
    form["Body"] = "noget andet"
    answer = client.post(INBOUND, data=form, headers={"X-Twilio-Signature": signature})
    assert answer.status_code == 403


@pytest.mark.one_database
@pytest.mark.parametrize("left_out", ["MessageSid", "From", "To", "Body"])
def test_a_signed_form_that_makes_no_sense_is_malformed(
    client: FlaskClient, listener: Listener, left_out: str
) -> None:
    form = sms()
    del form[left_out]
    status, body = post(client, INBOUND, form)
    assert status == 400
    assert left_out in body


@pytest.mark.one_database
def test_a_body_beyond_all_measure_is_not_read(client: FlaskClient, listener: Listener) -> None:
    status, _body = post(client, INBOUND, sms("a" * 400_000))
    assert status == 413


def test_stop_by_the_providers_own_handling_suppresses_and_is_not_answered_twice(
    client: FlaskClient, listener: Listener
) -> None:
    with current_database().unit_of_work() as session:
        ensure_contact(session, Channel.SMS, number(1))
    status, body = post(client, INBOUND, sms("STOP", OptOutType="STOP"))
    assert status == 200
    assert "<Message>" not in body
    assert len(listener.heard) == 1
    with current_database().unit_of_work(writes=False) as session:
        contact = find_contact(session, Channel.SMS, number(1))
    assert contact is not None
    assert contact.suppressed_reason is SuppressionReason.PROVIDER_OPT_OUT


# --- Messages that no handler could take -------------------------------------------------


@pytest.fixture
def served(app_with_simulator: VarskoApp) -> Listener:
    return plug(app_with_simulator)


def arrive(simulator: Simulator, sender: str, text: str) -> None:
    """Send a text, again while the service is too slow for the provider to wait."""
    sid = "SM" + secrets.token_hex(16)
    for _try in range(10):
        if (came := simulator.receive_sms(sender, text, sid=sid)).status is not None:
            break
    assert came.status == 200, came.problem


def test_a_message_whose_handler_fails_is_kept_sealed_and_taken_later(
    served: Listener, simulator: Simulator, dispatcher: Dispatcher
) -> None:
    served.fails = True
    came = simulator.receive_sms(number(1), "vigtigt tip")
    assert (came.status, came.replies) == (200, ())
    with current_database().unit_of_work(writes=False) as session:
        record = session.scalars(select(InboundRecord)).one()
        raw = session.scalar(select(type_coerce(InboundRecord.text, LargeBinary)))
    assert record.handled_at is None
    assert raw is not None
    assert b"vigtigt" not in raw

    served.fails = False
    dispatcher.drain()
    assert served.heard == []
    with time_machine.travel(utcnow().timestamp() + 60, tick=True):
        dispatcher.drain()

    assert [heard.text for heard in served.heard] == ["vigtigt tip"]
    assert simulator.phone(number(1)).texts == ["Tak: vigtigt tip"]
    with current_database().unit_of_work(writes=False) as session:
        record = session.scalars(select(InboundRecord)).one()
    assert (record.sender, record.text) == (None, None)


def test_a_kept_message_that_cannot_be_opened_holds_up_no_other(
    served: Listener, simulator: Simulator, dispatcher: Dispatcher
) -> None:
    served.fails = True
    arrive(simulator, number(1), "det første")
    arrive(simulator, number(2), "det andet")
    with current_database().unit_of_work() as session:
        in_order = select(InboundRecord.id).order_by(InboundRecord.received_at)
        first = session.scalars(in_order).first()
        assert first is not None
        break_sealed(session, InboundRecord.text, first)
    served.fails = False
    with time_machine.travel(utcnow().timestamp() + 60, tick=True):
        dispatcher.drain()
    assert [heard.text for heard in served.heard] == ["det andet"]
    with current_database().unit_of_work(writes=False) as session:
        kept = session.get_one(InboundRecord, first)
        assert kept.handled_at is None
        assert kept.next_attempt_at is not None
        assert kept.next_attempt_at > utcnow()


def test_a_message_that_nobody_wants_is_kept_too(served: Listener, simulator: Simulator) -> None:
    served.silent = True
    simulator.receive_sms(number(1), "hvem der?")
    with current_database().unit_of_work(writes=False) as session:
        record = session.scalars(select(InboundRecord)).one()
    assert record.handled_at is None
    assert record.text == "hvem der?"


@pytest.mark.parametrize("signature", [Signature.FORGED, Signature.MISSING])
def test_the_simulators_forgeries_are_refused(
    served: Listener, simulator: Simulator, signature: Signature
) -> None:
    came = simulator.receive_sms(number(1), "hej", signature=signature)
    assert came.status == 403
    assert served.heard == []


def test_the_simulators_repetition_is_neither_handled_nor_answered_again(
    served: Listener, simulator: Simulator, dispatcher: Dispatcher
) -> None:
    first = simulator.receive_sms(number(1), "hej")
    simulator.receive_sms(number(1), "hej", sid=first.sid)
    dispatcher.drain()
    assert len(served.heard) == 1
    assert simulator.phone(number(1)).texts == ["Tak: hej"]


def test_a_stop_that_the_provider_has_answered_is_not_answered_when_it_is_handled_late(
    app_with_simulator: VarskoApp, served: Listener, simulator: Simulator, dispatcher: Dispatcher
) -> None:
    served.fails = True
    form = sms("STOP", OptOutType="STOP")
    path = simulator.inbound_url.removesuffix(INBOUND)
    client = app_with_simulator.test_client()
    assert post(client, INBOUND, form, base=path)[0] == 200
    served.fails = False
    with time_machine.travel(utcnow().timestamp() + 60, tick=True):
        dispatcher.drain()
    assert len(served.heard) == 1
    assert simulator.accepted == []


# --- Status callbacks --------------------------------------------------------------------


def status_path(delivery_id: int = 1, attempt: int = 1) -> str:
    tokens = Tokens(ENVIRONMENT["VARSKO_SECRET_KEY"])
    return f"/webhooks/twilio/status/{tokens.make(Purpose.RECEIPT, delivery_id, attempt)}"


def receipts() -> list[tuple[int, int, str, str | None]]:
    with current_database().unit_of_work(writes=False) as session:
        return [
            (row.delivery_id, row.attempt, row.status, row.error_code)
            for row in session.scalars(select(Receipt).order_by(Receipt.id))
        ]


def test_a_status_is_stored_for_its_delivery(app: VarskoApp, client: FlaskClient) -> None:
    form = {"MessageSid": "SM1", "MessageStatus": "undelivered", "ErrorCode": "30003"}
    assert post(client, status_path(7, 2), form)[0] == 204
    assert receipts() == [(7, 2, "undelivered", "30003")]


@pytest.mark.one_database
def test_a_status_is_refused_without_our_signature_or_our_token(
    app: VarskoApp, client: FlaskClient
) -> None:
    form = {"MessageSid": "SM1", "MessageStatus": "delivered"}
    made_up = "/webhooks/twilio/status/" + "A" * 43
    for_leaving = Tokens(ENVIRONMENT["VARSKO_SECRET_KEY"]).make(Purpose.UNSUBSCRIBE, 1, 1)
    assert client.post(status_path(), data=form).status_code == 403
    assert post(client, status_path(), form, token="another token of theirs")[0] == 403
    assert post(client, made_up, form)[0] == 404
    assert post(client, f"/webhooks/twilio/status/{for_leaving}", form)[0] == 404
    assert receipts() == []


@pytest.mark.one_database
def test_a_status_that_says_nothing_is_malformed(app: VarskoApp, client: FlaskClient) -> None:
    assert post(client, status_path(), {"MessageSid": "SM1"})[0] == 400
    assert receipts() == []
