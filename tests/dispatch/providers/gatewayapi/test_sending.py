"""GatewayAPI in the service: how deliveries end."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from database import current_database, utcnow
from dispatch import Dispatcher, progress
from dispatch.models import BroadcastStatus, Contact, Delivery, DeliveryState
from dispatch.pause_reasons import PauseReason
from dispatch.providers.gatewayapi.codes import CODES
from simulator import Behaviour, DeliveryResult, MailBehaviour, Simulator, Status
from tests.dispatch.factories import SMS, add_contacts, broadcast, delivery_to, mailbox, number
from tests.dispatch.fixtures import deliver, later
from tests.dispatch.providers.gatewayapi.notifications import (
    SILENT,
    post,
    report,
    send_one,
    status_path,
)
from web.http.app import VarskoApp


@pytest.mark.parametrize(
    ("behaviour", "state", "code"),
    [
        (Behaviour(), DeliveryState.DELIVERED, None),
        (Behaviour(callbacks=SILENT), DeliveryState.SENT, None),
        (Behaviour.refuse(0x0215), DeliveryState.FAILED, "0x0215"),
        (Behaviour.refuse(0x0214), DeliveryState.QUEUED, "0x0214"),
        (Behaviour.too_many_requests(1), DeliveryState.QUEUED, "429"),
        (Behaviour.undelivered(0x1010), DeliveryState.FAILED, "0x1010"),
        (Behaviour.failed(0x1034), DeliveryState.FAILED, "0x1034"),
        (Behaviour(result=DeliveryResult(Status.EXPIRED)), DeliveryState.EXPIRED, None),
        (Behaviour(result=DeliveryResult(Status.CANCELED)), DeliveryState.CANCELLED, None),
        (Behaviour(result=DeliveryResult(Status.SKIPPED)), DeliveryState.FAILED, None),
        (Behaviour.http_error(500), DeliveryState.UNKNOWN, "500"),
        (Behaviour.reset(accepted=False), DeliveryState.UNKNOWN, "connection_lost"),
        (Behaviour.timeout(accepted=False), DeliveryState.UNKNOWN, "timeout"),
        # It was accepted although we got no answer: the callback tells.
        (Behaviour.http_error(503, accepted=True), DeliveryState.DELIVERED, None),
        (Behaviour.reset(accepted=True), DeliveryState.DELIVERED, None),
        (Behaviour.timeout(accepted=True), DeliveryState.DELIVERED, None),
    ],
)
def test_results(
    simulator: Simulator,
    dispatcher: Dispatcher,
    behaviour: Behaviour,
    state: DeliveryState,
    code: str | None,
) -> None:
    simulator.behave(number(1), behaviour)
    sent = send_one(simulator, dispatcher)
    assert (sent.state, sent.error_code) == (state, code)


def test_every_documented_failure_ends_its_delivery_with_its_code(
    simulator: Simulator, dispatcher: Dispatcher
) -> None:
    codes = [code for code in CODES if code >= 0x1000]
    ids = add_contacts(number(i) for i in range(len(codes)))
    for i, code in enumerate(codes):
        simulator.behave(number(i), Behaviour.undelivered(code))
    broadcast([SMS])
    deliver(simulator, dispatcher)

    with current_database().unit_of_work(writes=False) as session:
        found = {
            contact_id: (state, code)
            for contact_id, state, code in session.execute(
                select(Delivery.contact_id, Delivery.state, Delivery.error_code)
            )
        }
        suppressed = session.scalars(select(Contact.id).where(Contact.suppressed_at.is_not(None)))
        assert suppressed.all() == []
    assert found == {
        contact_id: (DeliveryState.FAILED, f"0x{code:04X}")
        for contact_id, code in zip(ids, codes, strict=True)
    }


def test_a_sender_that_is_reported_as_wrong_pauses_what_is_left(
    simulator: Simulator, dispatcher: Dispatcher
) -> None:
    add_contacts([number(1), mailbox(1)])
    simulator.behave(number(1), Behaviour.undelivered(0x1066))
    simulator.behave_mail(mailbox(1), MailBehaviour(reply="450 4.2.1 Mailbox busy"))
    made = broadcast()
    deliver(simulator, dispatcher)
    with current_database().unit_of_work(writes=False) as session:
        now = progress(session, made.id)
    assert now.status is BroadcastStatus.PAUSED
    assert now.reason == PauseReason.configuration("gatewayapi", "0x1066")


def test_what_nobody_can_tell_is_given_up_after_a_while_and_never_sent_again(
    simulator: Simulator, dispatcher: Dispatcher
) -> None:
    simulator.behave(number(1), Behaviour.reset(accepted=False), times=1)
    sent = send_one(simulator, dispatcher)

    later(simulator, dispatcher, minutes=30)
    assert delivery_to(sent.contact_id).state is DeliveryState.UNKNOWN
    later(simulator, dispatcher, minutes=45)

    given_up = delivery_to(sent.contact_id)
    assert (given_up.state, given_up.error_code) == (DeliveryState.FAILED, "unanswered")
    assert simulator.accepted_total == 0


def test_a_callback_within_that_while_settles_it(
    app_with_simulator: VarskoApp, simulator: Simulator, dispatcher: Dispatcher
) -> None:
    simulator.behave(number(1), Behaviour(http_status=500, callbacks=SILENT), times=1)
    sent = send_one(simulator, dispatcher)
    assert sent.state is DeliveryState.UNKNOWN

    with time_machine.travel(utcnow() + timedelta(minutes=30), tick=True):
        path = status_path(sent.id, sent.attempts)
        assert post(app_with_simulator.test_client(), path, report(path, status="ENROUTE")) == 204
        dispatcher.drain()

    assert delivery_to(sent.contact_id).state is DeliveryState.SENT
    later(simulator, dispatcher, minutes=45)
    assert delivery_to(sent.contact_id).state is DeliveryState.SENT
    assert simulator.accepted_total == 1


def test_a_report_that_never_came_is_asked_for(
    simulator: Simulator, dispatcher: Dispatcher
) -> None:
    simulator.behave(
        number(1), Behaviour(callbacks=SILENT, result=DeliveryResult(Status.UNDELIVERED, 0x1010))
    )
    sent = send_one(simulator, dispatcher)
    assert sent.state is DeliveryState.SENT

    with time_machine.travel(utcnow() + timedelta(minutes=35), tick=True):
        dispatcher.watch()

    found = delivery_to(sent.contact_id)
    assert (found.state, found.error_code) == (DeliveryState.FAILED, "0x1010")
    assert found.provider_ref == simulator.accepted[0].sid
