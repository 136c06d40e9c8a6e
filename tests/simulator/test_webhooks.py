"""Callbacks and inbound messages are signed, posted and answered as by Twilio."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from simulator import CallbackPlan, Signature, Simulator
from simulator.http.signatures import sign
from tests.settings import ACCOUNT_SID, AUTH_TOKEN, SMS_NUMBER
from tests.simulator.conftest import StartSimulator, client_of
from tests.simulator.service import Service

METTE = "+4531234501"


def send(client: Client, service: Service, to: str = METTE) -> str:
    """Send a message whose states are reported; returns its sid."""
    sid: str = client.messages.create(
        to=to, from_=SMS_NUMBER, body="Hej", status_callback=f"{service.url}/status?token=a%2Fb"
    ).sid
    return sid


def test_every_state_is_reported_with_a_genuine_signature(
    simulator: Simulator, twilio: Client, service: Service
) -> None:
    sid = send(twilio, service)
    simulator.flush_callbacks()
    assert [post.status for post in service.posts] == ["queued", "sent", "delivered"]
    for post in service.posts:
        assert post.genuine()
        assert not post.genuine(MessageStatus="failed")
        assert not post.genuine(url=post.url.replace("token", "taken"))
    params = service.posts[-1].params
    assert params.pop("RawDlrDoneDate").isdigit()
    assert params == {
        "AccountSid": ACCOUNT_SID,
        "ApiVersion": "2010-04-01",
        "From": SMS_NUMBER,
        "MessageSid": sid,
        "MessageStatus": "delivered",
        "SmsSid": sid,
        "SmsStatus": "delivered",
        "To": METTE,
    }


def test_an_undelivered_message_is_reported_with_its_error(
    simulator: Simulator, twilio: Client, service: Service
) -> None:
    send(twilio, service, to="+4531230003")
    simulator.flush_callbacks()
    last = service.posts[-1]
    assert (last.status, last.params["ErrorCode"]) == ("undelivered", "30003")


def test_callbacks_can_come_twice_out_of_order_or_never(
    start_simulator: StartSimulator, service: Service
) -> None:
    def reported(plan: CallbackPlan) -> list[str]:
        service.posts.clear()
        simulator = start_simulator(callbacks=plan)
        sid = send(client_of(simulator), service)
        simulator.flush_callbacks()
        assert simulator.network.messages[sid].status == "delivered"
        return [post.status for post in service.posts]

    in_order = ["queued", "sent", "delivered"]
    assert reported(CallbackPlan(duplicate=1)) == [s for s in in_order for _ in range(2)]
    shuffled = reported(CallbackPlan(shuffle=1))
    assert shuffled != in_order
    assert sorted(shuffled) == sorted(in_order)
    assert reported(CallbackPlan(drop=1)) == []
    assert reported(CallbackPlan(enabled=False)) == []
    assert reported(CallbackPlan(delay=0.01)) == in_order


def test_a_callback_that_fails_is_not_repeated_unless_the_address_asks_for_it(
    simulator: Simulator, twilio: Client, service: Service
) -> None:
    service.answer = (503, "text/plain", "")
    send(twilio, service)
    simulator.flush_callbacks()
    assert len(service.posts) == 3
    service.posts.clear()
    url = f"{service.url}/status#rc=2&rp=5xx"
    twilio.messages.create(to=METTE, from_=SMS_NUMBER, body="Hej", status_callback=url)
    simulator.flush_callbacks()
    assert len(service.posts) == 9
    assert all(post.genuine() for post in service.posts)
    tokens = [post.headers["I-Twilio-Idempotency-Token"] for post in service.posts]
    assert len(set(tokens)) == 3


def test_a_callback_nobody_answers_ends(simulator: Simulator, twilio: Client) -> None:
    twilio.messages.create(
        to=METTE, from_=SMS_NUMBER, body="Hej", status_callback="http://127.0.0.1:9/status"
    )
    simulator.flush_callbacks()
    assert simulator.accepted[0].status == "delivered"


def test_a_text_reaches_the_webhook_with_a_genuine_signature(
    simulator: Simulator, service: Service
) -> None:
    simulator.connect(f"{service.url}/inbound")
    result = simulator.receive_sms(METTE, "TRYK 3400 æøå 🚲")
    assert (result.status, result.reply, result.problem) == (200, None, "")
    (post,) = service.posts
    assert post.genuine()
    assert not post.genuine(Body="STOP")
    assert post.params["Body"] == "TRYK 3400 æøå 🚲"
    assert (post.params["From"], post.params["To"]) == (METTE, SMS_NUMBER)
    assert post.params["FromCountry"] == "DK"
    assert post.params["MessageSid"] == result.sid == post.params["SmsMessageSid"]
    assert (post.params["NumMedia"], post.params["NumSegments"]) == ("0", "1")


def test_the_answer_comes_back_to_the_phone(simulator: Simulator, service: Service) -> None:
    simulator.connect(f"{service.url}/inbound")
    service.reply("Du er tilmeldt 3400 &amp; omegn", "<Body>Svar STOP</Body>")
    result = simulator.receive_sms(METTE, "TRYK 3400")
    assert result.replies == ("Du er tilmeldt 3400 & omegn", "Svar STOP")
    assert simulator.phone(METTE).texts == list(result.replies)
    assert [m.direction for m in simulator.phone(METTE).messages][1:] == ["outbound-reply"] * 2
    assert simulator.accepted == []


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((403, "text/xml", ""), "11200"),
        ((500, "text/html", "<h1>Error</h1>"), "11200"),
        ((200, "text/html", "<p>Hej</p>"), "12300"),
        ((200, "text/xml", "<Response><Message>"), "12100"),
        ((200, "text/xml", "<Antwort/>"), "12200"),
        ((200, "text/xml", "<Response><Dial/></Response>"), "12200"),
        ((200, "text/xml", "<Response><Message/></Response>"), "14103"),
        (
            (
                200,
                "text/xml",
                "<!DOCTYPE r [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
                "<Response><Message>&x;</Message></Response>",
            ),
            "12100",
        ),
    ],
)
def test_a_bad_answer_is_shown_and_nothing_is_sent(
    simulator: Simulator, service: Service, answer: tuple[int, str, str], code: str
) -> None:
    simulator.connect(f"{service.url}/inbound")
    service.answer = answer
    result = simulator.receive_sms(METTE, "Hej")
    assert result.problem.startswith(code)
    assert result.status == answer[0]
    assert simulator.phone(METTE).messages[-1].problem == result.problem
    assert simulator.phone(METTE).texts == []


def test_a_plain_text_answer_is_one_message(simulator: Simulator, service: Service) -> None:
    simulator.connect(f"{service.url}/inbound")
    service.answer = (200, "text/plain; charset=utf-8", "Tak for dit tip")
    assert simulator.receive_sms(METTE, "Hej").reply == "Tak for dit tip"


def test_a_webhook_that_is_away_is_shown(simulator: Simulator) -> None:
    simulator.connect("http://127.0.0.1:9/inbound")
    result = simulator.receive_sms(METTE, "Hej")
    assert result.status is None
    assert "no connection" in result.problem


def test_forged_missing_and_repeated_webhooks_can_be_ordered(
    simulator: Simulator, service: Service
) -> None:
    simulator.connect(f"{service.url}/inbound")
    simulator.receive_sms(METTE, "Hej", signature=Signature.FORGED)
    simulator.receive_sms(METTE, "Hej", signature=Signature.MISSING)
    sid = simulator.receive_sms(METTE, "Hej").sid
    simulator.receive_sms(METTE, "Hej", sid=sid)
    assert [post.genuine() for post in service.posts] == [False, False, True, True]
    assert "X-Twilio-Signature" not in service.posts[1].headers
    assert service.posts[2].params == service.posts[3].params


def test_a_public_address_is_signed_but_the_internal_one_is_called(
    start_simulator: StartSimulator, service: Service
) -> None:
    simulator = start_simulator(
        inbound_url="https://varsko.example/webhooks/inbound",
        public_base="https://varsko.example",
        internal_base=service.url,
    )
    simulator.receive_sms(METTE, "Hej")
    (post,) = service.posts
    assert post.genuine(url="https://varsko.example/webhooks/inbound")
    assert not post.genuine()


def test_a_signed_request_can_be_had_without_posting_it(simulator: Simulator) -> None:
    request = simulator.inbound_request(METTE, "Hej", url="http://varsko.test/inbound")
    validator = RequestValidator(AUTH_TOKEN)
    signature = request.headers["X-Twilio-Signature"]
    assert validator.validate(request.url, request.params, signature)


def test_the_provider_minds_stop_only_when_asked_to(
    start_simulator: StartSimulator, service: Service
) -> None:
    for provider_opt_out in (False, True):
        simulator = start_simulator(
            provider_opt_out=provider_opt_out, inbound_url=f"{service.url}/inbound"
        )
        client = client_of(simulator)
        simulator.receive_sms(METTE, " stop ")
        if provider_opt_out:
            with pytest.raises(TwilioRestException) as caught:
                send(client, service)
            assert caught.value.code == 21610
            simulator.receive_sms(METTE, "START")
        assert send(client, service)
        simulator.flush_callbacks()


@given(
    url=st.sampled_from(["http://varsko.test/x", "https://varsko.example:8443/a?b=c%20d&e="]),
    params=st.dictionaries(st.text(min_size=1), st.text(), max_size=6),
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_twilios_validator_accepts_every_signature(url: str, params: dict[str, str]) -> None:
    assert RequestValidator(AUTH_TOKEN).validate(url, params, sign(AUTH_TOKEN, url, params))
