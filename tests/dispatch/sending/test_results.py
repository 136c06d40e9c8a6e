"""How a delivery ends when the provider or the network does not simply accept it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import timedelta

import pytest

from database import current_database, utcnow
from dispatch import Dispatcher, progress
from dispatch.contacts import find_contact
from dispatch.models import BroadcastStatus, Channel, Delivery, DeliveryState, SuppressionReason
from dispatch.pause_reasons import PauseKind, PauseReason
from dispatch.providers.twilio.client import MAX_VALIDITY, validity
from dispatch.sending.send_batch import ERROR_SHARE
from simulator import Behaviour, CallbackPlan, DeliveryResult, MailBehaviour, Simulator, Status
from tests.dispatch.factories import (
    MAIL,
    SMS,
    add_contacts,
    broadcast,
    delivery_to,
    mailbox,
    number,
    plug_everyone,
    states,
)
from tests.dispatch.fixtures import MakeApp, deliver, later
from web.http.app import VarskoApp

SILENT = CallbackPlan(enabled=False)


@pytest.fixture
def app_with_simulator(make_app: MakeApp, patience: float) -> Iterator[VarskoApp]:
    """The usual service, with a short timeout where the provider never answers."""
    app = make_app(sms_timeout_seconds=patience)
    plug_everyone(app)
    with app.app_context():
        yield app


def _name(value: object) -> str:
    """A short name for a case: how the behaviour differs from the usual."""
    if isinstance(value, Behaviour | MailBehaviour):
        usual = type(value)()
        changed = (
            f"{field.name}={getattr(value, field.name)}"
            for field in dataclasses.fields(value)
            if getattr(value, field.name) != getattr(usual, field.name)
        )
        return " ".join(changed)[:60] or "usual"
    return str(value)


def send_one(simulator: Simulator, dispatcher: Dispatcher, address: str) -> Delivery:
    """Send to one contact and apply the delivery reports; returns its delivery."""
    (contact_id,) = add_contacts([address])
    broadcast()
    deliver(simulator, dispatcher)
    return delivery_to(contact_id)


@pytest.mark.parametrize(
    ("behaviour", "state", "code"),
    [
        (Behaviour(), DeliveryState.DELIVERED, None),
        (Behaviour(callbacks=SILENT), DeliveryState.SENT, None),
        (Behaviour.refuse(21211), DeliveryState.FAILED, "21211"),
        (Behaviour.refuse(21614), DeliveryState.FAILED, "21614"),
        (Behaviour.refuse(21610), DeliveryState.FAILED, "21610"),
        (Behaviour.refuse(21611), DeliveryState.QUEUED, "21611"),
        (Behaviour.too_many_requests(1), DeliveryState.QUEUED, "20429"),
        (Behaviour.undelivered(30003), DeliveryState.FAILED, "30003"),
        (Behaviour.failed(30008), DeliveryState.FAILED, "30008"),
        (Behaviour.undelivered(30036), DeliveryState.EXPIRED, "30036"),
        (Behaviour.http_error(500), DeliveryState.UNKNOWN, "20500"),
        (Behaviour.reset(accepted=False), DeliveryState.UNKNOWN, "connection_lost"),
        (Behaviour.timeout(accepted=False), DeliveryState.UNKNOWN, "timeout"),
        # It was accepted although we got no answer: the callback tells.
        (Behaviour.http_error(503, accepted=True), DeliveryState.DELIVERED, None),
        (Behaviour.reset(accepted=True), DeliveryState.DELIVERED, None),
        (Behaviour.timeout(accepted=True), DeliveryState.DELIVERED, None),
    ],
    ids=_name,
)
def test_sms_results(
    simulator: Simulator,
    dispatcher: Dispatcher,
    behaviour: Behaviour,
    state: DeliveryState,
    code: str | None,
) -> None:
    simulator.behave(number(1), behaviour)
    sent = send_one(simulator, dispatcher, number(1))
    assert (sent.state, sent.error_code) == (state, code)


@pytest.mark.parametrize(
    ("behaviour", "state", "code"),
    [
        (MailBehaviour(reply="450 4.2.1 Mailbox busy"), DeliveryState.QUEUED, "4.2.1"),
        (MailBehaviour(reply="550 5.7.1 Refused"), DeliveryState.FAILED, "5.7.1"),
        (MailBehaviour(reply="550 5.1.1 Unknown"), DeliveryState.FAILED, "5.1.1"),
        (MailBehaviour(reply="554 Spam", at_data=True), DeliveryState.FAILED, "554"),
        (MailBehaviour(reply="451 Wait", at_data=True), DeliveryState.QUEUED, "451"),
        (MailBehaviour(reply="421 4.3.2 Closing"), DeliveryState.QUEUED, "421"),
        (MailBehaviour(disconnect=True), DeliveryState.QUEUED, "no_connection"),
        (MailBehaviour(disconnect=True, at_data=True), DeliveryState.UNKNOWN, "no_answer"),
    ],
    ids=_name,
)
def test_mail_results(
    simulator: Simulator,
    dispatcher: Dispatcher,
    behaviour: MailBehaviour,
    state: DeliveryState,
    code: str,
) -> None:
    simulator.behave_mail(mailbox(1), behaviour)
    sent = send_one(simulator, dispatcher, mailbox(1))
    assert (sent.state, sent.error_code) == (state, code)


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        (number(1), SuppressionReason.PROVIDER_OPT_OUT),
        (mailbox(1), SuppressionReason.HARD_BOUNCE),
    ],
)
def test_an_opt_out_and_a_hard_bounce_suppress(
    simulator: Simulator, dispatcher: Dispatcher, address: str, reason: SuppressionReason
) -> None:
    simulator.opt_out(number(1))
    simulator.behave_mail(mailbox(1), MailBehaviour(reply="550 5.1.1 No such user"))
    send_one(simulator, dispatcher, address)
    channel = Channel.EMAIL if "@" in address else Channel.SMS
    with current_database().unit_of_work(writes=False) as session:
        contact = find_contact(session, channel, address)
    assert contact is not None
    assert contact.suppressed_reason is reason


def test_a_throttled_message_goes_out_later_and_counts_no_attempt(
    simulator: Simulator, dispatcher: Dispatcher
) -> None:
    simulator.behave(number(1), Behaviour.too_many_requests(1), times=1)
    sent = send_one(simulator, dispatcher, number(1))
    assert (sent.attempts, sent.deferrals) == (1, 1)

    later(simulator, dispatcher, minutes=1)

    assert simulator.phone(number(1)).texts == [SMS.body]
    assert delivery_to(sent.contact_id).state is DeliveryState.DELIVERED
    assert delivery_to(sent.contact_id).error_code is None


def test_a_mailbox_that_stays_busy_is_given_up_after_five_attempts(
    simulator: Simulator, dispatcher: Dispatcher
) -> None:
    simulator.behave_mail(mailbox(1), MailBehaviour(reply="450 4.2.1 Mailbox busy"))
    sent = send_one(simulator, dispatcher, mailbox(1))
    for hours in range(1, 8):
        later(simulator, dispatcher, hours=2 * hours)
    given_up = delivery_to(sent.contact_id)
    assert (given_up.state, given_up.attempts) == (DeliveryState.FAILED, 5)


def test_a_relay_that_is_away_is_never_blamed_on_the_recipient(
    make_app: MakeApp, simulator: Simulator
) -> None:
    app = make_app(smtp_port=1)
    plug_everyone(app)
    dispatcher = Dispatcher(app)
    with app.app_context():
        (contact_id,) = add_contacts([mailbox(1)])
        made = broadcast([MAIL])
        dispatcher.drain()
        for minutes in (30, 60, 90, 120, 150, 180):
            later(simulator, dispatcher, minutes=minutes)
        waiting = delivery_to(contact_id)
        assert waiting.state is DeliveryState.QUEUED
        assert waiting.attempts == waiting.deferrals >= 5
        with current_database().unit_of_work(writes=False) as session:
            assert progress(session, made.id).status is BroadcastStatus.SENDING


@pytest.mark.parametrize("code", [20003, 21606, 21408])
def test_a_fault_of_ours_pauses_the_broadcast_and_says_why(
    simulator: Simulator, dispatcher: Dispatcher, code: int
) -> None:
    simulator.behave(number(1), Behaviour.refuse(code))
    sent = send_one(simulator, dispatcher, number(1))
    assert sent.state is DeliveryState.QUEUED
    with current_database().unit_of_work(writes=False) as session:
        now = progress(session, sent.broadcast_id)
    assert now.status is BroadcastStatus.PAUSED
    assert now.reason == PauseReason.configuration("twilio", str(code))


def test_a_broadcast_whose_errors_pile_up_pauses_itself(
    simulator: Simulator, dispatcher: Dispatcher
) -> None:
    add_contacts(number(i) for i in range(700))
    for i in range(700):
        simulator.behave(number(i), Behaviour.refuse(21211))
    made = broadcast([SMS])

    dispatcher.drain()

    with current_database().unit_of_work(writes=False) as session:
        now = progress(session, made.id)
    assert now.status is BroadcastStatus.PAUSED
    assert now.reason is not None
    assert now.reason.kind is PauseKind.ERRORS
    assert now.reason.share is not None
    # A busy machine may be too late for some answers, which say nothing about the recipients.
    assert now.reason.share >= ERROR_SHARE
    assert now.by_state[DeliveryState.QUEUED] > 0


def test_an_unknown_one_that_the_provider_has_is_not_sent_again(
    simulator: Simulator, dispatcher: Dispatcher
) -> None:
    simulator.behave(
        number(1),
        Behaviour(http_status=503, callbacks=SILENT, result=DeliveryResult(Status.DELIVERED)),
    )
    sent = send_one(simulator, dispatcher, number(1))

    later(simulator, dispatcher, seconds=45)

    # Neither an answer nor a report came: only asking can tell.
    found = delivery_to(sent.contact_id)
    assert found.state is DeliveryState.DELIVERED
    assert found.provider_ref == simulator.accepted[0].sid
    assert simulator.accepted_total == 1


def test_an_unknown_one_that_the_provider_never_had_is_sent_again(
    simulator: Simulator, dispatcher: Dispatcher
) -> None:
    simulator.behave(number(1), Behaviour.reset(accepted=False), times=1)
    sent = send_one(simulator, dispatcher, number(1))

    later(simulator, dispatcher, seconds=35)
    assert delivery_to(sent.contact_id).state is DeliveryState.UNKNOWN
    later(simulator, dispatcher, seconds=90)

    assert delivery_to(sent.contact_id).state is DeliveryState.DELIVERED
    assert simulator.accepted_total == 1


def test_the_same_text_sent_before_is_not_taken_for_the_lost_one(
    simulator: Simulator, dispatcher: Dispatcher
) -> None:
    first = send_one(simulator, dispatcher, number(1))
    simulator.behave(number(1), Behaviour.reset(accepted=False), times=1)
    second = broadcast()
    deliver(simulator, dispatcher)
    assert states(second.id) == {DeliveryState.UNKNOWN: 1}

    later(simulator, dispatcher, seconds=90)

    assert states(first.broadcast_id) == states(second.id) == {DeliveryState.DELIVERED: 1}
    assert simulator.phone(number(1)).texts == [SMS.body, SMS.body]


def test_a_mail_of_unknown_fate_is_given_up_and_not_repeated(
    simulator: Simulator, dispatcher: Dispatcher
) -> None:
    simulator.behave_mail(mailbox(1), MailBehaviour(disconnect=True, at_data=True), times=1)
    sent = send_one(simulator, dispatcher, mailbox(1))

    later(simulator, dispatcher, minutes=2)

    given_up = delivery_to(sent.contact_id)
    assert (given_up.state, given_up.error_code) == (DeliveryState.FAILED, "unanswered")
    assert simulator.mailbox(mailbox(1)).messages == []


def test_an_sms_ends_with_its_alert() -> None:
    assert validity(None) is None
    assert validity(utcnow() + timedelta(days=3)) == MAX_VALIDITY
    assert validity(utcnow() - timedelta(days=3)) == 1
    assert 595 <= (validity(utcnow() + timedelta(minutes=10)) or 0) <= 600
