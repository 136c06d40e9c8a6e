"""GatewayAPI's answers: what each of them means for the messages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from database import utcnow
from dispatch.providers.base import OutgoingMessage, ResultKind, SendResult, Text
from dispatch.providers.gatewayapi.client import GatewayApiProvider, validity
from dispatch.providers.gatewayapi.codes import CODES
from dispatch.providers.http import EventLoop
from dispatch.signed_links import Tokens
from simulator import ANYONE, Behaviour, Simulator, SimulatorConfig
from tests.dispatch.factories import SMS, number
from tests.dispatch.providers.gatewayapi.notifications import SILENT
from tests.settings import GATEWAYAPI_NUMBER, GATEWAYAPI_TOKEN, make_config


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
