"""GatewayAPI: what its answers, delivery reports and inbound messages lead to."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import jwt
import pytest
import time_machine
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from database import current_database, utcnow
from dispatch import Content, Dispatcher, Inbound, Reply, progress, register_inbound
from dispatch.hooks import hooks_of
from dispatch.models import (
    BroadcastStatus,
    Channel,
    Contact,
    Delivery,
    DeliveryState,
    InboundRecord,
    Receipt,
)
from dispatch.pause_reasons import PauseReason
from dispatch.providers.base import (
    AnswerKind,
    OutgoingMessage,
    ResultKind,
    SendResult,
    StatusAnswer,
    StatusQuery,
    Text,
)
from dispatch.providers.directory import ask_provider
from dispatch.providers.gatewayapi.client import GatewayApiProvider, validity
from dispatch.providers.gatewayapi.codes import CODES, STATUSES
from dispatch.providers.http import EventLoop
from dispatch.signed_links import Purpose, Tokens
from simulator import (
    ANYONE,
    Behaviour,
    CallbackPlan,
    DeliveryResult,
    MailBehaviour,
    Signature,
    Simulator,
    SimulatorConfig,
    Status,
)
from tests.dispatch.factories import (
    SMS,
    add_contacts,
    broadcast,
    delivery_to,
    mailbox,
    number,
    plug_everyone,
)
from tests.dispatch.fixtures import MakeApp, deliver, later
from tests.settings import (
    ENVIRONMENT,
    GATEWAYAPI_NUMBER,
    GATEWAYAPI_SECRET,
    GATEWAYAPI_TOKEN,
    make_config,
)
from web.http.app import VarskoApp

SENDER = f"gatewayapi:{GATEWAYAPI_NUMBER}@100000"
SILENT = CallbackPlan(enabled=False)


# --- The provider alone -------------------------------------------------------------------


@pytest.fixture(scope="module")
def loop() -> Iterator[EventLoop]:
    made = EventLoop()
    yield made
    made.close()


@pytest.fixture
def provider(simulator: Simulator, loop: EventLoop) -> Iterator[GatewayApiProvider]:
    """The provider on the simulator; nothing receives its callbacks."""
    config = make_config(gatewayapi_url=simulator.api_url)
    made = GatewayApiProvider(config, Tokens(config.secret_key), loop)
    yield made
    made.close()


def messages(count: int, body: str = SMS.body) -> list[OutgoingMessage]:
    text = Text(1, "da", body, None, None, 1, is_bulk=True)
    return [OutgoingMessage(i, 1, i, number(i), text) for i in range(1, count + 1)]


def send(provider: GatewayApiProvider, count: int, body: str = SMS.body) -> list[SendResult]:
    return provider.send(messages(count, body), GATEWAYAPI_NUMBER)


REFUSALS = {
    ResultKind.PERMANENT: {0x0215, 0x0310},
    ResultKind.RETRY_ONCE: {0x0214},
    ResultKind.CONFIGURATION: {*range(0x0210, 0x0214), *range(0x0216, 0x0229), 0x0311},
}
"""What the documented refusals mean: https://gatewayapi.com/docs/error-codes/"""


def test_no_documented_refusal_is_forgotten() -> None:
    assert set().union(*REFUSALS.values()) == {code for code in CODES if code < 0x1000}


