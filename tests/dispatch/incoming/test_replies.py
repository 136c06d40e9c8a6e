"""Replies: written in the handler's transaction, sent through the ledger, once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from database import SealedText, current_database, utcnow
from dispatch import Dispatcher, Inbound, Reply, ensure_contact, find_contact, register_inbound
from dispatch.forgetting import forget_old
from dispatch.hooks import hooks_of
from dispatch.incoming.messages import receive_inbound
from dispatch.models import Channel, Contact, Delivery, DeliveryState, InboundRecord
from dispatch.outbox import OutboxMessage
from dispatch.reply_limits import REPLIES_AN_HOUR, ReplyCount, ReplyKind
from simulator import Behaviour, CallbackPlan, Simulator
from tests.dispatch.factories import mailbox, number
from tests.dispatch.fixtures import MakeApp, deliver, later
from tests.settings import GATEWAYAPI_NUMBER, SECOND_NUMBER, SMS_NUMBER
from tips.models import Tip
from web.http.app import VarskoApp

KEYWORD, TIP = "HJÆLP", "Jeg så en hvid varevogn på Søvej"
ANSWERS = {KEYWORD: "Varsko", TIP: "Tak. Dit tip er modtaget."}
UNKNOWN_PREFIX = "+4583456789"
"""A Danish number that the library of numbers calls invalid."""
SENDERS = ",".join(
    f"{where}@10"
    for where in (
        f"twilio:{SMS_NUMBER}",
        f"twilio:{SECOND_NUMBER}",
        f"gatewayapi:{GATEWAYAPI_NUMBER}",
    )
)
HALF_PAST = "2026-03-03T12:30:00Z"


@pytest.fixture
def app_with_simulator(make_app: MakeApp, patience: float) -> Iterator[VarskoApp]:
    """The usual service, with a short timeout where the provider never answers."""
    app = make_app(sms_timeout_seconds=patience, sms_senders=SENDERS)
    with app.app_context():
        yield app


def the_delivery() -> Delivery:
    with current_database().unit_of_work(writes=False) as session:
        return session.scalars(select(Delivery)).one()


def the_outbox() -> list[tuple[SealedText | None, SealedText | None]]:
    """Address and text of each message in the outbox."""
    with current_database().unit_of_work(writes=False) as session:
        rows = session.scalars(select(OutboxMessage).order_by(OutboxMessage.id))
        return [(row.address, row.body) for row in rows]


# --- Channel and sender ------------------------------------------------------------------


@pytest.mark.parametrize("words", [KEYWORD, TIP], ids=["keyword", "tip"])
@pytest.mark.parametrize(
    ("to", "provider"),
    [(SMS_NUMBER, "twilio"), (SECOND_NUMBER, "twilio"), (GATEWAYAPI_NUMBER, "gatewayapi")],
    ids=["the first number", "the second number", "at the other provider"],
)
def test_a_reply_leaves_from_the_number_that_was_written_to(
    dispatcher: Dispatcher, simulator: Simulator, to: str, provider: str, words: str
) -> None:
    came = simulator.receive_sms(number(1), words, to=to)
    assert (came.status, came.replies, came.problem) == (200, (), "")
    deliver(simulator, dispatcher)
    (reply,) = simulator.accepted
    assert (reply.provider.value, reply.from_, reply.to) == (provider, to, number(1))
    assert reply.body.startswith(ANSWERS[words])

    sent = the_delivery()
    assert (sent.state, sent.provider, sent.attempts) == (DeliveryState.DELIVERED, provider, 1)
    assert sent.provider_ref
    assert sent.segments == reply.segments


@pytest.mark.parametrize(
    "sender",
    ["+46701234567", "+4590123456", "+4580123456", "1234", "+112", "Posten", "+4512"],
    ids=["foreign", "premium", "service", "short code", "emergency", "a name", "impossible"],
)
def test_nobody_but_a_danish_subscriber_is_answered(
    dispatcher: Dispatcher, simulator: Simulator, sender: str
) -> None:
    for words in (TIP, "TRYK 3400", "STOP", "Han har en kniv, kom nu!"):
        assert simulator.receive_sms(sender, words).status == 200
    deliver(simulator, dispatcher)
    assert simulator.accepted == []
    with current_database().unit_of_work(writes=False) as session:
        assert session.scalars(select(Contact)).all() == []
        assert len(session.scalars(select(Tip)).all()) == 2, "what they tell us is kept"


def test_a_danish_number_that_the_library_does_not_know_is_answered(
    dispatcher: Dispatcher, simulator: Simulator
) -> None:
    simulator.receive_sms(UNKNOWN_PREFIX, KEYWORD)
    deliver(simulator, dispatcher)
    assert len(simulator.phone(UNKNOWN_PREFIX).texts) == 1


# --- How many ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "more"),
    [(KEYWORD, 0), (TIP, 0), ("TRYK 9999", 3), ("STATUS", 3), ("START", 1), ("HELP", 0)],
)
def test_a_sender_gets_so_many_replies_an_hour_and_is_told_when_no_more_come(
    dispatcher: Dispatcher, simulator: Simulator, words: str, more: int
) -> None:
    most = REPLIES_AN_HOUR[ReplyKind.ORDINARY] + more
    with time_machine.travel(HALF_PAST, tick=True) as clock:
        for _ in range(40):
            simulator.receive_sms(number(1), words)
        deliver(simulator, dispatcher)
        *answers, last = simulator.phone(number(1)).texts
        assert len(answers) == most
        assert len(set(answers)) == 1
        assert ("answer nothing more" if words == "HELP" else "svarer vi ikke på mere") in last
        simulator.receive_sms(number(2), words)
        deliver(simulator, dispatcher)
        assert len(simulator.phone(number(2)).texts) == 1, "others are answered"
        clock.shift(timedelta(hours=2))
        with current_database().unit_of_work() as session:
            forget_old(session)
            assert session.scalars(select(ReplyCount)).all() == []
        simulator.receive_sms(number(1), words)
        deliver(simulator, dispatcher)
        assert len(simulator.phone(number(1)).texts) == most + 2


def test_beyond_the_limit_stop_is_obeyed_and_answered_and_danger_is_warned_of(
    dispatcher: Dispatcher, simulator: Simulator
) -> None:
    with time_machine.travel(HALF_PAST, tick=True):
        for _ in range(20):
            simulator.receive_sms(number(1), TIP)
        deliver(simulator, dispatcher)
        usual = len(simulator.phone(number(1)).texts)
        for _ in range(3):
            simulator.receive_sms(number(1), "STOP")
            simulator.receive_sms(number(1), "Han har en kniv, kom nu!")
        deliver(simulator, dispatcher)
        replies = simulator.phone(number(1)).texts[usual:]
    assert sum("afmeldt" in reply for reply in replies) == 1
    assert sum(reply.startswith("Ring 112") for reply in replies) == 3
    with current_database().unit_of_work(writes=False) as session:
        contact = find_contact(session, Channel.SMS, number(1))
        assert contact is not None
        assert contact.is_suppressed


def test_beyond_the_limit_what_is_done_or_asked_of_a_subscription_is_told(
    dispatcher: Dispatcher, simulator: Simulator
) -> None:
    with time_machine.travel(HALF_PAST, tick=True):
        for _ in range(20):
            simulator.receive_sms(number(2), TIP)
        simulator.receive_sms(number(2), "STOP")
        deliver(simulator, dispatcher)
        usual = len(simulator.phone(number(2)).texts)
        for text in ("SLET", "JA", "SLET", "SLET"):
            simulator.receive_sms(number(2), text)
            deliver(simulator, dispatcher)
        asked, done, *more = simulator.phone(number(2)).texts[usual:]
    assert "Svar JA" in asked
    assert "er slettet" in done
    assert len(more) == 1, "the places are few"


def test_a_reply_goes_by_mail_where_the_message_came_by_mail(
    app_with_simulator: VarskoApp, dispatcher: Dispatcher, simulator: Simulator
) -> None:
    hooks_of(app_with_simulator).inbound_handlers.clear()
    register_inbound(app_with_simulator, lambda _session, inbound: Reply("Tak.", inbound.text))
    for subject, reference in (("Dit tip", "1@eksempel.dk"), ("", "2@eksempel.dk")):
        inbound = Inbound(Channel.EMAIL, mailbox(1), "tip@varsko.test", subject, utcnow())
        with current_database().unit_of_work() as session:
            receive_inbound(session, "smtp", reference, inbound)
    deliver(simulator, dispatcher)
    mails = simulator.mailbox(mailbox(1)).messages
    assert [(mail.subject, mail.text.strip()) for mail in mails] == [
        ("Dit tip", "Tak."),
        ("Varsko", "Tak."),
    ]
    with current_database().unit_of_work(writes=False) as session:
        assert set(session.scalars(select(Delivery.state))) == {DeliveryState.SENT}
    assert the_outbox() == [(None, None)] * 2


# --- Once --------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [KEYWORD, TIP], ids=["keyword", "tip"])
def test_webhooks_that_are_repeated_at_once_bring_one_reply(
    dispatcher: Dispatcher, simulator: Simulator, words: str
) -> None:
    def post(_turn: int) -> int | None:
        return simulator.receive_sms(number(1), words, sid="SM" + "7" * 32).status

    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(post, range(4))) == {200}
    deliver(simulator, dispatcher)
    simulator.receive_sms(number(1), words, sid="SM" + "7" * 32)
    deliver(simulator, dispatcher)
    assert len(simulator.phone(number(1)).texts) == 1


@pytest.mark.parametrize(
    "trouble",
    [
        Behaviour.too_many_requests(),
        Behaviour.http_error(500),
        Behaviour.http_error(404),
        Behaviour.timeout(accepted=False),
    ],
    ids=["too many requests", "fails", "refuses everything", "hangs"],
)
def test_a_reply_is_tried_again(
    dispatcher: Dispatcher, simulator: Simulator, trouble: Behaviour
) -> None:
    simulator.behave(number(1), trouble, times=1)
    simulator.receive_sms(number(1), TIP)
    deliver(simulator, dispatcher)
    assert simulator.accepted == []
    assert the_outbox()[0][0] == number(1), "it is still needed"
    later(simulator, dispatcher, minutes=3)
    assert len(simulator.phone(number(1)).texts) == 1
    assert the_delivery().state is DeliveryState.DELIVERED
    assert the_delivery().attempts == 2


def test_a_reply_that_may_have_been_sent_is_looked_for(
    dispatcher: Dispatcher, simulator: Simulator
) -> None:
    silent = replace(Behaviour.reset(accepted=True), callbacks=CallbackPlan(enabled=False))
    simulator.behave(number(1), silent, times=1)
    simulator.receive_sms(number(1), KEYWORD)
    deliver(simulator, dispatcher)
    assert the_delivery().state is DeliveryState.UNKNOWN
    later(simulator, dispatcher, minutes=3)
    (reply,) = simulator.accepted
    assert (the_delivery().provider_ref, the_delivery().attempts) == (reply.sid, 1)


def test_another_reply_of_the_same_words_is_not_taken_for_a_lost_one(
    dispatcher: Dispatcher, simulator: Simulator
) -> None:
    simulator.behave(number(1), Behaviour.reset(accepted=False), times=1)
    simulator.receive_sms(number(1), KEYWORD)
    dispatcher.drain()
    simulator.receive_sms(number(1), KEYWORD)
    deliver(simulator, dispatcher)
    assert len(simulator.accepted) == 1
    later(simulator, dispatcher, minutes=3)
    with current_database().unit_of_work(writes=False) as session:
        refs = session.scalars(select(Delivery.provider_ref)).all()
    assert len(refs) == 2
    assert set(refs) == {message.sid for message in simulator.accepted}


def test_a_reply_outlives_the_process_that_wrote_it(
    make_app: MakeApp, simulator: Simulator
) -> None:
    make_app()
    simulator.receive_sms(number(1), TIP)
    assert simulator.accepted == []
    reborn = make_app()
    with reborn.app_context():
        deliver(simulator, Dispatcher(reborn))
        assert the_delivery().state is DeliveryState.DELIVERED
    assert len(simulator.phone(number(1)).texts) == 1


def test_a_reply_that_could_not_be_sent_for_a_day_is_given_up_and_forgotten(
    dispatcher: Dispatcher, simulator: Simulator
) -> None:
    simulator.behave(number(1), Behaviour.too_many_requests())
    simulator.receive_sms(number(1), TIP)
    deliver(simulator, dispatcher)
    later(simulator, dispatcher, hours=25)
    assert the_delivery().state is DeliveryState.EXPIRED
    assert the_outbox() == [(None, None)]
    assert simulator.accepted == []


def test_a_message_is_kept_though_its_reply_cannot_be_sent(
    app_with_simulator: VarskoApp, dispatcher: Dispatcher, simulator: Simulator
) -> None:
    hooks_of(app_with_simulator).inbound_handlers.clear()
    register_inbound(app_with_simulator, lambda _session, _inbound: Reply("Tak" * 1000))
    assert simulator.receive_sms(number(1), TIP).status == 200
    deliver(simulator, dispatcher)
    assert simulator.accepted == []
    with current_database().unit_of_work(writes=False) as session:
        assert session.scalars(select(InboundRecord)).one().handled_at is not None


# --- Contacts that have opted out --------------------------------------------------------


def test_stop_is_confirmed(dispatcher: Dispatcher, simulator: Simulator) -> None:
    simulator.receive_sms(number(1), "STOP")
    deliver(simulator, dispatcher)
    (goodbye,) = simulator.phone(number(1)).texts
    assert goodbye.startswith("Du er afmeldt")
    with current_database().unit_of_work(writes=False) as session:
        contact = find_contact(session, Channel.SMS, number(1))
    assert contact is not None
    assert contact.is_suppressed


def test_a_refused_reply_says_nothing_about_a_contact(
    dispatcher: Dispatcher, simulator: Simulator
) -> None:
    """If it were suppressed then, the contact would be recognisable as the author of the tip."""
    with current_database().unit_of_work() as session:
        ensure_contact(session, Channel.SMS, number(1))
    simulator.opt_out(number(1))
    simulator.receive_sms(number(1), TIP)
    deliver(simulator, dispatcher)
    assert (the_delivery().state, the_delivery().error_code) == (DeliveryState.FAILED, "21610")
    assert the_outbox() == [(None, None)]
    with current_database().unit_of_work(writes=False) as session:
        assert not session.scalars(select(Contact)).one().is_suppressed
