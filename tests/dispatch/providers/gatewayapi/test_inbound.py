"""Messages from phones that GatewayAPI hands over."""

from __future__ import annotations

import secrets

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from database import current_database
from dispatch import Content, Dispatcher, Inbound, Reply, register_inbound
from dispatch.hooks import hooks_of
from dispatch.models import Channel, Contact, InboundRecord
from simulator import Signature, Simulator
from tests.dispatch.factories import add_contacts, broadcast, number
from tests.dispatch.fixtures import deliver
from tests.dispatch.providers.gatewayapi.notifications import post
from tests.settings import GATEWAYAPI_NUMBER
from web.http.app import VarskoApp


class Listener:
    """A handler that records messages and replies with thanks."""

    def __init__(self) -> None:
        self.heard: list[Inbound] = []

    def __call__(self, _session: object, inbound: Inbound) -> Reply:
        self.heard.append(inbound)
        return Reply(f"Tak: {inbound.text[:20]}")


@pytest.fixture
def listener(app_with_simulator: VarskoApp) -> Listener:
    made = Listener()
    hooks_of(app_with_simulator).inbound_handlers.clear()
    register_inbound(app_with_simulator, made)
    return made


def test_a_message_is_answered_by_a_message_of_its_own(
    listener: Listener, simulator: Simulator, dispatcher: Dispatcher
) -> None:
    came = simulator.receive_sms(number(1), "Tryk 3400 🚲", to=GATEWAYAPI_NUMBER)
    assert (came.status, came.replies, came.problem) == (200, (), "")
    dispatcher.drain()
    assert (listener.heard[0].sender, listener.heard[0].text) == (number(1), "Tryk 3400 🚲")
    (reply,) = simulator.accepted
    assert (reply.provider, reply.from_, reply.to) == ("gatewayapi", GATEWAYAPI_NUMBER, number(1))
    assert simulator.phone(number(1)).texts == ["Tak: Tryk 3400 🚲"]
    with current_database().unit_of_work(writes=False) as session:
        record = session.scalars(select(InboundRecord)).one()
    assert (record.provider, record.sender, record.text) == ("gatewayapi", None, None)


def test_the_same_message_again_is_neither_handled_nor_answered_again(
    listener: Listener, simulator: Simulator, dispatcher: Dispatcher
) -> None:
    first = simulator.receive_sms(number(1), "hej", to=GATEWAYAPI_NUMBER)
    simulator.receive_sms(number(1), "hej", to=GATEWAYAPI_NUMBER, sid=first.sid)
    dispatcher.drain()
    assert len(listener.heard) == 1
    assert simulator.phone(number(1)).texts == ["Tak: hej"]


@pytest.mark.parametrize("signature", [Signature.FORGED, Signature.MISSING])
def test_forgeries_are_refused(
    listener: Listener, simulator: Simulator, signature: Signature
) -> None:
    came = simulator.receive_sms(number(1), "hej", to=GATEWAYAPI_NUMBER, signature=signature)
    assert came.status == 403
    assert listener.heard == []


@pytest.mark.parametrize("text", ["", "  ", "æøå " * 300, "\x00nul"])
def test_any_text_is_taken(listener: Listener, simulator: Simulator, text: str) -> None:
    came = simulator.receive_sms(number(1), text, to=GATEWAYAPI_NUMBER)
    assert came.status == 200
    assert listener.heard[0].text == text.replace("\x00", "")


@pytest.mark.parametrize("left_out", ["id", "msisdn", "receiver", "message"])
def test_a_message_that_makes_no_sense_is_malformed(
    app: VarskoApp, client: FlaskClient, left_out: str
) -> None:
    claims = {
        "id": secrets.randbelow(10**9),
        "msisdn": 4587654321,
        "receiver": 451204,
        "message": "foo Hello World",
        "senttime": 1450000000,
        "webhook_label": "test",
    }
    del claims[left_out]
    assert post(client, "/webhooks/gatewayapi/inbound", claims) == 400


def test_stop_by_the_second_provider_is_stop_everywhere(
    app_with_simulator: VarskoApp, simulator: Simulator, dispatcher: Dispatcher
) -> None:
    (contact_id,) = add_contacts([number(1)])
    simulator.receive_sms(number(1), "STOP", to=GATEWAYAPI_NUMBER)
    with current_database().unit_of_work(writes=False) as session:
        assert session.get_one(Contact, contact_id).is_suppressed
    deliver(simulator, dispatcher)
    (goodbye,) = simulator.phone(number(1)).texts
    assert goodbye.startswith("Du er afmeldt")

    broadcast([Content(Channel.SMS, "da", "Efter stop")])
    deliver(simulator, dispatcher)
    assert simulator.phone(number(1)).texts == [goodbye]


def test_a_tip_by_the_second_provider_is_taken_and_thanked_for(
    app_with_simulator: VarskoApp, simulator: Simulator, dispatcher: Dispatcher
) -> None:
    simulator.receive_sms(number(1), "Jeg så en hvid varevogn på Søvej", to=GATEWAYAPI_NUMBER)
    dispatcher.drain()
    (thanks,) = simulator.phone(number(1)).texts
    assert thanks.startswith("Tak")
    with current_database().unit_of_work(writes=False) as session:
        record = session.scalars(select(InboundRecord)).one()
    assert (record.sender, record.text) == (None, None)
    assert record.handled_at is not None