@pytest.mark.parametrize(
    ("code", "kind"),
    [(code, kind) for kind, codes in REFUSALS.items() for code in sorted(codes)],
    ids=lambda value: f"{value:#06x}" if isinstance(value, int) else value,
)
def test_every_documented_refusal(
    simulator: Simulator, provider: GatewayApiProvider, code: int, kind: ResultKind
) -> None:
    simulator.behave(ANYONE, Behaviour.refuse(code))
    (result,) = send(provider, 1)
    assert (result.kind, result.code) == (kind, f"0x{code:04X}")


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        (Behaviour.refuse(0x0203), SendResult.configuration("0x0203")),
        (Behaviour.refuse(0x0308), SendResult.permanent("0x0308")),
        (Behaviour.refuse(0x0309), SendResult.deferred("0x0309")),
        (Behaviour.too_many_requests(7), SendResult.deferred("429", 7.0)),
        (Behaviour.http_error(400), SendResult.permanent("400")),
        (Behaviour.http_error(401), SendResult.configuration("401")),
        (Behaviour.http_error(403), SendResult.configuration("403")),
        (Behaviour.http_error(404), SendResult.configuration("404")),
        (Behaviour.http_error(422), SendResult.permanent("422")),
        (Behaviour.http_error(500), SendResult.unknown("500")),
        (Behaviour.http_error(503, accepted=True), SendResult.unknown("503")),
        (Behaviour.reset(), SendResult.unknown("connection_lost")),
    ],
    ids=lambda value: value.code if isinstance(value, SendResult) else "",
)
def test_every_other_answer(
    simulator: Simulator, provider: GatewayApiProvider, behaviour: Behaviour, expected: SendResult
) -> None:
    simulator.behave(ANYONE, behaviour)
    assert send(provider, 1) == [expected]


def test_a_wrong_token_is_a_fault_of_ours(simulator: Simulator, loop: EventLoop) -> None:
    config = make_config(gatewayapi_url=simulator.api_url, gatewayapi_token="another token")
    wrong = GatewayApiProvider(config, Tokens(config.secret_key), loop)
    assert send(wrong, 3) == [SendResult.configuration("0x0210")] * 3
    wrong.close()


def test_a_provider_that_is_away_sent_nothing(loop: EventLoop) -> None:
    config = make_config(gatewayapi_url="http://127.0.0.1:9")
    away = GatewayApiProvider(config, Tokens(config.secret_key), loop)
    assert send(away, 3) == [SendResult.deferred("no_connection")] * 3
    away.close()


@pytest.mark.parametrize("accepted", [True, False])
def test_no_answer_in_time_proves_nothing(
    simulator: Simulator, loop: EventLoop, accepted: bool
) -> None:
    simulator.behave(ANYONE, Behaviour.timeout(accepted=accepted))
    config = make_config(gatewayapi_url=simulator.api_url, sms_timeout_seconds=1)
    impatient = GatewayApiProvider(config, Tokens(config.secret_key), loop)
    assert send(impatient, 2) == [SendResult.unknown("timeout")] * 2
    impatient.close()


def test_a_slice_is_one_request(loop: EventLoop) -> None:
    settings = SimulatorConfig(
        gatewayapi_token=GATEWAYAPI_TOKEN, rate_limit=1.0, callbacks=SILENT, phones=()
    )
    with Simulator(settings) as slow:
        config = make_config(gatewayapi_url=slow.api_url)
        provider = GatewayApiProvider(config, Tokens(config.secret_key), loop)
        results = send(provider, 256)
        assert {result.kind for result in results} == {ResultKind.ACCEPTED}
        assert [o.provider_ref for o in results] == [m.sid for m in slow.accepted]
        assert len({m.status_callback for m in slow.accepted}) == 256
        assert all(m.status_callback.endswith(f"/{m.reference}") for m in slow.accepted)
        provider.close()


@pytest.mark.parametrize(
    ("body", "segments"),
    [("Røg ved Torvet", 1), ("a" * 161, 2), ("Røg 🚒 ved Torvet", 1), ("🚒" * 36, 2)],
    ids=["GSM-7", "two parts", "UCS-2", "two parts of UCS-2"],
)
def test_a_text_arrives_as_it_was_written_and_is_counted_as_it_is_billed(
    simulator: Simulator, provider: GatewayApiProvider, body: str, segments: int
) -> None:
    (result,) = send(provider, 1, body)
    assert result.segments == segments
    assert simulator.phone(number(1)).texts == [body]


def test_a_name_can_be_the_sender(simulator: Simulator, provider: GatewayApiProvider) -> None:
    provider.send(messages(1), "Politi NSJ")
    assert [message.from_ for message in simulator.accepted] == ["Politi NSJ"]


@pytest.mark.parametrize("code", [0x0308, 0x0215, 0x0217], ids=hex)
def test_nobody_is_lost_for_anothers_number(
    simulator: Simulator, provider: GatewayApiProvider, code: int
) -> None:
    refused = {7, 8, 200}
    for i in refused:
        simulator.behave(number(i), Behaviour.refuse(code))
    results = send(provider, 256)
    bad = {i for i, result in enumerate(results, 1) if result.kind is not ResultKind.ACCEPTED}
    assert bad == refused
    assert {results[i - 1].code for i in bad} == {f"0x{code:04X}"}
    times = Counter(message.to for message in simulator.accepted)
    assert times == {number(i): 1 for i in range(1, 257) if i not in refused}


@settings(max_examples=40)
@given(bad=st.sets(st.integers(1, 12)), named=st.booleans(), size=st.integers(1, 12))
def test_whoever_is_refused_the_others_get_it_once(
    simulator_server: Simulator, loop: EventLoop, bad: set[int], named: bool, size: int
) -> None:
    simulator_server.reset()
    for i in bad:
        simulator_server.behave(number(i), Behaviour.refuse(0x0215 if named else 0x0308))
    config = make_config(gatewayapi_url=simulator_server.api_url)
    provider = GatewayApiProvider(config, Tokens(config.secret_key), loop)
    results = send(provider, size)
    provider.close()
    good = {i for i in range(1, size + 1) if i not in bad}
    assert {i for i, o in enumerate(results, 1) if o.kind is ResultKind.ACCEPTED} == good
    assert Counter(m.to for m in simulator_server.accepted) == {number(i): 1 for i in good}
    blamed = {o.kind for o in results} - {ResultKind.ACCEPTED}
    everybody = not good and size >= 5
    assert blamed <= {ResultKind.CONFIGURATION if everybody else ResultKind.PERMANENT}


def test_what_is_refused_to_everybody_is_no_recipients_fault(
    simulator: Simulator, provider: GatewayApiProvider
) -> None:
    simulator.behave(ANYONE, Behaviour.http_error(422))
    assert send(provider, 20) == [SendResult.configuration("422")] * 20


def test_a_message_is_valid_as_long_as_its_alert_and_a_minute_at_least() -> None:
    assert validity(utcnow() - timedelta(days=1)) == 60
    assert 595 <= validity(utcnow() + timedelta(minutes=10)) <= 600
    assert validity(utcnow() + timedelta(days=3)) > 200_000


# --- In the service ----------------------------------------------------------------------


@pytest.fixture
def app_with_simulator(make_app: MakeApp, patience: float) -> Iterator[VarskoApp]:
    """The service with GatewayAPI as its only sender of SMS."""
    app = make_app(sms_senders=SENDER, sms_timeout_seconds=patience)
    plug_everyone(app)
    with app.app_context():
        yield app


def send_one(simulator: Simulator, dispatcher: Dispatcher) -> Delivery:
    (contact_id,) = add_contacts([number(1)])
    broadcast([SMS])
    deliver(simulator, dispatcher)
    return delivery_to(contact_id)


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


# --- Status notifications ----------------------------------------------------------------


def status_path(delivery_id: int = 1, attempt: int = 1) -> str:
    token = Tokens(ENVIRONMENT["VARSKO_SECRET_KEY"]).make(Purpose.RECEIPT, delivery_id, attempt)
    return f"/webhooks/gatewayapi/status/{token}"


def report(path: str, **changes: Any) -> dict[str, Any]:
    """A notification, as the documentation shows one."""
    return {
        "id": 1000001,
        "msisdn": 4587654321,
        "time": 1450000000,
        "status": "DELIVERED",
        "error": None,
        "code": None,
        "userref": path.rpartition("/")[2],
        "charge_status": "CAPTURED",
        "country_code": "DK",
        "country_prefix": 45,
        **changes,
    }


def post(
    client: FlaskClient, path: str, claims: dict[str, Any], *, secret: str = GATEWAYAPI_SECRET,
    algorithm: str = "HS256",
) -> int:  # fmt: skip
    token = jwt.encode(claims, secret, algorithm=algorithm)
    return client.post(path, json=claims, headers={"X-Gwapi-Signature": token}).status_code


def receipts() -> list[tuple[int, int, str, str, str | None]]:
    with current_database().unit_of_work(writes=False) as session:
        return [
            (row.delivery_id, row.attempt, row.provider_ref, row.status, row.error_code)
            for row in session.scalars(select(Receipt).order_by(Receipt.id))
        ]


def test_a_status_is_stored_for_its_delivery(app: VarskoApp, client: FlaskClient) -> None:
    path = status_path(7, 2)
    assert post(client, path, report(path, status="UNDELIVERABLE", code="0x101a")) == 204
    assert receipts() == [(7, 2, "1000001", "UNDELIVERABLE", "0x101A")]


@pytest.mark.parametrize("status", STATUSES)
def test_every_documented_state_is_understood(status: str) -> None:
    ends = {
        "DELIVERED": DeliveryState.DELIVERED,
        "EXPIRED": DeliveryState.EXPIRED,
        "DELETED": DeliveryState.CANCELLED,
        "UNDELIVERABLE": DeliveryState.FAILED,
        "REJECTED": DeliveryState.FAILED,
        "SKIPPED": DeliveryState.FAILED,
    }
    assert GatewayApiProvider.state_of(status, None) is ends.get(status, DeliveryState.SENT)


def test_a_state_that_is_not_documented_changes_nothing(
    app_with_simulator: VarskoApp, simulator: Simulator, dispatcher: Dispatcher
) -> None:
    simulator.behave(number(1), Behaviour(callbacks=SILENT))
    sent = send_one(simulator, dispatcher)
    path = status_path(sent.id, 1)
    assert post(app_with_simulator.test_client(), path, report(path, status="TELEPORTED")) == 204
    dispatcher.drain()
    assert delivery_to(sent.contact_id).state is DeliveryState.SENT


@pytest.mark.filterwarnings("ignore::jwt.InsecureKeyLengthWarning")
@pytest.mark.parametrize(
    "how",
    [
        {"secret": "another secret than ours, as long as it"},
        {"secret": "", "algorithm": "none"},
        {"algorithm": "HS512"},
    ],
    ids=["wrong secret", "unsigned", "another algorithm"],
)
def test_a_status_that_is_not_signed_as_agreed_is_refused(
    app: VarskoApp, client: FlaskClient, how: dict[str, str]
) -> None:
    path = status_path()
    assert post(client, path, report(path), **how) == 403
    assert receipts() == []


def test_what_is_not_in_the_token_counts_for_nothing(app: VarskoApp, client: FlaskClient) -> None:
    path, other = status_path(), status_path(2)
    assert client.post(path, json=report(path)).status_code == 403
    assert post(client, path, report(other)) == 403
    token = jwt.encode(report(path, status="ENROUTE"), GATEWAYAPI_SECRET)
    headers = {"X-Gwapi-Signature": token}
    assert client.post(path, json=report(path), headers=headers).status_code == 204
    assert [row[3] for row in receipts()] == ["ENROUTE"]


@pytest.mark.parametrize("left_out", ["id", "status", "userref"])
def test_a_status_that_says_nothing_is_malformed(
    app: VarskoApp, client: FlaskClient, left_out: str
) -> None:
    claims = report(status_path())
    del claims[left_out]
    assert post(client, status_path(), claims) == 400
    assert receipts() == []


def test_what_became_of_a_message_is_asked_later_while_the_settings_are_removed(
    make_app: MakeApp,
) -> None:
    asked = StatusQuery(1, 1, utcnow(), "+4522334455", "Hej", provider_ref="1")
    with make_app(gatewayapi_token="", gatewayapi_webhook_secret="").app_context():
        assert ask_provider("gatewayapi", [asked]) == [StatusAnswer(AnswerKind.NOT_NOW)]


def test_who_has_no_account_there_takes_no_webhooks(make_app: MakeApp) -> None:
    app = make_app(gatewayapi_token="", gatewayapi_webhook_secret="")
    path = status_path()
    assert post(app.test_client(), path, report(path)) == 404


# --- Messages from phones ----------------------------------------------------------------


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
